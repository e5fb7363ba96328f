// Two real gateways over a real link: killed, renamed, taken back, while sessions, mail and tasks go over it.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Task } from '../../gateway/protocol/index.ts';
import { holdfast } from '../cli/holdfast.ts';
import type { TestClient } from '../support/client.ts';
import { newFolder } from '../support/folders.ts';
import { EventReader } from '../support/eventStream.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { linkGateways, peersConfig, whenPeer } from '../support/peers.ts';
import { ask } from '../support/rawHttp.ts';
import { waitFor } from '../support/waitFor.ts';

interface Pair extends AsyncDisposable {
  readonly laptop: TestGateway;
  readonly box: TestGateway;
  readonly here: TestClient;
  readonly there: TestClient;
}

/** The laptop may do everything at the box. */
async function pair(): Promise<Pair> {
  const laptop = await startGateway({ config: peersConfig('laptop') });
  const box = await startGateway({ config: peersConfig('box') });
  const [here, there] = await linkGateways(laptop, box);
  const [seen] = await Promise.all([
    whenPeer(here, 'box', 'connected'),
    whenPeer(there, 'laptop', 'connected'),
  ]);
  assert.equal(seen.state, 'connected');
  await there.call('peers.policy', { name: 'laptop', prompt: true, interrupt: true, answer: true });
  const end = async (): Promise<void> => {
    await laptop[Symbol.asyncDispose]();
    await box[Symbol.asyncDispose]();
  };
  return { laptop, box, here, there, [Symbol.asyncDispose]: end };
}

const taskWhen = (client: TestClient, states: readonly Task['state'][]): Promise<Task> =>
  waitFor(`a task that is ${states.join(' or ')}`, async () => {
    const [task] = (await client.call('task.list', {})).tasks;
    return task !== undefined && states.includes(task.state) ? task : undefined;
  });

it('what the peer lets us do there is known here, and a change of it acts at once', async () => {
  await using both = await pair();
  const { here, there } = both;
  const allowed = async (): Promise<boolean | undefined> =>
    (await here.call('peers.list', {})).peers[0]?.allows?.prompt;
  await waitFor('leave to prompt', async () => (await allowed()) === true);
  const { sessionId } = await here.call('session.create', {
    peer: 'box',
    path: newFolder('work'),
    agent: 'demo',
  });
  await here.call('session.send', { peer: 'box', sessionId, message: 'hello' });
  await there.call('peers.policy', { name: 'laptop', prompt: false });
  await assert.rejects(here.call('session.send', { peer: 'box', sessionId, message: 'hello' }), {
    problem: 'peer.forbidden',
  });
  await waitFor('no leave any more', async () => (await allowed()) === false);
  const [peer] = (await here.call('peers.list', {})).peers;
  assert.deepEqual(
    peer?.sessions.map((session) => [session.sessionId, session.peer]),
    [[sessionId, 'box']],
  );
  await here.call('peers.rename', { name: 'box', newName: 'workstation' });
  assert.deepEqual(
    (await here.call('session.list', {})).sessions.map((one) => one.peer),
    ['workstation'],
  );
  await here.call('peers.remove', { name: 'workstation' });
  assert.deepEqual((await here.call('session.list', {})).sessions, []);
  await assert.rejects(here.call('session.get', { peer: 'workstation', sessionId }), {
    problem: 'peer.unknown',
  });
});

it('a prompt that is sent over HTTP to a peer is answered by the stream of its turn', async () => {
  await using both = await pair();
  const { here } = both;
  const path = newFolder('work');
  const { sessionId } = await here.call('session.create', { peer: 'box', path, agent: 'demo' });
  const params = { sessionId, peer: 'box', message: 'slow 5 1' };
  const { status, body } = await ask(both.laptop.socket, {
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'session.send', params }),
  });
  assert.equal(status, 200);
  const said = body.split('\n').flatMap((line) => (line.startsWith('data: {') ? [line.slice(6)] : []));
  const events = said.map((text) => JSON.parse(text) as { type: string; content?: string });
  assert.deepEqual(events.at(-1)?.type, 'result');
  assert.equal(events.find(({ type }) => type === 'text')?.content, 's0 s1 s2 s3 s4 ');
  assert.match(body, /data: \[DONE\]/);
});

it('the command line finds a session of a peer by its title, and sends there', async () => {
  await using both = await pair();
  const { laptop, here, there } = both;
  const made = { path: newFolder('work'), agent: 'demo', title: 'Far' };
  const { sessionId } = await there.call('session.create', made);
  await waitFor('the session', async () => (await here.call('session.list', {})).sessions.length === 1);
  const { code, out, err } = await holdfast(laptop.home, ['send', 'far', 'slow 3 1', '--follow']);
  assert.equal(code, 0, err);
  assert.match(out, /s0 s1 s2/);
  const { messages } = await there.call('session.history', { sessionId });
  const from = messages.flatMap((event) => (event.type === 'prompt' ? [event.from.name] : []));
  assert.deepEqual(from, ['a terminal on laptop']);
});

it('the command line makes a session at a peer, answers what is asked there, and says what is only remembered', async () => {
  await using both = await pair();
  const { laptop, box, here, there } = both;
  const [home, path] = [laptop.home, newFolder('work')];
  const made = ['--peer', 'box', '--agent', 'demo', '--path', path, '--title', 'Far'];
  const { code, err } = await holdfast(home, ['new', ...made]);
  assert.equal(code, 0, err);
  assert.match((await holdfast(home, ['agents', '--peer', 'box'])).out, /^demo \*? +Demo agent/m);
  assert.match((await holdfast(home, ['new', '--peer', 'box'])).err, /in which folder of box: --path/);
  assert.match(
    (await holdfast(home, ['new', '--peer', 'crate', '--path', path])).err,
    /No peer is called crate/,
  );
  await waitFor('the session', async () => (await here.call('session.list', {})).sessions.length === 1);
  await holdfast(home, ['send', 'far', 'ask']);
  await waitFor('the question', async () => {
    const [session] = (await here.call('session.list', {})).sessions;
    return session?.pendingPermissions === 1;
  });
  const { out } = await holdfast(home, ['permission', 'list']);
  const [, id = ''] = /^([0-9a-f-]{36}) {2}in session \S+ on box\n/.exec(out) ?? [];
  const answered = await holdfast(home, ['answer', id.slice(0, 13), '1']);
  assert.equal(answered.out, 'Answered: Allow.\n', answered.err);
  assert.deepEqual((await there.call('permission.list', {})).permissions, []);
  assert.match((await holdfast(home, ['sessions'])).out, /Far +(?:idle|working) +demo/);
  assert.match((await holdfast(home, ['mailbox', 'list'])).out, /^person@box +person/m);
  await box.stop();
  await whenPeer(here, 'box', 'disconnected');
  assert.match((await holdfast(home, ['sessions'])).out, /Far +\w+ \(box is offline\) +demo/);
  assert.equal((await holdfast(home, ['permission', 'list'])).out, 'Nobody asks.\n');
});

it('a task survives that either gateway is killed while it runs', async () => {
  await using both = await pair();
  const { laptop, box, here } = both;
  await here.call('task.delegate', { peer: 'box', prompt: 'slow 60 50' });
  await taskWhen(here, ['running']);
  await laptop.kill9();
  await laptop.start();
  const again = await laptop.connect();
  const done = await taskWhen(again, ['completed']);
  assert.match(done.result ?? '', /^s0 s1 /);
  // The one that runs it: a prompt that was handed over is never run twice by itself.
  await again.call('task.delegate', { peer: 'box', prompt: 'slow 600 50' });
  const { sessionId: running } = await taskWhen(again, ['running']);
  await waitFor('the agent to have it', async () => {
    const { messages } = await again.call('session.history', { peer: 'box', sessionId: running ?? '' });
    return messages.some(({ type }) => type === 'partial' || type === 'text');
  });
  await box.kill9();
  await box.start();
  const waiting = await taskWhen(again, ['waiting']);
  assert.match(waiting.error ?? '', /decides there/);
  const sessionId = waiting.sessionId ?? '';
  const { prompts } = await again.call('queue.list', { peer: 'box', sessionId });
  assert.deepEqual(
    prompts.map(({ state }) => state),
    ['uncertain'],
  );
  await again.call('task.stop', { taskId: waiting.taskId });
  await taskWhen(again, ['stopped']);
});

it('what a peer has told of its sessions is known after a restart, while that is away', async () => {
  await using both = await pair();
  const { laptop, box, there, here } = both;
  await there.call('session.create', { path: newFolder('work'), agent: 'demo', title: 'Far' });
  const titles = async (client: TestClient): Promise<string[]> =>
    (await client.call('session.list', {})).sessions.map(({ title, peer }) => `${title} ${peer}`);
  await waitFor('the session', async () => (await titles(here)).length === 1);
  await box.stop();
  await laptop.restart();
  const again = await laptop.connect();
  assert.deepEqual(await titles(again), ['Far box']);
  await again.call('peers.remove', { name: 'box' });
  assert.deepEqual(await titles(again), []);
});

it('a machine that is linked again under another name is called that everywhere, and gets its mail', async () => {
  await using both = await pair();
  const { here, there } = both;
  const { sessionId } = await here.call('session.create', { path: newFolder('work'), agent: 'demo' });
  await here.call('mailbox.create', { name: 'desk' });
  const { code } = await here.call('peers.invite', { address: '127.0.0.1' });
  const peers = async (): Promise<(string | undefined)[]> =>
    (await there.call('session.list', {})).sessions.map(({ peer }) => peer);
  await waitFor('its session', async () => (await peers()).length === 1);
  await there.call('peers.join', { code, name: 'notebook' });
  assert.deepEqual(await peers(), ['notebook']);
  await there.call('mail.send', { to: 'desk@notebook', message: 'are you there?' });
  await waitFor('the mail', async () => {
    const { messages } = await here.call('mail.inbox', { mailbox: 'desk' });
    return messages.length === 1;
  });
  await there.call('session.subscribe', { peer: 'notebook', sessionId });
  const less = await here.call('peers.invite', { address: '127.0.0.1', policy: { see: false } });
  await there.call('peers.join', { code: less.code });
  await waitFor('nobody who follows what may not be seen any more', async () => {
    const { clientConnected } = await here.call('session.queue_stats', { sessionId });
    return !clientConnected && (await peers()).length === 0;
  });
});

it('agents and people are told of a mailbox at a peer by the address that leads there', async () => {
  await using both = await pair();
  const { laptop, here, there } = both;
  await here.call('mailbox.create', { name: 'builder' });
  await there.call('mailbox.create', { name: 'builder' });
  await waitFor('the mailbox of the box', async () => {
    const { mailboxes } = await here.call('mailbox.list', {});
    return mailboxes.filter(({ name }) => String(name) === 'builder').length === 2;
  });
  const params = { name: 'list_agents', arguments: {} };
  const { body } = await ask(laptop.socket, {
    path: '/mcp',
    headers: { Accept: 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
  });
  for (const address of ['builder', 'builder@box', 'person@box']) {
    assert.ok(body.includes(`\\n${address} (`), address);
    assert.ok(body.includes(`"name":"${address}"`), address);
  }
  const { out } = await holdfast(laptop.home, ['bus', 'list', '--all']);
  assert.match(out, /^builder@box /m);
});

it('mail of both sides survives that the other is killed before it answers', async () => {
  await using both = await pair();
  const { box, here, there } = both;
  await there.call('mailbox.create', { name: 'builder' });
  const sending = Array.from({ length: 40 }, (_, n) =>
    here.call('mail.send', { to: 'builder@box', message: `${n}`, client_message_id: `m${n}` }),
  );
  await Promise.all(sending.slice(0, 10));
  await box.kill9();
  await box.start();
  await Promise.all(sending);
  const client = await box.connect();
  const messages = await waitFor('all mail', async () => {
    const found = (await client.call('mail.inbox', { mailbox: 'builder' })).messages;
    return found.length >= 40 ? found : undefined;
  });
  assert.deepEqual(messages.map(({ content }) => Number(content)).toReversed(), [...Array(40).keys()]);
  await client.call('mail.ack', { mailbox: 'builder', ids: messages.map(({ id }) => id) });
  await waitFor('that all was read', async () => {
    const sent = (await here.call('mail.outbox', {})).messages;
    return sent.every(({ receipts }) => receipts[0]?.state === 'read');
  });
});

const LAST_TURN = /"type":"result"[^]*"type":"result"/;

it('the log of a session at a peer is followed over HTTP, whoever is killed meanwhile', async () => {
  await using both = await pair();
  const { laptop, box, here, there } = both;
  const sessionId = await there.newSession();
  const path = `/v1/sessions/${sessionId}/events?peer=box`;
  await there.ask(sessionId, 'slow 4 1');
  using whole = await EventReader.open(laptop.socket, path);
  await whole.until(/"type":"result"/);
  const [half = ''] = whole.ids.slice(-1);
  await box.kill9();
  await box.start();
  await whenPeer(here, 'box', 'connected');
  await (await box.connect()).ask(sessionId, 'echo once more');
  await whole.until(LAST_TURN);
  const { messages } = await here.call('session.history', { sessionId, peer: 'box' });
  const seqs = whole.ids.map((id) => Number(id.split(':')[1]));
  assert.deepEqual(
    seqs,
    [...new Set(seqs)].toSorted((a, b) => a - b),
  );
  assert.deepEqual(
    messages.filter(({ seq }) => !seqs.includes(seq)),
    [],
  );
  // Whoever comes back with the id of the last event is told what came after it.
  using rest = await EventReader.open(laptop.socket, path, { 'Last-Event-ID': half });
  await rest.until(/"type":"result"/);
  // Pieces that were joined meanwhile are not told one by one again.
  const later = whole.ids.slice(whole.ids.indexOf(half) + 1);
  assert.deepEqual(
    rest.ids,
    later.filter((id) => rest.ids.includes(id)),
  );
  assert.equal(rest.ids.at(-1), later.at(-1));
});

it('a log at a peer that cannot be read on is told as a gap and from its start; what cannot be followed is refused', async () => {
  await using both = await pair();
  const { laptop, there } = both;
  const sessionId = await there.newSession();
  await there.ask(sessionId, 'echo hi');
  const path = `/v1/sessions/${sessionId}/events`;
  using anew = await EventReader.open(laptop.socket, `${path}?peer=box&after=0123456789abcdef:3`);
  await anew.until(/"type":"gap"[^]*"type":"prompt"[^]*"type":"result"/);
  const statusOf = async (target: string): Promise<number> => {
    using refused = await EventReader.open(laptop.socket, target);
    return refused.status;
  };
  assert.equal(await statusOf(`${path}?peer=crate`), 404);
  assert.equal(await statusOf(`${path}?peer=../box`), 404);
  assert.equal(await statusOf('/v1/sessions/nobody/events?peer=box'), 404);
  await there.call('peers.policy', { name: 'laptop', see: false });
  assert.equal(await statusOf(`${path}?peer=box`), 403);
});
