// An answer of any length comes in frames that every client can take, live and when it is read again.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import type { Event } from '../../gateway/protocol/index.ts';
import { startGateway } from '../support/gateway.ts';
import { textOf } from '../support/transcript.ts';
import { waitFor } from '../support/waitFor.ts';

/** What many WebSocket libraries take at most, unless they are told otherwise. */
const maxPayload = 1024 * 1024;

test('an answer of 6 MB reaches clients that take no frame above 1 MiB, as it is said and afterwards', async () => {
  await using gateway = await startGateway();
  const client = await gateway.connect();
  const sessionId = await client.newSession();
  const { cursor } = await client.call('session.subscribe', { sessionId });

  const follow = async () => {
    const socket = new WebSocket(`ws+unix:${gateway.socket}:/rpc`, {
      headers: { Host: 'localhost' },
      maxPayload,
    });
    await once(socket, 'open');
    const events: Event[] = [];
    let closed: unknown;
    socket.on('error', (error) => (closed = error));
    socket.on('message', (data: Buffer) => {
      // Sent by the same contract that our own client reads.
      const message = JSON.parse(data.toString('utf8')) as { method?: string; params: { events: Event[] } };
      if (message.method === 'session.events') events.push(...message.params.events);
    });
    const params = { sessionId, cursor };
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'session.subscribe', params }));
    const all = async (): Promise<string> => {
      await waitFor('the end of the turn', () => {
        assert.equal(closed, undefined);
        return events.some(({ type }) => type === 'result');
      });
      socket.terminate();
      return textOf(events);
    };
    return { all };
  };

  const live = await follow();
  // Two pieces of 3 MB: each is one line of the agent.
  await client.call('session.send', { sessionId, message: 'stream 2 0 3000000' });
  const said = await live.all();
  assert.ok(said.length >= 6_000_000, `${said.length} characters`);
  const after = await follow();
  assert.equal(await after.all(), said);
});
