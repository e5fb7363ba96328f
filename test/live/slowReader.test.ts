// A reader that has stopped reading costs the others nothing, and the gateway no memory; it goes on where it was.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import type { Event } from '../../gateway/protocol/index.ts';
import { startGateway } from '../support/gateway.ts';
import { textOf } from '../support/transcript.ts';
import { waitFor } from '../support/waitFor.ts';

const TURNS = 12;
/** So many pieces of so many bytes in each turn: 51 MB in all. */
const TURN = 'stream 265 0 16000';
const MEGABYTE = 1024 * 1024;

const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

test('50 MB stream to one reader while another has stopped', async () => {
  await using gateway = await startGateway();
  const client = await gateway.connect('who reads');
  const sessionId = await client.newSession();
  // Warm: what any turn costs is no part of what the stalled reader costs.
  await client.ask(sessionId, TURN);
  const live = await client.follow(sessionId);
  const cursor = live.cursor;

  const stalled = new WebSocket(`ws+unix:${gateway.socket}:/rpc`, { headers: { Host: 'localhost' } });
  await once(stalled, 'open');
  const events: Event[] = [];
  stalled.on('message', (data: Buffer) => {
    // Sent by the same contract that our own client reads.
    const message = JSON.parse(data.toString('utf8')) as { method?: string; params: { events: Event[] } };
    if (message.method === 'session.events') events.push(...message.params.events);
  });
  const params = { sessionId, cursor };
  stalled.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'session.subscribe', params }));
  await once(stalled, 'message');
  stalled.pause();

  const before = residentBytes(gateway.pid);
  let highest = before;
  const prompts = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    prompts.push(await client.call('session.send', { sessionId, message: TURN }));
  }
  const last = prompts.at(-1)?.promptId ?? '';
  await waitFor('the end of the stream', () => {
    highest = Math.max(highest, residentBytes(gateway.pid));
    return live.events.some((event) => event.type === 'result' && event.promptId === last);
  });
  const whole = textOf(live.events);
  assert.ok(whole.length > 50_000_000, `${whole.length} characters`);
  assert.ok(highest - before < 250 * MEGABYTE, `${Math.round((highest - before) / MEGABYTE)} MB more`);
  assert.ok(!events.some((event) => event.type === 'result'), 'the reader that has stopped did read');

  stalled.resume();
  await waitFor('the reader to catch up', () =>
    events.some((event) => event.type === 'result' && event.promptId === last),
  );
  assert.equal(textOf(events), whole);
  assert.equal(new Set(events.map(({ seq }) => seq)).size, events.length, 'an event came twice');
  stalled.terminate();
});
