// What is counted of mail is kept in memory, but not of every lane and sender that there ever was.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { Database } from '../../gateway/store/database.ts';
import { InboxStore } from '../../gateway/store/inbox.ts';
import { OutboxStore } from '../../gateway/store/outbox.ts';
import { newFolder } from '../support/folders.ts';

const LANES = 5_000;

test('counts of lanes and senders that were looked at long ago are forgotten, and counted again', (t) => {
  using db = Database.open(path.join(newFolder('loads'), 'holdfast.db'));
  const outbox = new OutboxStore(db);
  const inbox = new InboxStore(db);
  const reads = t.mock.method(db, 'get');
  const look = (name: string): number => {
    const before = reads.mock.callCount();
    assert.deepEqual(outbox.waiting(name), { messages: 0, bytes: 0 });
    assert.deepEqual(inbox.unread({ key: 1 }, name), { messages: 0, bytes: 0 });
    return reads.mock.callCount() - before;
  };
  assert.deepEqual([look('first'), look('first')], [2, 0]);
  for (let lane = 0; lane < LANES; lane += 1) look(`lane ${lane}`);
  assert.deepEqual([look(`lane ${LANES - 1}`), look('first')], [0, 2]);
});
