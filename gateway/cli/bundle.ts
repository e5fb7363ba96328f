// export and import: a whole session as a file, one page of it a line, so that no size is too big.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { withoutUndefined } from '../language.ts';
import { Bundle, type Result, type SessionId } from '../protocol/index.ts';
import { findSession, withGateway } from './client.ts';
import { inertJson } from './plainText.ts';
import { SESSION } from './sessions.ts';
import { textFrom } from './stdin.ts';
import { UsageError, type Verb } from './verb.ts';

/** A message to the gateway holds 1 MiB; an event alone is far smaller. */
const PAGE_LENGTH = 300_000;

export const bundleVerbs: readonly Verb[] = [
  {
    name: 'export',
    summary: 'Write a session with all that is kept of its log to standard output',
    args: [SESSION],
    more: 'Each line is a page, as JSON. Bring it back with: holdfast import FILE',
    run: (call) =>
      withGateway(async (client) => {
        const { sessionId } = await findSession(client, call.arg(0) ?? '');
        for (let after: number | undefined = 0; after !== undefined;) {
          const { bundle, next }: Result<'session.export'> = await client.call('session.export', {
            sessionId,
            after,
          });
          call.out.write(`${inertJson(bundle)}\n`);
          after = next;
        }
      }),
  },
  {
    name: 'import',
    summary: 'Make a session from what export has written',
    args: [['<file>', '- is standard input']],
    options: [['--path <folder>', 'where it goes on; else where it was']],
    async run(call) {
      const file = call.arg(0) ?? '';
      const text = file === '-' ? await textFrom(file) : readFileSync(file, 'utf8');
      const pages = text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .flatMap((line) => cut(read(line)));
      if (pages.length === 0) throw new UsageError('There is nothing to import.');
      const folder = call.option('path');
      const where = folder === undefined ? undefined : path.resolve(folder);
      await withGateway(async (client) => {
        let sessionId: SessionId | undefined;
        for (const bundle of pages) {
          const params = withoutUndefined({ bundle, path: where, sessionId });
          const made = await client.call('session.import', params);
          sessionId = made.sessionId;
        }
        call.out.answer({ sessionId }, String(sessionId));
      }, call.program);
    },
  },
];

function read(line: string): Bundle {
  try {
    return Bundle.parse(JSON.parse(line));
  } catch (error) {
    throw new UsageError('This is not what holdfast export writes: nothing was imported.', { cause: error });
  }
}

/** Halves a page until it is small enough to be sent. */
export function cut(bundle: Bundle): Bundle[] {
  const { events } = bundle;
  if (events.length < 2 || JSON.stringify(bundle).length <= PAGE_LENGTH) return [bundle];
  const half = Math.ceil(events.length / 2);
  return [events.slice(0, half), events.slice(half)].flatMap((part) => cut({ ...bundle, events: part }));
}
