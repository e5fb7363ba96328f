// The link to the gateway, with real gateways that are started, shared and killed.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Connection } from '../../extension/connection.ts';
import { Problem, SessionId } from '../../gateway/protocol/index.ts';
import type { GatewayClient } from '../../gateway/rpc/connect.ts';
import { waitFor } from '../support/waitFor.ts';
import { link, place } from './gateway.ts';

const LIMIT = { timeout: 60_000 };

test('a window that nobody uses looks for a gateway but starts none', LIMIT, async (t) => {
  const { home, window } = place(t);
  const quiet = window('window quiet');
  const { reason } = await link(quiet, 'offline');
  assert.match(reason, /No gateway runs/);
  assert.equal(existsSync(path.join(home, 'gateway.json')), false);
  await assert.rejects(quiet.call('gateway.info', {}), /Nothing was sent/);
});

test(
  'a gateway that says why it does not start is quoted at once, not after some tries',
  LIMIT,
  async (t) => {
    const { home, window } = place(t);
    writeFileSync(path.join(home, 'config.json'), '{ "agents": 3 }');
    const connection = window('window one');
    const tries = new Set<number>();
    connection.onDidChangeLink((now) => now.state === 'connecting' && tries.add(now.attempt));
    connection.want();
    await waitFor(
      'its words',
      () => connection.link.state === 'offline' && /agents/.test(connection.link.reason),
    );
    assert.deepEqual([...tries], [1]);
  },
);

test('a gateway that is older or newer is named as that, with what helps', LIMIT, async (t) => {
  for (const [theirs, misfit, help] of [
    [0, 'older', /Restart it/],
    [2, 'newer', /Reload the window/],
  ] as const) {
    const versions = { gateway: { min: theirs, max: theirs }, client: { min: 1, max: 1 } };
    const refuse = (): Promise<never> =>
      Promise.reject(new Problem('protocol.version', 'Nothing in common.', versions));
    const connection = new Connection(refuse, { info: () => undefined, warn: () => undefined });
    t.after(() => connection.dispose());
    void connection.run();
    const { reason } = await link(connection, 'offline');
    assert.match(reason, help);
    assert.equal(connection.link.state === 'offline' && connection.link.misfit, misfit);
  }
});

test('the first use starts a gateway, and a second window shares it', LIMIT, async (t) => {
  const { window } = place(t);
  const [one, two] = [window('window one'), window('window two')];
  one.want();
  two.want();
  await Promise.all([link(one, 'connected'), link(two, 'connected')]);
  assert.equal(one.client?.info.pid, two.client?.info.pid);
  assert.notEqual(one.client?.info.clientId, two.client?.info.clientId);
});

test('a killed gateway comes back, and what was listened to is listened to again', LIMIT, async (t) => {
  const { home, window } = place(t);
  const connection = window('window one');
  const greetings: number[] = [];
  connection.onClient(({ info }) => greetings.push(info.pid));
  const heard: string[] = [];
  const { promise: changed, resolve } = Promise.withResolvers<undefined>();
  connection.on('session.changed', ({ session }) => {
    heard.push(session.title);
    if (session.title === 'After') resolve(undefined);
  });
  connection.want();
  await link(connection, 'connected');
  const first = connection.client?.info.pid ?? 0;
  const { sessionId } = await connection.call('session.create', {
    path: home,
    agent: 'demo',
    title: 'Before',
  });

  const lost = link(connection, 'connecting');
  process.kill(first, 'SIGKILL');
  await lost;
  await link(connection, 'connected');
  assert.notEqual(connection.client?.info.pid, first);
  assert.deepEqual(greetings, [first, connection.client?.info.pid]);

  const { sessions } = await connection.call('session.watch', {});
  assert.deepEqual(
    sessions.map(({ title }) => title),
    ['Before'],
  );
  await connection.call('session.rename', { sessionId, title: 'After' });
  await changed;
  assert.equal(heard.at(-1), 'After');
});

test(
  'a prompt sent in the moment of a crash is taken once, by the gateway that comes back',
  LIMIT,
  async (t) => {
    const { home, window } = place(t);
    const connection = window('window one');
    connection.want();
    await link(connection, 'connected');
    const { sessionId } = await connection.call('session.create', { path: home, agent: 'demo' });
    process.kill(connection.client?.info.pid ?? assert.fail('no link'), 'SIGKILL');
    const prompt = { sessionId, promptId: 'prompt-1', message: 'hello' };
    const answer = await connection.callSurely('session.send', prompt, 30_000);
    assert.equal(answer.promptId, 'prompt-1');
    const again = await connection.callSurely('session.send', prompt, 30_000);
    assert.equal(again.promptId, 'prompt-1');
    const { messages } = await connection.call('session.history', { sessionId, limit: 1000 });
    assert.equal(
      messages.filter((event) => event.type === 'queued' || event.type === 'prompt').length <= 2,
      true,
    );
    assert.equal(new Set(messages.flatMap((event) => ('promptId' in event ? [event.promptId] : []))).size, 1);
  },
);

test('a try is given up when a setting chooses another gateway meanwhile', LIMIT, async () => {
  const tries: AbortSignal[] = [];
  const connection = new Connection(
    ({ signal }) => {
      tries.push(signal);
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('dropped'))));
    },
    { info: () => undefined, warn: () => undefined },
  );
  const running = connection.run();
  connection.redial();
  await waitFor('another try', () => tries.length === 2);
  assert.deepEqual(
    tries.map(({ aborted }) => aborted),
    [true, false],
  );
  connection.dispose();
  await running;
});

test('disposed, it ends and lets go', LIMIT, async (t) => {
  const { window } = place(t);
  const connection = window('window one');
  connection.want();
  await link(connection, 'connected');
  const { client } = connection;
  connection.dispose();
  await client?.closed;
  await assert.rejects(connection.whenConnected(1000), /does not answer/);
});

/** A gateway that a test plays itself: what it is asked is told, and it goes when it is told to. */
function played(answer: (method: string, params: unknown) => unknown) {
  const closed = Promise.withResolvers<{ reason: string }>();
  const call = async (method: string, params: unknown): Promise<unknown> => answer(method, params);
  const hangUp = (): void => closed.resolve({ reason: 'it went' });
  const end = async (): Promise<void> => hangUp();
  // What a connection asks of its client.
  const client = {
    info: {},
    call,
    closed: closed.promise,
    [Symbol.asyncDispose]: end,
  } as unknown as GatewayClient;
  return { client, hangUp };
}

const SILENT = { info: () => undefined, warn: () => undefined };
const settled = (): Promise<void> => new Promise(setImmediate);

test('tries come further and further apart, and at once when somebody asks or after a steady link', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  let gateway: ReturnType<typeof played> | undefined;
  let tries = 0;
  const connection = new Connection(async () => {
    tries += 1;
    if (gateway === undefined) throw new Error('nobody answers');
    return gateway.client;
  }, SILENT);
  const running = connection.run();
  const state = (): string => connection.link.state;
  const pauses = async (ms: number): Promise<void> => {
    await settled();
    const before = tries;
    t.mock.timers.tick(ms - 1);
    await settled();
    assert.equal(tries, before, `not sooner than after ${ms} ms`);
    t.mock.timers.tick(1);
    await settled();
    assert.equal(tries, before + 1);
  };
  await settled();
  connection.want();
  await settled();
  assert.equal(tries, 2, 'whoever begins to use it need not wait');
  for (const ms of [200, 500, 1000, 2000, 5000, 5000]) await pauses(ms);
  assert.equal(state(), 'offline');
  connection.retryNow();
  await settled();
  assert.deepEqual([tries, state()], [9, 'connecting']);
  gateway = played(() => undefined);
  await pauses(200);
  assert.equal(state(), 'connected');
  // One that goes at once makes nobody spin.
  gateway.hangUp();
  gateway = played(() => undefined);
  await pauses(500);
  t.mock.timers.tick(5000);
  gateway.hangUp();
  gateway = played(() => undefined);
  await settled();
  assert.deepEqual([tries, state()], [12, 'connected']);
  connection.dispose();
  await running;
});

test('a refusal, or what cannot be sent at all, is told at once; a session is asked for where it lives', async () => {
  const asked: unknown[] = [];
  const gateway = played((method, params) => {
    asked.push(params);
    if (method === 'queue.list') throw new Error('too long');
    if (method !== 'session.get') return {};
    gateway.hangUp();
    throw new Problem('session.unknown', 'No session s1.', {});
  });
  const connection = new Connection(async () => gateway.client, SILENT);
  connection.machineOf = () => 'workstation';
  const running = connection.run();
  const sessionId = SessionId.parse('s1');
  await assert.rejects(connection.callSurely('queue.list', { sessionId }, 30_000), /too long/);
  await assert.rejects(connection.callSurely('session.get', { sessionId }, 30_000), /No session/);
  assert.deepEqual(asked, [
    { sessionId, peer: 'workstation' },
    { sessionId, peer: 'workstation' },
  ]);
  connection.dispose();
  await running;
});
