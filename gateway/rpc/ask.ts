// One call to the gateway of a state folder with somebody's token, over its socket.
import { request, type IncomingMessage } from 'node:http';
import { z } from 'zod';
import { readDiscovery } from './discovery.ts';

const Reply = z.object({ result: z.unknown(), error: z.object({ message: z.string() }).optional() });

/** What the method answers. Rejects with words that say what to do. */
export async function ask(home: string, token: string, method: string, params: object): Promise<unknown> {
  const socketPath = readDiscovery(home)?.socket;
  if (socketPath === undefined) throw new Error(`No gateway runs in ${home}. Start one: holdfast up`);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = {
    Host: 'localhost',
    Authorization: `Bearer ${token}`,
    Accept: 'application/json',
    'Content-Type': 'application/json',
  };
  const sent = request({ socketPath, path: '/rpc', method: 'POST', headers, agent: false }, resolve);
  sent.once('error', reject);
  sent.end(JSON.stringify({ method, params }));
  const response = await promise;
  const pieces: Buffer[] = [];
  // A stream without an encoding gives bytes.
  for await (const piece of response as AsyncIterable<Buffer>) pieces.push(piece);
  const text = Buffer.concat(pieces).toString('utf8');
  if (response.statusCode !== 200) throw new Error(`The gateway refused (${response.statusCode}): ${text}`);
  const { result, error } = Reply.parse(JSON.parse(text));
  if (error !== undefined) throw new Error(error.message);
  return result;
}
