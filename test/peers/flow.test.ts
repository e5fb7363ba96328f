// Sessions of a peer, through one's own gateway: seen, followed, sent to, answered, whatever becomes of the link.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { newFolder } from '../support/folders.ts';
import { EVERYTHING, linkedGateways } from '../support/linked.ts';
import { textOf } from '../support/transcript.ts';
import { waitFor } from '../support/waitFor.ts';

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

it('a question of an agent is answered from here, by whom is told there; a turn is stopped from here', async () => {
  await using both = linkedGateways(EVERYTHING);
  const there = both.box.client();
  const here = both.laptop.client('window docs-site');
  const path = newFolder('work');
  const { sessionId } = await here.call('session.create', { peer, path, agent: 'demo' });
  await here.call('session.subscribe', { peer, sessionId });
  await there.call('session.subscribe', { sessionId });
  await here.call('session.send', { peer, sessionId, message: 'ask 1' });
  const asked = await here.until('the question', () =>
    here.events(sessionId).find((event) => event.type === 'permission'),
  );
  assert.ok(asked.type === 'permission');
  const { permissionId, options } = asked;
  const optionId = options[0]?.optionId ?? '';
  await here.call('permission.answer', { peer, permissionId, optionId });
  const answered = await there.until('the answer', () =>
    there.events(sessionId).find((event) => event.type === 'permission_resolved'),
  );
  assert.ok(answered.type === 'permission_resolved');
  assert.equal(answered.by?.name, 'window docs-site on laptop');
  await assert.rejects(there.call('permission.answer', { permissionId, optionId }), {
    problem: 'permission.resolved',
  });
  await here.until('the end', () => here.events(sessionId).find(({ type }) => type === 'result'));
  await here.call('session.send', { peer, sessionId, message: 'slow 1000 50' });
  await here.until(
    'some of it',
    () => here.events(sessionId).filter(({ type }) => type === 'partial').length > 3,
  );
  assert.deepEqual(await here.call('session.interrupt', { peer, sessionId }), {
    ok: true,
    interrupted: true,
  });
  await here.until('the stop', () => here.events(sessionId).find(({ type }) => type === 'interrupted'));
});

it('a client that does not read costs the link nothing, and reads on where it was', async () => {
  await using both = linkedGateways(EVERYTHING);
  const slow = both.laptop.client();
  const quick = both.laptop.client();
  const { sessionId } = await slow.call('session.create', { peer, path: newFolder('work'), agent: 'demo' });
  await slow.call('session.subscribe', { peer, sessionId });
  await quick.call('session.subscribe', { peer, sessionId });
  slow.room = 3;
  await quick.call('session.send', { peer, sessionId, message: 'long 3000' });
  const done = await quick.until('the result', () =>
    quick.events(sessionId).find(({ type }) => type === 'result'),
  );
  assert.ok(slow.events(sessionId).length < quick.events(sessionId).length);
  const before = slow.frames.length;
  await quick.call('session.get', { peer, sessionId });
  assert.equal(slow.frames.length, before, 'nothing is sent to it meanwhile');
  slow.read();
  await slow.until('the result', () => slow.events(sessionId).find(({ seq }) => seq === done.seq));
  const seqs = slow.events(sessionId).map(({ seq }) => seq);
  assert.deepEqual(
    seqs,
    [...new Set(seqs)].toSorted((a, b) => a - b),
  );
  const text = (client: typeof slow): string => textOf(client.events(sessionId));
  assert.equal(text(slow), text(quick));
});

it('changes of sessions are told also after a link was cut that had no room for them', async () => {
  await using both = linkedGateways();
  const [here, there] = [both.laptop.client(), both.box.client()];
  const { sessionId } = await there.call('session.create', { path: newFolder('work'), agent: 'demo' });
  const [link] = both.box.links.all();
  assert.ok(link);
  let isWaitedFor = false;
  link.send = () => false;
  link.onDrain = () => void (isWaitedFor = true);
  await there.call('session.rename', { sessionId, title: 'Before' });
  await waitFor('somebody who waits for room', () => isWaitedFor);
  await both.cut();
  both.link();
  await there.call('session.rename', { sessionId, title: 'After' });
  await waitFor('its name', async () => (await here.call('session.list', {})).sessions[0]?.title === 'After');
});

it('a mailbox that changes is told without all sessions, which stay as they were told', async () => {
  await using both = linkedGateways();
  const [here, there] = [both.laptop.client(), both.box.client()];
  const title = 'A title of its own';
  const { sessionId } = await there.call('session.create', { path: newFolder('work'), agent: 'demo', title });
  const { peering } = both.laptop;
  await waitFor('its mailbox', () => peering.mailboxes().some((mailbox) => mailbox.sessionId === sessionId));
  const [link] = both.box.links.all();
  assert.ok(link);
  const frames: string[] = [];
  const send = link.send.bind(link);
  link.send = (frame) => {
    frames.push(frame);
    return send(frame);
  };
  await there.call('profile.set', { summary: 'away for a coffee' });
  await waitFor('what it says', () =>
    peering.mailboxes().some(({ profile }) => profile.summary === 'away for a coffee'),
  );
  assert.ok(frames.length > 0 && frames.every((frame) => !frame.includes(title)));
  assert.equal((await here.call('session.list', {})).sessions[0]?.title, title);
});

it('a client that has gone follows nothing at the peer any more', async () => {
  await using both = linkedGateways(EVERYTHING);
  const [here, there] = [both.laptop.client(), both.box.client()];
  const { sessionId } = await there.call('session.create', { path: newFolder('work'), agent: 'demo' });
  const isFollowed = async (): Promise<boolean> =>
    (await there.call('session.queue_stats', { sessionId })).clientConnected;
  await here.call('session.subscribe', { peer, sessionId });
  assert.equal(await isFollowed(), true);
  here.close();
  await waitFor('nobody to follow it', async () => !(await isFollowed()));
});

it('what is followed goes on after a break during which more was asked than may wait', async (t) => {
  await using both = linkedGateways(EVERYTHING);
  const [here, there] = [both.laptop.client(), both.box.client()];
  const { sessionId } = await there.call('session.create', { path: newFolder('work'), agent: 'demo' });
  await here.call('session.subscribe', { peer, sessionId });
  await both.cut();
  const { calls } = both.laptop.peering.side(1);
  const asked = Array.from({ length: 1_000 }, () => calls.call('nothing', {}, { isRepeatable: true }));
  const ask = calls.call.bind(calls);
  let times = 0;
  // Without an end it would ask before anything could be answered, and this test would never end.
  t.mock.method(calls, 'call', (...call: Parameters<typeof ask>) =>
    (times += 1) > 50 ? new Promise(() => {}) : ask(...call),
  );
  both.link();
  await Promise.allSettled(asked);
  await there.call('session.send', { sessionId, message: 'hello' });
  await here.until('the turn', () => here.events(sessionId).find(({ type }) => type === 'result'));
  assert.ok(times < 10, `it asked ${times} times`);
});

it('a prompt that is sent while the link breaks runs once', async () => {
  await using both = linkedGateways(EVERYTHING);
  const here = both.laptop.client();
  const { sessionId } = await here.call('session.create', { peer, path: newFolder('work'), agent: 'demo' });
  const sent = [];
  for (let n = 0; n < 12; n += 1) {
    sent.push(here.call('session.send', { peer, sessionId, message: `slow ${n + 1} 1` }));
    if (n % 3 === 1) {
      await both.cut();
      both.link();
    }
  }
  const answers = await Promise.all(sent);
  assert.equal(new Set(answers.map(({ promptId }) => promptId)).size, 12);
  const there = both.box.client();
  await waitFor('all turns', async () => {
    const { messages } = await there.call('session.history', { sessionId, limit: 1000 });
    return messages.filter(({ type }) => type === 'result').length === 12;
  });
  const { messages } = await there.call('session.history', { sessionId, limit: 1000 });
  const ran = messages.flatMap((event) => (event.type === 'prompt' ? [event.promptId as string] : []));
  assert.deepEqual(ran.toSorted(), answers.map(({ promptId }) => promptId as string).toSorted());
});

it('a session that is made while the link breaks is made once', async () => {
  await using both = linkedGateways(EVERYTHING);
  const here = both.laptop.client();
  const path = newFolder('work');
  for (let n = 0; n < 5; n += 1) {
    const made = here.call('session.create', { peer, path, agent: 'demo' });
    await both.cut();
    both.link();
    await made;
  }
  assert.equal((await both.box.client().call('session.list', {})).sessions.length, 5);
});

it('what takes long is done once when the link breaks, however much was asked meanwhile', async () => {
  await using both = linkedGateways(EVERYTHING);
  let times = 0;
  const done = Promise.withResolvers<void>();
  both.box.peering.answer('peer.task_stop', async () => {
    times += 1;
    await done.promise;
    return {};
  });
  const { calls } = both.laptop.peering.side(1);
  const slow = calls.call('peer.task_stop', { taskId: 'slow' }, { isRepeatable: false });
  const quick = Array.from({ length: 600 }, () =>
    calls.call('peer.receipts', { receipts: [] }, { isRepeatable: true }),
  );
  await Promise.all(quick);
  await both.cut();
  both.link();
  await calls.call('peer.receipts', { receipts: [] }, { isRepeatable: true });
  done.resolve();
  await slow;
  assert.equal(times, 1);
});

it('pages, export, search, drafts and the queue of a session are those of the peer', async () => {
  await using both = linkedGateways(EVERYTHING);
  const [here, there] = [both.laptop.client(), both.box.client()];
  const { sessionId } = await there.call('session.create', { path: newFolder('work'), agent: 'demo' });
  await there.call('session.subscribe', { sessionId });
  await there.call('session.send', { sessionId, message: 'long 3000' });
  await there.until('the end', () => there.events(sessionId).find(({ type }) => type === 'result'));
  const [far, near] = await Promise.all([
    here.call('session.history', { peer, sessionId, limit: 1000 }),
    there.call('session.history', { sessionId, limit: 1000 }),
  ]);
  assert.deepEqual(far, near);
  assert.deepEqual(
    await here.call('session.export', { peer, sessionId, limit: 5000 }),
    await there.call('session.export', { sessionId, limit: 5000 }),
  );
  assert.equal(
    (await here.call('session.search', { peer, query: 'long 3000' })).hits[0]?.sessionId,
    sessionId,
  );
  await here.call('session.draft', { peer, sessionId, text: 'half a thought' });
  await there.until('the draft', () => there.frames.find(({ method }) => method === 'session.drafted'));
  assert.deepEqual(await there.call('session.draft', { sessionId }), { text: 'half a thought' });
  await here.call('queue.pause', { peer, sessionId });
  await here.call('session.send', { peer, sessionId, message: 'later' });
  assert.equal((await there.call('queue.list', { sessionId })).prompts.length, 1);
});

it('a peer that is away is said to be so after a moment, and its sessions stay as they were last heard', async () => {
  await using both = linkedGateways(EVERYTHING);
  const here = both.laptop.client();
  const { sessionId } = await here.call('session.create', { peer, path: newFolder('work'), agent: 'demo' });
  await waitFor('it in the list', async () => (await here.call('session.list', {})).sessions.length === 1);
  await both.cut();
  await assert.rejects(here.call('session.send', { peer, sessionId, message: 'hello' }), {
    problem: 'peer.offline',
  });
  await assert.rejects(here.call('session.send', { peer, sessionId, message: 'hello' }), {
    problem: 'peer.offline',
  });
  assert.equal((await here.call('session.list', {})).sessions[0]?.sessionId, sessionId);
  await assert.rejects(here.call('session.get', { peer: 'nobody', sessionId }), { problem: 'peer.unknown' });
});

it('no peer can put itself in the place of a session of ours', async () => {
  await using both = linkedGateways();
  const here = both.laptop.client();
  const { sessionId } = await here.call('session.create', {
    path: newFolder('work'),
    agent: 'demo',
    title: 'Mine',
  });
  const session = await here.call('session.get', { sessionId });
  await here.call('session.watch', {});
  both.box.peering.side(1).calls.tell('session.changed', { session: { ...session, title: 'Theirs' } });
  both.box.peering.side(1).calls.tell('session.changed', { session: { ...session, sessionId: 'other' } });
  await here.until('the other', () => here.frames.find(({ method }) => method === 'session.changed'));
  const { sessions } = await here.call('session.list', {});
  assert.deepEqual(
    new Set(sessions.map(({ sessionId: id, title, peer: of }) => `${id} ${title} of ${of ?? 'here'}`)),
    new Set([`${sessionId} Mine of here`, 'other Mine of box']),
  );
});

it('a heartbeat fits into one frame, however much there is to tell; what is left out stays as it was told', async () => {
  await using both = linkedGateways();
  const [here, there] = [both.laptop.client(), both.box.client()];
  const bio = 'ä'.repeat(2000);
  for (let n = 0; n < 200; n += 1) {
    await there.call('mailbox.create', { name: `m${n}` });
    await there.call('profile.set', { mailbox: `m${n}`, bio });
  }
  const known = async (): Promise<number> =>
    (await here.call('mailbox.list', {})).mailboxes.filter((mailbox) => mailbox.peer !== undefined).length;
  await waitFor('all mailboxes', async () => (await known()) === 201);
  assert.ok(Buffer.byteLength(JSON.stringify(both.box.peering.side(1).beat())) < 900_000);
  both.box.links.beat('laptop');
  await here.call('session.list', { peer });
  assert.equal(await known(), 201);
});
