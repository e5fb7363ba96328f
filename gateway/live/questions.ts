// Questions of an agent that wait for a person: written down before anybody is asked, open until answered or void.
import type { Answer, Question } from '../agents/agent.ts';
import { PermissionId } from '../protocol/index.ts';
import { askPermission, withdrawPermission } from '../store/conversation.ts';
import type { LogOf } from '../store/log.ts';
import { digestOf } from '../store/permission.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from './clock.ts';

export class Questions {
  readonly #log: LogOf;
  readonly #store: Store;
  readonly #clock: Clock;
  /** Told of how many are open, inside the transaction that changes it. */
  readonly #onCount: (open: number) => void;
  readonly #waiting = new Map<PermissionId, (answer: Answer | undefined) => void>();

  constructor(log: LogOf, store: Store, clock: Clock, onCount: (open: number) => void) {
    this.#log = log;
    this.#store = store;
    this.#clock = clock;
    this.#onCount = onCount;
  }

  /** Resolves to what somebody answered; undefined when the question became void. */
  async ask(question: Question, signal: AbortSignal): Promise<Answer | undefined> {
    const asked = { ...question, options: [...question.options] };
    const permissionId = PermissionId.parse(this.#clock.newId());
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
    this.#waiting.set(permissionId, resolve);
    await this.#store.synced(() => {
      const createdAt = this.#clock.now();
      const { sessionId } = this.#log;
      const permission = { permissionId, sessionId, ...asked, digest: digestOf(asked), createdAt };
      askPermission(this.#store, this.#log, permission, createdAt);
      this.#onCount(this.#waiting.size);
    });
    const withdraw = (): void => this.#withdraw(permissionId);
    signal.addEventListener('abort', withdraw, { once: true });
    if (signal.aborted) withdraw();
    const answer = await promise;
    signal.removeEventListener('abort', withdraw);
    this.#waiting.delete(permissionId);
    this.#store.written(() => this.#onCount(this.#waiting.size));
    return answer;
  }

  /** Hands a written answer to the agent that waits for it. */
  answer(permissionId: PermissionId, answer: Answer): void {
    this.#waiting.get(permissionId)?.(answer);
  }

  /** Nobody needs an answer any more. */
  withdrawAll(): void {
    for (const permissionId of this.#waiting.keys()) this.#withdraw(permissionId);
  }

  #withdraw(permissionId: PermissionId): void {
    this.#store.written(() => withdrawPermission(this.#store, this.#log, permissionId, this.#clock.now()));
    this.#waiting.get(permissionId)?.(undefined);
  }
}
