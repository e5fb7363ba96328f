// The sessions as a window knows them: none is known before the list has come, and none outlives it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../../extension/connection.ts';
import { Sessions } from '../../extension/sessions.ts';
import type { Session } from '../../gateway/protocol/index.ts';
import { link, place } from './gateway.ts';
import { minutesAgo, session } from './sessions.ts';

test(
  'whoever waits for the list has all of it, which a link alone does not bring',
  { timeout: 60_000 },
  async (t) => {
    const { home, window } = place(t);
    const first = window('window one');
    first.want();
    await link(first, 'connected');
    const { sessionId } = await first.call('session.create', { path: home, agent: 'demo' });

    const second = window('window two');
    const sessions = new Sessions(second, (words) => assert.fail(words));
    await second.whenConnected(30_000);
    assert.deepEqual([sessions.known, sessions.all], [false, []]);
    await sessions.whenListed();
    assert.deepEqual(
      sessions.all.map((session) => session.sessionId),
      [sessionId],
    );
  },
);

test('each list takes the place of the one before: what went while nobody listened is gone', async () => {
  const linked = Promise.withResolvers<(client: object) => void>();
  // What a list of sessions asks of its connection.
  const connection = { onClient: linked.resolve, on: () => undefined } as unknown as Connection;
  const sessions = new Sessions(connection, (words) => assert.fail(words));
  let news = 0;
  sessions.onDidChange(() => (news += 1));
  const attach = await linked.promise;
  const list = async (...all: Session[]): Promise<string[]> => {
    attach({ call: async () => ({ sessions: all }) });
    await new Promise(setImmediate);
    return sessions.all.map(({ sessionId }) => sessionId);
  };
  await list();
  assert.deepEqual([sessions.known, news], [true, 1], 'that there is none is news, too');
  const [a, b] = [session('s-a'), session('s-b')];
  assert.deepEqual(await list(a, b), ['s-a', 's-b']);
  assert.deepEqual(await list(b), ['s-b']);
  assert.equal(sessions.since(b), Date.parse(minutesAgo(5)), 'its status is what it was');
  const busy = session('s-b', { status: 'busy' });
  await list(busy);
  assert.notEqual(sessions.since(busy), Date.parse(minutesAgo(5)));
});
