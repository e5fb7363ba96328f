// Which mailboxes have a socket: all that are not of sessions, and of those the ones that were active last.
import type { MailboxName } from './protocol/index.ts';
import type { Logger } from './live/surroundings.ts';
import type { MailboxSockets } from './rpc/mailboxSockets.ts';
import type { Committed, Store } from './store/store.ts';

/** A thousand sockets would cost a quarter of a second at each start, and 16 MB. */
const SESSION_SOCKETS = 64;
/** Sessions that come and go change the sockets no more often than this. */
const REST_MS = 1_000;

export class Bus implements Disposable {
  readonly #store: Store;
  readonly #sockets: MailboxSockets;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store, sockets: MailboxSockets, logger: Logger) {
    this.#store = store;
    this.#sockets = sockets;
    this.#logger = logger;
  }

  /** When it resolves, the mailboxes of programs have their sockets, and those that are gone have none. */
  async sync(): Promise<void> {
    try {
      await this.#sockets.sync(this.#store.mailboxes.reachable(SESSION_SOCKETS));
    } catch (err) {
      // A folder that is in the way, say: mail works without it.
      this.#logger.error({ err }, 'the sockets of mailboxes');
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
