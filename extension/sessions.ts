// The sessions of the gateway as this window knows them: asked for once per link, kept up by what it tells.
import type { Session, SessionId } from '../gateway/protocol/index.ts';
import type { Connection } from './connection.ts';
import { Emitter } from './emitter.ts';

export interface Change {
  readonly before: Session | undefined;
  readonly after: Session | undefined;
}

/** By then a session that was made is in the list, unless it has gone again. */
const TOLD_MS = 15_000;

export class Sessions {
  readonly #all = new Map<SessionId, Session>();
  /** Since when a session has its status, as far as this window has seen it come. */
  readonly #since = new Map<SessionId, number>();
  readonly #changed = new Emitter<readonly Change[]>();
  readonly onDidChange = this.#changed.event;
  #known = false;

  constructor(connection: Connection, warn: (message: string) => void) {
    connection.onClient((client) => {
      client.call('session.watch', {}).then(
        ({ sessions }) => this.#replace(sessions),
        (error: unknown) => warn(`The sessions could not be listed: ${String(error)}`),
      );
    });
    connection.on('session.changed', ({ session }) => this.#put([session]));
    connection.on('session.removed', ({ sessionId }) => this.#remove([sessionId]));
  }

  /** False until the gateway has told the list for the first time. */
  get known(): boolean {
    return this.#known;
  }

  get all(): readonly Session[] {
    return [...this.#all.values()];
  }

  get(id: string): Session | undefined {
    // A key that is no id is simply not found.
    return this.#all.get(id as SessionId);
  }

  /** What was made elsewhere is told a moment after the answer: until then nobody here knows where it lives. */
  whenKnown(id: string): Promise<void> {
    return this.#when(() => this.get(id) !== undefined);
  }

  /** The list comes a moment after the first link: until then no session is none. */
  whenListed(): Promise<void> {
    return this.#when(() => this.#known);
  }

  /** Resolves in vain, too: whoever waits looks for himself what is there. */
  async #when(isSo: () => boolean): Promise<void> {
    if (isSo()) return;
    const told = Promise.withResolvers<void>();
    const timer = setTimeout(told.resolve, TOLD_MS);
    const listening = this.onDidChange(() => {
      if (isSo()) told.resolve();
    });
    await told.promise;
    clearTimeout(timer);
    listening.dispose();
  }

  since(session: Session): number {
    return this.#since.get(session.sessionId) ?? Date.parse(session.lastActivityAt);
  }

  #replace(sessions: readonly Session[]): void {
    const there = new Set(sessions.map(({ sessionId }) => sessionId));
    const first = !this.#known;
    this.#known = true;
    this.#remove([...this.#all.keys()].filter((id) => !there.has(id)));
    this.#put(sessions);
    if (first && sessions.length === 0) this.#changed.fire([]);
  }

  #put(sessions: readonly Session[]): void {
    const changes = sessions.map((after): Change => {
      const before = this.#all.get(after.sessionId);
      if (before && before.status !== after.status) this.#since.set(after.sessionId, Date.now());
      this.#all.set(after.sessionId, after);
      return { before, after };
    });
    if (changes.length > 0) this.#changed.fire(changes);
  }

  #remove(ids: readonly SessionId[]): void {
    const changes = ids.flatMap((id): Change[] => {
      const before = this.#all.get(id);
      this.#all.delete(id);
      this.#since.delete(id);
      return before ? [{ before, after: undefined }] : [];
    });
    if (changes.length > 0) this.#changed.fire(changes);
  }
}
