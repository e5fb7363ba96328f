// NATS JetStream as Debian ships it, on TCP loopback (it has no other socket), and the least client that can speak to it.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { startProgram, type Started } from '../processes.ts';

const SERVER = 'nats-server';

export interface Nats extends Started {
  readonly client: NatsClient;
}

/** With a stream S of everything below s. */
export async function startNats(folder: string): Promise<Nats> {
  const config = path.join(folder, 'nats.conf');
  // Before 2.10 it cannot be told to sync: an acknowledgement then follows the write, and a sync comes every 2 minutes.
  const sync = hasSync() ? ', sync_interval: always' : '';
  writeFileSync(
    config,
    `listen: "127.0.0.1:-1"
ports_file_dir: "${folder}"
log_file: "${folder}/nats.log"
jetstream { store_dir: "${folder}/jetstream"${sync} }
`,
  );
  const port = (): string | undefined => {
    const file = readdirSync(folder).find((name) => name.endsWith('.ports'));
    const text = file === undefined ? '' : readFileSync(path.join(folder, file), 'utf8');
    return /nats:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1];
  };
  const started = await startProgram(SERVER, ['-c', config], {}, () => port() !== undefined);
  const socket = connect(Number(port()), '127.0.0.1').setNoDelay();
  await once(socket, 'connect');
  const client = new NatsClient(socket);
  const stream = { name: 'S', subjects: ['s.>'], storage: 'file', retention: 'limits' };
  await client.request('$JS.API.STREAM.CREATE.S', JSON.stringify(stream));
  return Object.assign(started, { client });
}

function hasSync(): boolean {
  const [major = 0, minor = 0] = execFileSync(SERVER, ['--version'], { encoding: 'utf8' })
    .replace(/^\D+/, '')
    .split('.')
    .map(Number);
  return major > 2 || (major === 2 && minor >= 10);
}

/** Text is ASCII here, so a byte is a character. */
export class NatsClient {
  readonly #socket: Socket;
  readonly #requests = new Map<string, { resolve(text: string): void; reject(error: Error): void }>();
  readonly #pulls: ((ack: string) => void)[] = [];
  #onMessage = (_text: string): void => {};
  #text = '';
  #lastRequest = 0;

  constructor(socket: Socket) {
    this.#socket = socket.setEncoding('latin1');
    socket.on('error', () => socket.destroy());
    socket.on('data', (text: string) => this.#receive(text));
    this.#write('CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\nSUB r.* 1\r\nSUB events 2\r\n');
  }

  /** Of JetStream's: the answer says that it has it. */
  request(subject: string, text: string): Promise<string> {
    this.#lastRequest += 1;
    const answer = `r.${this.#lastRequest}`;
    this.#write(`PUB ${subject} ${answer} ${text.length}\r\n${text}\r\n`);
    return new Promise((resolve, reject) => this.#requests.set(answer, { resolve, reject }));
  }

  /** Takes the next message of a consumer; answers where it is acknowledged. */
  pull(consumer: string): Promise<string> {
    this.#write(`PUB $JS.API.CONSUMER.MSG.NEXT.${consumer} r.next 1\r\n1\r\n`);
    return new Promise((resolve) => this.#pulls.push(resolve));
  }

  /** An ordered consumer, as the libraries make it: pushed, not acknowledged, with flow control. */
  async readAll(onMessage: (text: string) => void): Promise<void> {
    this.#onMessage = onMessage;
    const flow = { flow_control: true, idle_heartbeat: 5_000_000_000 };
    const order = { ack_policy: 'none', max_deliver: 1, mem_storage: true, num_replicas: 1 };
    const config = {
      deliver_subject: 'events',
      deliver_policy: 'all',
      replay_policy: 'instant',
      ...flow,
      ...order,
    };
    await this.request('$JS.API.CONSUMER.CREATE.S', JSON.stringify({ stream_name: 'S', config }));
  }

  #write(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  #receive(news: string): void {
    const text = this.#text + news;
    let at = 0;
    for (;;) {
      const end = text.indexOf('\r\n', at);
      if (end === -1) break;
      const [verb, ...words] = text.slice(at, end).split(' ');
      const size = verb === 'MSG' || verb === 'HMSG' ? Number(words.at(-1)) + 2 : 0;
      if (end + 2 + size > text.length) break;
      at = end + 2 + size;
      if (verb === 'PING') this.#write('PONG\r\n');
      else if (verb === '-ERR') throw new Error(`NATS: ${words.join(' ')}`);
      // A message that was pulled has the subject that it was published under, and is acknowledged where it says.
      else if (verb === 'MSG' && words[2]?.startsWith('$JS.ACK.S.readers.') === true)
        this.#pulls.shift()?.(words[2]);
      else if (verb === 'MSG') this.#take(words[0] ?? '', text.slice(end + 2, at - 2));
      // Flow control: the server waits until we say that we are here.
      else if (verb === 'HMSG' && words.length === 5) this.#write(`PUB ${words[2]} 0\r\n\r\n`);
    }
    this.#text = text.slice(at);
  }

  #take(subject: string, text: string): void {
    const request = this.#requests.get(subject);
    if (request === undefined) return this.#onMessage(text);
    this.#requests.delete(subject);
    if (text.includes('"error"')) request.reject(new Error(`NATS: ${text}`));
    else request.resolve(text);
  }
}
