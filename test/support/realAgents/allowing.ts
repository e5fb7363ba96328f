// A person who says yes to whatever an agent asks.
import type { TestClient } from '../client.ts';
import { waitFor } from '../waitFor.ts';

/** Says yes to each question that comes before the story is over, once. */
export async function allowing<T>(client: TestClient, patienceMs: number, story: Promise<T>): Promise<T> {
  const over = new AbortController();
  const answering = waitFor(
    'the end of the story',
    async () => {
      const { permissions } = await client.call('permission.list', {});
      for (const { permissionId, options, digest } of permissions) {
        const { optionId } = options.find(({ kind }) => kind === 'allow_once') ?? {};
        if (optionId !== undefined)
          await client.call('permission.answer', { permissionId, optionId, digest });
      }
      return over.signal.aborted;
    },
    patienceMs,
  );
  try {
    return await story;
  } finally {
    over.abort();
    await answering;
  }
}
