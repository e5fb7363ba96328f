// Which mailboxes have a socket: those of programs, and of the sessions the ones that were active last.
import type { MailboxName } from './protocol/index.ts';
import type { Logger } from './live/surroundings.ts';
import type { MailboxSockets } from './rpc/mailboxSockets.ts';
import type { Committed, Store } from './store/store.ts';

/** Each costs a file descriptor; a thousand would cost a quarter of a second at every start, and 16 MB. */
const SOCKETS = { programs: 256, sessions: 64 };
/** Sessions that come and go change the sockets no more often than this. */
const REST_MS = 1_000;

export class Bus implements Disposable {
  readonly #store: Store;
  readonly #sockets: MailboxSockets;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;
  #isAtFault = false;

  constructor(store: Store, sockets: MailboxSockets, logger: Logger) {
    this.#store = store;
    this.#sockets = sockets;
    this.#logger = logger;
  }

  /** When it resolves, the mailboxes of programs have their sockets, and those that are gone have none. */
  async sync(): Promise<void> {
    try {
      await this.#sockets.sync(this.#store.mailboxes.reachable(SOCKETS));
      this.#isAtFault = false;
    } catch (err) {
      // A file that is in the way, say: mail works without it. It is tried again each time, and told once.
      if (!this.#isAtFault) this.#logger.error({ err }, 'the sockets of mailboxes');
      this.#isAtFault = true;
    }
  }

  socketOf(name: MailboxName): string | undefined {
    return this.#sockets.socketOf(name);
  }

  committed({ sessions }: Committed): void {
    if (sessions.length === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.sync();
    }, REST_MS).unref();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
