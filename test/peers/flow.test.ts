// Sessions of a peer, through one's own gateway: seen, followed, sent to, answered, whatever becomes of the link.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { newFolder } from '../support/folders.ts';
import { EVERYTHING, linkedGateways } from '../support/linked.ts';

const peer = 'box';

it('sessions of a peer stand in the list, named after it, and follow its changes', async () => {
  await using both = linkedGateways();
  const there = both.box.client();
  const here = both.laptop.client();
  await here.call('session.watch', {});
  const { sessionId } = await there.call('session.create', {
    path: newFolder('work'),
    agent: 'demo',
    title: 'Far',
  });
  await here.until('the session', () => here.frames.find(({ method }) => method === 'session.changed'));
  const { sessions } = await here.call('session.list', {});
  assert.deepEqual(
    sessions.map(({ title, peer: of }) => [title, of]),
    [['Far', 'box']],
  );
  await there.call('session.destroy', { sessionId });
  await here.until('its end', () => here.frames.find(({ method }) => method === 'session.removed'));
  assert.deepEqual((await here.call('session.list', {})).sessions, []);
});

it('an answer that is streamed through a peer survives a link that breaks, without gap or repeat', async () => {
  await using both = linkedGateways(EVERYTHING);
  const there = both.box.client();
  const here = both.laptop.client();
  const { sessionId } = await here.call('session.create', {
    peer,
    path: newFolder('work'),
    agent: 'demo',
  });
  const direct = await there.call('session.subscribe', { sessionId });
  const { snapshot, cursor } = await here.call('session.subscribe', { sessionId, peer });
  assert.equal(snapshot?.session.peer, 'box');
  assert.equal(cursor, direct.cursor);
  await here.call('session.send', { sessionId, peer, message: 'slow 300 4' });
  for (const at of [20, 60, 150]) {
    await here.until(`${at} events`, () => here.events(sessionId).length >= at);
    await both.cut();
    both.link();
  }
  await here.until('the result', () => here.events(sessionId).find(({ type }) => type === 'result'));
  await there.until('the result', () => there.events(sessionId).find(({ type }) => type === 'result'));
  const seqs = here.events(sessionId).map(({ seq }) => seq);
  assert.deepEqual(
    seqs,
    seqs.toSorted((a, b) => a - b),
  );
  assert.equal(new Set(seqs).size, seqs.length);
  assert.deepEqual(here.events(sessionId), there.events(sessionId));
  assert.deepEqual(both.laptop.bugs, []);
});
