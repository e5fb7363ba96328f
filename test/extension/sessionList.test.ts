// The sessions as a window knows them, against a real gateway: none is known before the list has come.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sessions } from '../../extension/sessions.ts';
import { link, place } from './gateway.ts';

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
