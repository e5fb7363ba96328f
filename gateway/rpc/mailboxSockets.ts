// A Unix socket for each mailbox, so that anything that can open one can write to it. Listing the folder finds them.
import { existsSync, lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { MAX_MAIL_BYTES, type MailboxName } from '../protocol/index.ts';
import { LineReader, type Line } from './lines.ts';
import { listenOnSocket } from './listen.ts';
import { answerLine, fault, type Bus, type Reply } from './mailboxLine.ts';
import { mailboxFolders, mailboxSocketPath, makePrivateFolder, socketsIn } from './paths.ts';

/** Of all mailboxes together. When there are so many, the one that has been silent the longest makes room. */
const MAX_CONNECTIONS = 256;
/** Lines of one connection that may wait for their answers before no more is read. */
const MAX_UNANSWERED = 64;
/** A connection that says nothing for so long is closed. */
const IDLE_MS = 300_000;

interface Open {
  readonly socket: string;
  readonly connections: Set<Socket>;
  readonly listening: AsyncDisposable;
}

export class MailboxSockets implements AsyncDisposable {
  readonly #home: string;
  readonly #env: typeof process.env;
  readonly #bus: Bus;
  readonly #open = new Map<MailboxName, Open>();
  /** The longest silent first. */
  readonly #connections = new Set<Socket>();
  #working: Promise<void> = Promise.resolve();
  #isClosing = false;

  /** Call it only with the state folder's lock held: what is in the folders now is of a gateway that is dead. */
  constructor(home: string, bus: Bus, env = process.env) {
    this.#home = home;
    this.#env = env;
    this.#bus = bus;
    if (process.platform === 'win32') return;
    for (const folder of mailboxFolders(home, env)) {
      for (const file of socketsIn(folder) ?? []) {
        const socket = path.join(folder, file);
        if (lstatSync(socket, { throwIfNoEntry: false })?.isSocket() === true) unlinkSync(socket);
      }
    }
  }

  /** Where programs write to it; undefined: it has no socket now. */
  socketOf(name: MailboxName): string | undefined {
    return this.#open.get(name)?.socket;
  }

  /** Opens what is missing, closes what is too many. One that cannot be opened keeps none of the others from it. */
  sync(names: readonly MailboxName[]): Promise<void> {
    const done = this.#working.then(() => this.#sync(new Set(names)));
    this.#working = done.catch(() => undefined);
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sync([]);
    this.#isClosing = true;
    if (process.platform === 'win32') return;
    for (const folder of mailboxFolders(this.#home, this.#env)) {
      // Only an empty one goes: somebody may have put something there.
      if (socketsIn(folder)?.length === 0) rmdirSync(folder);
    }
  }

  async #sync(wanted: ReadonlySet<MailboxName>): Promise<void> {
    if (this.#isClosing) return;
    for (const [name, open] of this.#open) {
      if (wanted.has(name) && (process.platform === 'win32' || existsSync(open.socket))) continue;
      this.#open.delete(name);
      for (const connection of open.connections) connection.destroy();
      await open.listening[Symbol.asyncDispose]();
    }
    const faults: unknown[] = [];
    for (const name of wanted) {
      if (!this.#open.has(name)) await this.#listen(name).catch((error: unknown) => faults.push(error));
    }
    if (faults.length > 0) throw new AggregateError(faults, 'Some mailboxes have no socket.');
  }

  async #listen(name: MailboxName): Promise<void> {
    const connections = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true }, (connection) => {
      this.#admit(connection);
      connections.add(connection);
      connection.once('close', () => connections.delete(connection));
      serve(connection, (line) => answerLine(name, line, this.#bus));
    });
    const socket = mailboxSocketPath(this.#home, name, this.#env);
    // Whoever owns the folder above could put another in the place of this one.
    if (process.platform !== 'win32') makePrivateFolder(path.dirname(path.dirname(socket)));
    this.#open.set(name, { socket, connections, listening: await listenOnSocket(server, socket) });
  }

  #admit(connection: Socket): void {
    const all = this.#connections;
    const [silent] = all;
    if (all.size === MAX_CONNECTIONS && silent !== undefined) {
      all.delete(silent);
      silent.destroy();
    }
    all.add(connection);
    connection.on('data', () => {
      all.delete(connection);
      all.add(connection);
    });
    connection.once('close', () => all.delete(connection));
  }
}

/** Every line has its answer, in the order of the lines, while the next ones are already being worked on. */
function serve(connection: Socket, answer: (line: Line) => Promise<Reply>): void {
  const reader = new LineReader(MAX_MAIL_BYTES);
  let unanswered = 0;
  let last: Promise<void> = Promise.resolve();
  /** Who does not read the answers is not read either. */
  const goOn = (): void => {
    if (unanswered < MAX_UNANSWERED && !connection.writableNeedDrain) connection.resume();
  };
  const take = (line: Line): void => {
    unanswered += 1;
    if (unanswered === MAX_UNANSWERED) connection.pause();
    const reply = answer(line).catch(() => fault('internal', 'A bug in Holdfast: its log says more.'));
    last = last.then(async () => {
      if (!connection.write(textOf(await reply))) connection.pause();
      unanswered -= 1;
      goOn();
    });
  };
  connection.setTimeout(IDLE_MS, () => connection.destroy());
  connection.on('error', () => connection.destroy());
  connection.on('drain', goOn);
  connection.on('data', (chunk: Buffer) => {
    for (const line of reader.push(chunk)) take(line);
  });
  connection.on('end', () => {
    const rest = reader.end();
    if (rest !== undefined) take(rest);
    void last.then(() => connection.end());
  });
}

const textOf = (reply: Reply): string => `${JSON.stringify(reply)}\n`;
