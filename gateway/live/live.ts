// All sessions at work. A session that nobody needs now costs a row in the database and nothing here.
import { Problem, type SessionId } from '../protocol/index.ts';
import { expirePrompts, recoverSession } from '../store/conversation.ts';
import { LiveSession } from './session.ts';
import type { Surroundings } from './surroundings.ts';

/** No timer waits longer. */
const LONGEST_MS = 2 ** 31 - 1;

export class Live implements AsyncDisposable {
  readonly #world: Surroundings;
  readonly #sessions = new Map<SessionId, LiveSession>();
  #isClosing = false;

  constructor(world: Omit<Surroundings, 'isDraining'>) {
    this.#world = { ...world, isDraining: () => this.#isClosing };
  }

  /** Sets right what the previous gateway could not finish, and goes on with what waits. */
  async recover(): Promise<void> {
    const { store, clock } = this.#world;
    const unsettled = store.sessions.unsettled();
    await store.synced(() => {
      for (const sessionId of unsettled) recoverSession(store, sessionId, clock.now());
    });
    for (const sessionId of unsettled) {
      const stored = store.sessions.get(sessionId);
      const { session, held } = stored;
      const prompts = store.queue.live(stored);
      for (const { expiresAt } of prompts) if (expiresAt !== null) this.expireAt(sessionId, expiresAt);
      const hasTaken = prompts.some(({ state }) => state === 'running');
      if (hasTaken || (session.queued > 0 && !held)) this.wake(sessionId);
    }
  }

  /** Looks for work in a session. */
  wake(sessionId: SessionId): void {
    if (this.#isClosing) return;
    const live = this.#sessions.get(sessionId);
    if (live !== undefined) live.wake();
    else if (this.#world.store.sessions.find(sessionId) !== undefined) this.of(sessionId).wake();
  }

  /** Takes out by then what still waits and may not any longer, also while nothing can start. */
  expireAt(sessionId: SessionId, expiresAt: string): void {
    const { store, clock, logger } = this.#world;
    const wait = Math.min(Date.parse(expiresAt) - Date.parse(clock.now()) + 1, LONGEST_MS);
    clock.after(wait, () => {
      const log = this.#isClosing ? undefined : store.sessions.locate(sessionId);
      if (log === undefined) return;
      store
        .synced(() => expirePrompts(store, log, clock.now()))
        .catch((err: unknown) => logger.error({ err, sessionId }, 'expiry'));
    });
  }

  /** The session at work, made when it is not. Throws the problem session.unknown. */
  of(sessionId: SessionId): LiveSession {
    let live = this.#sessions.get(sessionId);
    if (live === undefined) {
      const stored = this.#world.store.sessions.get(sessionId);
      live = new LiveSession(stored, this.#world);
      this.#sessions.set(sessionId, live);
    }
    return live;
  }

  /** Lets no new turn start. `turns` run now; `done` resolves when they have ended. */
  drain(): { turns: number; done: Promise<unknown> } {
    this.#isClosing = true;
    const working = [...this.#sessions.values()].filter(({ isInTurn }) => isInTurn);
    return { turns: working.length, done: Promise.all(working.map((live) => live.settled())) };
  }

  find(sessionId: SessionId): LiveSession | undefined {
    return this.#sessions.get(sessionId);
  }

  /**
   * Ends the work of a session and lets it be removed; its agent and all its children are gone before. Until it is removed
   * it stays ended: whoever comes meanwhile starts nothing.
   */
  async end<T>(sessionId: SessionId, remove: () => Promise<T>): Promise<T> {
    try {
      await this.of(sessionId).close('person');
      return await remove();
    } finally {
      this.#sessions.delete(sessionId);
    }
  }

  /** Whether new work is taken. */
  get isOpen(): boolean {
    return !this.#isClosing;
  }

  /** Throws the problem gateway.stopping once the end has begun. */
  mustBeOpen(): void {
    if (this.#isClosing)
      throw new Problem('gateway.stopping', 'The gateway is ending. Connect again in a moment.');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    await Promise.all([...this.#sessions.values()].map((live) => live.close()));
    this.#sessions.clear();
  }
}
