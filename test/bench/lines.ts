// Splits a stream of text into its lines.
import type { Readable } from 'node:stream';

/** All whole lines of each read, in order. */
export function onLines(stream: Readable, listener: (lines: readonly string[]) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) listener(lines);
  });
}
