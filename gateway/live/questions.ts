// Questions of an agent that wait for a person: written down before anybody is asked, open until answered or void.
import type { Answer, Question } from '../agents/agent.ts';
import { LIMITS, PermissionId, type PromptId } from '../protocol/index.ts';
import { askPermission, withdrawPermission } from '../store/questions.ts';
import type { LogOf } from '../store/log.ts';
import { digestOf } from '../store/permission.ts';
import type { Surroundings } from './surroundings.ts';

interface Waiting {
  readonly resolve: (answer: Answer | undefined) => void;
  /** Whether it was asked in a turn: then it is void when that turn ends. */
  readonly isOfTurn: boolean;
}

export class Questions {
  readonly #log: LogOf;
  readonly #world: Pick<Surroundings, 'store' | 'clock' | 'logger'>;
  /** Told of how many are open, inside the transaction that changes it. */
  readonly #onCount: (open: number) => void;
  readonly #waiting = new Map<PermissionId, Waiting>();
  #isLeaving = false;

  constructor(
    log: LogOf,
    world: Pick<Surroundings, 'store' | 'clock' | 'logger'>,
    onCount: (open: number) => void,
  ) {
    this.#log = log;
    this.#world = world;
    this.#onCount = onCount;
  }

  /** Resolves to what somebody answered; undefined when the question became void. `promptId`: what its turn is about; undefined: no turn. */
  async ask(question: Question, signal: AbortSignal, promptId?: PromptId): Promise<Answer | undefined> {
    if (this.#isLeaving) return undefined;
    const { openPermissions } = LIMITS;
    // For the agent, which hears it as the answer to its request.
    if (this.#waiting.size >= openPermissions)
      throw new Error(
        `${openPermissions} questions wait for an answer already: ask again when they have one.`,
      );
    const { store, clock } = this.#world;
    const asked = { ...question, options: [...question.options] };
    const permissionId = PermissionId.parse(clock.newId());
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
    const withdraw = (): void => this.#withdraw(permissionId);
    this.#waiting.set(permissionId, { resolve, isOfTurn: promptId !== undefined });
    try {
      const known = await store.synced(() => {
        const createdAt = clock.now();
        const { sessionId } = this.#log;
        const permission = { permissionId, sessionId, ...asked, digest: digestOf(asked), createdAt };
        const answered = askPermission(store, this.#log, { permission, promptId }, createdAt);
        if (answered === undefined) this.#onCount(this.#waiting.size);
        return answered;
      });
      if (known !== undefined) return known;
      signal.addEventListener('abort', withdraw, { once: true });
      if (signal.aborted) withdraw();
      return await promise;
    } finally {
      signal.removeEventListener('abort', withdraw);
      this.#waiting.delete(permissionId);
      this.#write(() => this.#onCount(this.#waiting.size));
    }
  }

  /** Hands a written answer to the agent that waits for it. */
  answer(permissionId: PermissionId, answer: Answer): void {
    this.#waiting.get(permissionId)?.resolve(answer);
  }

  /** The turn is over: what was asked in it needs no answer any more. */
  endTurn(): void {
    for (const [permissionId, { isOfTurn }] of this.#waiting) if (isOfTurn) this.#withdraw(permissionId);
  }

  /** Nobody needs an answer any more. */
  withdrawAll(): void {
    for (const permissionId of this.#waiting.keys()) this.#withdraw(permissionId);
  }

  /** Takes back what was open when the gateway last ended: an agent that comes to the same point asks again. */
  tidy(): void {
    for (const { permissionId } of this.#world.store.permissions.listOpen(this.#log))
      if (!this.#waiting.has(permissionId)) this.#withdraw(permissionId);
  }

  /** Nobody hears an answer any more. What is open when the gateway ends stays open, for the one that comes after it. */
  end(why: 'person' | 'gateway'): void {
    if (why === 'person') return this.endTurn();
    this.#isLeaving = true;
    for (const { resolve } of this.#waiting.values()) resolve(undefined);
  }

  #withdraw(permissionId: PermissionId): void {
    if (this.#isLeaving) return;
    const { store, clock } = this.#world;
    this.#write(() => withdrawPermission(store, this.#log, permissionId, clock.now()));
    this.#waiting.get(permissionId)?.resolve(undefined);
  }

  /** On a full disk, say, the end of a turn must not end here: what stays open is taken back after it. */
  #write(work: () => void): void {
    try {
      this.#world.store.written(work);
    } catch (err) {
      this.#world.logger.error({ err, sessionId: this.#log.sessionId }, 'question');
    }
  }
}
