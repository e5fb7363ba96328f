// Methods that go on after their answer: what they tell, over lost links, from where it was, so that nothing is told twice.
import { setTimeout as sleep } from 'node:timers/promises';
import { isRecord } from '../language.ts';
import { notifications, Problem, type NotificationName } from '../protocol/index.ts';
import type { GatewayClient } from '../rpc/connect.ts';
import { Channel } from './channel.ts';
import { callByName, dial, NotAuthorisedError } from './client.ts';
import { BACKOFF_MS } from './follow.ts';
import { harmless } from './plainText.ts';
import type { Call } from './verb.ts';
import { say, tell, type Notice } from './words.ts';

type Params = Readonly<Record<string, unknown>>;

export const isWatching = (name: string): boolean => /\.(?:watch|subscribe)$/.test(name);

/** What to ask for over the next link, from what was told last. All other methods tell how it is now, and what changes. */
const ONWARD: Readonly<Record<string, (told: Params, before: Params) => Params>> = {
  'session.subscribe': ({ cursor }, before) => ({ ...before, cursor: cursor ?? before['cursor'] }),
  'mail.watch': ({ id, last }, before) => ({ ...before, after: id ?? before['after'] ?? last }),
};

const onward = (name: string, told: unknown, before: Params): Params =>
  (isRecord(told) && ONWARD[name]?.(told, before)) || before;

/** Until Ctrl-C. `paramsOf` is asked once: what was typed means the same session over every link. */
export async function watch(
  { out }: Call,
  name: string,
  paramsOf: (client: GatewayClient) => Promise<Params>,
): Promise<void> {
  const end = new AbortController();
  const leave = (): void => end.abort();
  process.once('SIGINT', leave).once('SIGTERM', leave);
  let params: Params | undefined;
  let isAnswered = false;
  let tries = 0;
  while (!end.signal.aborted) {
    try {
      await using client = await dial(undefined, end.signal);
      const news = new Channel<Notice>();
      // The first notifications may come before the answer.
      listen(client, news);
      params ??= await paramsOf(client);
      const result = await callByName(client, name, params);
      isAnswered = true;
      if (tries > 0) console.error('Reconnected.');
      tries = 0;
      out.answer(result, say(name, result));
      params = onward(name, result, params);
      for await (const notice of news) {
        out.answer(notice, tell(notice));
        params = onward(name, notice.params, params);
      }
    } catch (error) {
      if (end.signal.aborted) return;
      const wait = BACKOFF_MS[tries];
      const isFinal = error instanceof Problem || error instanceof NotAuthorisedError;
      if (!isAnswered || isFinal || wait === undefined || !(error instanceof Error)) throw error;
      if (tries === 0) console.error(harmless(`${error.message} Reconnecting.`));
      tries += 1;
      await sleep(wait, undefined, { signal: end.signal }).catch(() => {});
    }
  }
}

function listen(client: GatewayClient, news: Channel<Notice>): void {
  // The keys are those of the contract's table, which the type of Object.keys cannot say.
  for (const method of Object.keys(notifications) as NotificationName[])
    client.on(method, (params) => news.push({ method, params }));
  void client.closed.then(({ reason }) => news.close(new Error(`The gateway tells no more: ${reason}.`)));
}
