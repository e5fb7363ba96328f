// Mail as this window knows it: the list of threads, asked for again when the gateway says that something moved.
import type { MailThread, Mailbox } from '../../gateway/protocol/index.ts';
import type { Connection } from '../connection.ts';
import { Emitter, type Disposable } from '../emitter.ts';

/** A flood of events costs one question. */
const REST_MS = 80;

export class MailBook implements Disposable {
  readonly #connection: Connection;
  readonly #warn: (message: string) => void;
  readonly #changed = new Emitter<void>();
  readonly onDidChange = this.#changed.event;
  #threads: readonly MailThread[] = [];
  #mailboxes: readonly Mailbox[] = [];
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Connection, warn: (message: string) => void) {
    this.#connection = connection;
    this.#warn = warn;
    connection.onClient((client) => {
      // A gateway of before has no mail: then there is none to show.
      client.call('mail.watch', {}).then(
        () => this.#soon(),
        (error: unknown) => warn(`Mail cannot be followed: ${String(error)}`),
      );
    });
    connection.on('mail.event', () => this.#soon());
  }

  get threads(): readonly MailThread[] {
    return this.#threads;
  }

  /** Those of linked machines, too. */
  get mailboxes(): readonly Mailbox[] {
    return this.#mailboxes;
  }

  /** Those of this gateway: the others have names of their own, which may be the same. */
  get here(): readonly Mailbox[] {
    return this.#mailboxes.filter(({ peer }) => peer === undefined);
  }

  mailbox(name: string): Mailbox | undefined {
    return this.here.find((mailbox) => String(mailbox.name) === name);
  }

  dispose(): void {
    clearTimeout(this.#rest);
  }

  #soon(): void {
    this.#rest ??= setTimeout(() => {
      this.#rest = undefined;
      this.#refresh().catch((error: unknown) => this.#warn(`Mail could not be read: ${String(error)}`));
    }, REST_MS);
  }

  async #refresh(): Promise<void> {
    const [{ threads }, { mailboxes }] = await Promise.all([
      this.#connection.call('mail.threads', {}),
      this.#connection.call('mailbox.list', {}),
    ]);
    this.#threads = threads;
    this.#mailboxes = mailboxes;
    this.#changed.fire();
  }
}
