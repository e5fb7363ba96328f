// The session that the chat shows: follows it from its cursor and passes on what happens, exactly once and in order.
import type { Actor, Cursor, Event, Offers, SessionId, Snapshot } from '../gateway/protocol/index.ts';
import { Problem } from '../gateway/protocol/problems.ts';
import type { MachineNow, ToPanel } from './chatMessages.ts';
import type { Connection } from './connection.ts';
import { Emitter, type Disposable } from './emitter.ts';

export interface OpenSessionParts {
  readonly connection: Connection;
  readonly me: Actor;
  readonly home: string;
  readonly agentName: (agent: string) => string;
  /** How the machine stands that a session runs on, when that is another one. */
  readonly machine?: (id: SessionId) => MachineNow | undefined;
  readonly post: (message: ToPanel) => void;
  /** What a panel has last kept of a session. */
  readonly kept: (id: SessionId) => Promise<unknown>;
  readonly warn: (message: string) => void;
}

/** What a panel can be told beside what happens. */
export type Wish = Extract<ToPanel, { type: 'focusInput' | 'focusPart' | 'attach' | 'reveal' | 'submit' }>;

export class OpenSession implements Disposable {
  readonly #parts: OpenSessionParts;
  readonly #changed = new Emitter<SessionId | undefined>();
  readonly onDidChange = this.#changed.event;
  readonly #news = new Emitter<undefined>();
  /** The panel has been told more. */
  readonly onDidTell = this.#news.event;
  readonly #listening: readonly Disposable[];
  #id: SessionId | undefined;
  /** How far the panel has been told. Undefined: it needs a snapshot first. */
  #cursor: Cursor | undefined;
  /** The panel is there and listens. */
  #shown = false;
  /** The session could not be followed when that was last tried. */
  #isLost = false;
  /** The panel was last told of another machine. */
  #hadMachine = false;
  /** What the panel is told as soon as it shows the session. */
  #wishes: readonly ToPanel[] = [];
  /** What the panel knows of what the agent offers. */
  #offers: Offers | null = null;
  /** Which request to follow is the newest; answers to older ones are stale. */
  #round = 0;

  constructor(parts: OpenSessionParts, id?: SessionId) {
    this.#parts = parts;
    this.#id = id;
    const { connection } = parts;
    this.#listening = [
      connection.onClient(() => void this.#follow()),
      connection.onDidChangeLink((link) => this.#post({ type: 'link', link })),
      connection.on('session.drafted', ({ sessionId, text }) => {
        if (sessionId === this.#id && this.#cursor !== undefined)
          this.#post({ type: 'draft', sessionId, text });
      }),
      connection.on('session.followed', ({ sessionId, followers }) => {
        if (sessionId === this.#id && this.#cursor !== undefined)
          this.#post({ type: 'followers', sessionId, followers });
      }),
      connection.on('session.snapshot', ({ sessionId, cursor, snapshot }) => {
        if (sessionId === this.#id && this.#shown) this.#show(cursor, snapshot, undefined);
      }),
      connection.on('session.events', ({ sessionId, events, cursor }) => {
        if (sessionId === this.#id) this.#tell(events, cursor);
      }),
    ];
  }

  /** How its machine stands is told, and what could not be followed before is tried again when it is back. */
  machineChanged(): void {
    const machine = this.#postMachine();
    if (machine?.state === 'connected' && this.#isLost) void this.#follow();
  }

  #postMachine(): MachineNow | undefined {
    const machine = this.#id === undefined ? undefined : this.#parts.machine?.(this.#id);
    if (machine) this.#post({ type: 'machine', machine });
    else if (this.#hadMachine) this.#post({ type: 'machine' });
    this.#hadMachine = machine !== undefined;
    return machine;
  }

  /** The seq up to which the panel has been told. */
  get told(): number {
    return this.#cursor === undefined ? 0 : seqOf(this.#cursor);
  }

  get id(): SessionId | undefined {
    return this.#id;
  }

  open(id: SessionId | undefined): void {
    if (id === this.#id) return;
    this.#leave();
    this.#wishes = [];
    this.#id = id;
    this.#changed.fire(id);
    this.#postMachine();
    if (id === undefined) this.#post({ type: 'nothing' });
    else void this.#follow();
  }

  /** The panel is new and knows nothing. */
  show(): void {
    this.#shown = true;
    this.#cursor = undefined;
    this.#post({ type: 'link', link: this.#parts.connection.link });
    this.#postMachine();
    if (this.#id === undefined) this.#post({ type: 'nothing' });
    else void this.#follow();
  }

  /** The panel is gone; nobody reads along. */
  hide(): void {
    this.#leave();
    this.#shown = false;
  }

  dispose(): void {
    this.hide();
    for (const part of this.#listening) part.dispose();
  }

  focusInput(): void {
    this.wish({ type: 'focusInput' });
  }

  /** Tells the panel something about its session: now, or as soon as it is there and shows it. */
  wish(message: Wish): void {
    this.#wishes = [...this.#wishes, message];
    this.#fulfil();
  }

  #leave(): void {
    if (this.#id !== undefined && this.#shown) {
      // Only spares the gateway work: a link that is gone has ended the subscription too.
      this.#parts.connection.call('session.unsubscribe', { sessionId: this.#id }).catch(() => undefined);
    }
    this.#round += 1;
    this.#cursor = undefined;
  }

  async #follow(): Promise<void> {
    const { connection } = this.#parts;
    const sessionId = this.#id;
    // Without a link there is nobody to ask; the next one calls again.
    if (sessionId === undefined || !this.#shown || !connection.client) return;
    const round = ++this.#round;
    const cursor = this.#cursor;
    this.#isLost = false;
    // Before the question: events could overtake what is read after the answer.
    const kept = await this.#parts.kept(sessionId);
    if (round !== this.#round) return;
    try {
      const answer = await connection.call('session.subscribe', { sessionId, ...(cursor ? { cursor } : {}) });
      if (round !== this.#round || !answer.snapshot) return;
      this.#show(answer.cursor, answer.snapshot, kept);
    } catch (error) {
      if (round !== this.#round) return;
      this.#isLost = true;
      const isGone = error instanceof Problem && /^session\.(?:unknown|destroyed)$/.test(error.problem);
      if (isGone) return this.open(undefined);
      this.#parts.warn(`Session ${sessionId} could not be followed: ${String(error)}`);
      if (error instanceof Problem) this.#post({ type: 'refused', message: error.message });
    }
  }

  #show(cursor: Cursor, snapshot: Snapshot, kept: unknown): void {
    const { me, home, agentName: nameOf } = this.#parts;
    this.#cursor = cursor;
    this.#offers = snapshot.offers;
    const agentName = nameOf(snapshot.session.agent);
    this.#postMachine();
    this.#post({ type: 'session', snapshot, cursor, agentName, me, home, kept });
    this.#fulfil();
    this.#news.fire(undefined);
  }

  #tell(events: readonly Event[], cursor: Cursor): void {
    // What comes before the snapshot is in it, or is the rest of a subscription that this one replaces.
    if (this.#cursor === undefined || this.#id === undefined) return;
    const told = seqOf(this.#cursor);
    const news = events.filter(({ seq }) => seq > told);
    if (seqOf(cursor) <= told) return;
    this.#cursor = cursor;
    if (news.length > 0) this.#post({ type: 'events', sessionId: this.#id, events: news, cursor });
    if (news.some(({ type }) => type === 'model' || type === 'result')) void this.#askOffers(this.#id);
    this.#news.fire(undefined);
  }

  /** What the agent offers is known from its first start on, and may change with its model. */
  async #askOffers(sessionId: SessionId): Promise<void> {
    const answer = await this.#parts.connection.call('session.offers', { sessionId }).catch(() => undefined);
    const offers = answer?.offers ?? null;
    if (offers === null || sessionId !== this.#id) return;
    if (JSON.stringify(offers) === JSON.stringify(this.#offers)) return;
    this.#offers = offers;
    this.#post({ type: 'offers', sessionId, offers });
  }

  #fulfil(): void {
    if (!this.#shown || this.#cursor === undefined) return;
    for (const wish of this.#wishes) this.#post(wish);
    this.#wishes = [];
  }

  #post(message: ToPanel): void {
    if (this.#shown) this.#parts.post(message);
  }
}

const seqOf = (cursor: Cursor): number => Number(cursor.slice(cursor.indexOf(':') + 1));
