// The least client that can speak to NATS JetStream: a page of code that does only what the benchmark needs.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface NatsClient {
  /** Resolves when the stream has it. */
  publish(text: string): Promise<unknown>;
  /** So many messages from the first on, by an ordered consumer. */
  readAll(events: number, onMessage: (text: string) => void): Promise<unknown>;
  /** A consumer that several share. */
  addReaders(): Promise<unknown>;
  /** Receives the readers' next message and acknowledges it with an answer, as whoever wants to know does it. */
  take(): Promise<unknown>;
}

export async function connectPage(port: number): Promise<NatsClient> {
  const socket = connect(port, '127.0.0.1').setNoDelay();
  await once(socket, 'connect');
  const client = new PageClient(socket);
  const stream = { name: 'S', subjects: ['s.>'], storage: 'file', retention: 'limits' };
  await client.request('$JS.API.STREAM.CREATE.S', JSON.stringify(stream));
  return client;
}

/** Text is ASCII here, so a byte is a character. */
class PageClient implements NatsClient {
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

  publish(text: string): Promise<unknown> {
    return this.request('s.1', text);
  }

  addReaders(): Promise<unknown> {
    const config = { durable_name: 'readers', ack_policy: 'explicit', max_ack_pending: -1 };
    return this.request(
      '$JS.API.CONSUMER.DURABLE.CREATE.S.readers',
      JSON.stringify({ stream_name: 'S', config }),
    );
  }

  async take(): Promise<void> {
    this.#write('PUB $JS.API.CONSUMER.MSG.NEXT.S.readers r.next 1\r\n1\r\n');
    const ack = await new Promise<string>((resolve) => this.#pulls.push(resolve));
    await this.request(ack, '+ACK');
  }

  /** Of JetStream's: the answer says that it has it. */
  request(subject: string, text: string): Promise<string> {
    this.#lastRequest += 1;
    const answer = `r.${this.#lastRequest}`;
    this.#write(`PUB ${subject} ${answer} ${text.length}\r\n${text}\r\n`);
    return new Promise((resolve, reject) => this.#requests.set(answer, { resolve, reject }));
  }

  /** An ordered consumer, as the libraries make it: pushed, not acknowledged, with flow control. */
  async readAll(_events: number, onMessage: (text: string) => void): Promise<void> {
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
