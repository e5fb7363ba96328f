// What a model's API is to the fake model server: how a request is read, and how an answer is streamed.
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { ModelRequest, Reply } from './fakeReply.ts';
import { list, object, text } from '../../../gateway/agents/json.ts';

export interface ModelApi {
  /** What the path of its requests looks like. */
  readonly path: RegExp;
  read(body: unknown): ModelRequest;
  stream(exchange: Exchange): Promise<void>;
  /** The whole answer at once, for agents that ask for it. */
  whole(exchange: Exchange): unknown;
  error(status: number): unknown;
}

/** One request that is being answered. */
export interface Exchange {
  readonly number: number;
  readonly model: string;
  readonly reply: Reply;
  readonly response: ServerResponse;
}

export const inputTokens = 100;

/** The text in a content that is a string or a list of blocks. */
export const contentText = (content: unknown): string =>
  text(content) ??
  list(content)
    .map((block) => text(object(block)['text']) ?? contentText(object(block)['content']))
    .join('\n');

/** Sends the deltas at the reply's pace. False: the answer ends here, because of its ending or of the reader. */
export const sendDeltas = async (
  { reply, response }: Exchange,
  send: (delta: string) => boolean,
): Promise<boolean> => {
  const closed = new Promise<void>((resolve) => response.once('close', resolve));
  for (const delta of reply.deltas) {
    if (reply.delayMs !== undefined) await delay(reply.delayMs);
    if (response.closed) return false;
    if (!send(delta)) await Promise.race([closed, new Promise((resolve) => response.once('drain', resolve))]);
  }
  if (reply.ending === 'stall') await closed;
  if (reply.ending === 'cut') response.destroy();
  return reply.ending === undefined && !response.closed;
};
