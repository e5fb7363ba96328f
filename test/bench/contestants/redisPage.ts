// The least client that can speak to Redis: a page of code that does only what the benchmark needs.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RedisClient {
  /** Resolves to the reply. */
  call(command: string, ...words: readonly string[]): Promise<unknown>;
}

export async function connectPage(path: string): Promise<RedisClient> {
  const socket = connect({ path });
  await once(socket, 'connect');
  return new PageClient(socket);
}

type Reply = string | null | readonly Reply[];

/** RESP 2. Replies come in the order of the commands. Text is ASCII here, so a byte is a character. */
class PageClient implements RedisClient {
  readonly #socket: Socket;
  readonly #waiting: ((reply: Reply) => void)[] = [];
  #text = '';
  #at = 0;

  constructor(socket: Socket) {
    this.#socket = socket.setEncoding('latin1');
    socket.on('error', () => socket.destroy());
    socket.on('data', (text: string) => this.#receive(text));
  }

  call(...words: readonly string[]): Promise<Reply> {
    const parts = words.map((word) => `$${word.length}\r\n${word}\r\n`);
    this.#socket.write(`*${words.length}\r\n${parts.join('')}`, 'latin1');
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #receive(text: string): void {
    this.#text = this.#text.slice(this.#at) + text;
    this.#at = 0;
    for (;;) {
      const start = this.#at;
      const reply = this.#read();
      if (reply === undefined) return void (this.#at = start);
      this.#waiting.shift()?.(reply);
    }
  }

  /** undefined: it is not all there yet. */
  #read(): Reply | undefined {
    const end = this.#text.indexOf('\r\n', this.#at);
    if (end === -1) return undefined;
    const kind = this.#text[this.#at];
    const head = this.#text.slice(this.#at + 1, end);
    this.#at = end + 2;
    if (kind === '-') throw new Error(`Redis: ${head}`);
    if (kind === '$') return this.#readText(Number(head));
    if (kind === '*') return this.#readList(Number(head));
    return head;
  }

  #readText(length: number): Reply | undefined {
    if (length < 0) return null;
    const start = this.#at;
    this.#at = start + length + 2;
    return this.#at > this.#text.length ? undefined : this.#text.slice(start, start + length);
  }

  #readList(length: number): Reply | undefined {
    const replies: Reply[] = [];
    while (replies.length < length) {
      const reply = this.#read();
      if (reply === undefined) return undefined;
      replies.push(reply);
    }
    return replies;
  }
}
