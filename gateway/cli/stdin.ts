// Text that is too long, or too private, for an argument list comes from standard input.
import { UsageError } from './verb.ts';

/** What an argument stands for: "-" is all of standard input. */
export const textFrom = async (argument: string): Promise<string> =>
  argument === '-' ? (await readAll(process.stdin)).replace(/\r?\n$/, '') : argument;

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  try {
    return UTF8.decode(Buffer.concat(chunks));
  } catch {
    throw new UsageError('What came on standard input is not UTF-8: nothing was sent.');
  }
}

/** What is not UTF-8 is refused, not replaced, as wherever the gateway reads. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** The first line that is not empty, as soon as it is there: whoever types it need not end the input. */
export async function lineFrom(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) {
    text += String(chunk);
    const line = /\S.*(?=\r?\n)/.exec(text)?.[0];
    if (line !== undefined) return line;
  }
  return text.trim();
}
