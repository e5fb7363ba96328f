// A socket of a mailbox as programs use it: bytes in, lines of JSON out.
import { connect, type Socket } from 'node:net';
import { z } from 'zod';
import { within } from './waitFor.ts';

const Reply = z.union([
  z.strictObject({
    ok: z.literal(true),
    id: z.string(),
    client_message_id: z.string(),
    duplicate: z.literal(true).optional(),
  }),
  z.strictObject({ ok: z.literal(false), error: z.strictObject({ code: z.string(), message: z.string() }) }),
]);
export type Reply = z.infer<typeof Reply>;

export const repliesIn = (text: string): Reply[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Reply.parse(JSON.parse(line)));

/** "ok", or the code of the error. */
export const codeOf = (reply: Reply | undefined): string => {
  if (reply === undefined) return 'nothing';
  return reply.ok ? 'ok' : reply.error.code;
};

/** Sends bytes, ends its side, and answers with all that comes back. */
export async function sayTo(
  socketPath: string,
  ...pieces: readonly (string | Buffer | object)[]
): Promise<Reply[]> {
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  const answered = allOf(socket);
  for (const piece of pieces) {
    const isText = typeof piece === 'string' || Buffer.isBuffer(piece);
    socket.write(isText ? piece : `${JSON.stringify(piece)}\n`);
  }
  socket.end();
  return repliesIn(await within('the answers of a mailbox', answered));
}

async function allOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
