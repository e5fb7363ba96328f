// JSON-RPC as the standard says, behind a door that what is malformed, too deep, too many or unknown cannot pass.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  methods,
  Problem,
  problems,
  RPC,
  type MethodName,
  type TokenScope,
} from '../../gateway/protocol/index.ts';
import { mayCall } from '../../gateway/rpc/bearer.ts';
import { newDispatcher, request } from '../support/dispatcher.ts';

const calls: string[] = [];
const dispatcher = newDispatcher({
  'session.list': () => {
    calls.push('session.list');
    return { sessions: [] };
  },
  'gateway.stop': () => ({ ok: true }),
  'session.get': ({ sessionId }) => {
    throw new Problem('session.unknown', `No session ${sessionId}.`, { sessionId });
  },
  'agent.list': () => {
    throw new Error('ENOENT: /home/someone/.secret-token');
  },
});
const { one, all, text } = dispatcher;

test('a request is answered under its id, which may be a string, a whole number or null', async () => {
  for (const id of [1, 0, -7, 2 ** 53 - 1, 'abc', '', 'x'.repeat(64), null]) {
    const answer = await one(request('session.list', {}, id));
    assert.deepEqual(answer, { jsonrpc: '2.0', id, result: { sessions: [] } }, String(id));
  }
});

test('an id whose request is still being worked on is refused until that one is answered', async () => {
  const { promise, resolve } = Promise.withResolvers<{ ok: true }>();
  const slow = newDispatcher({ 'gateway.stop': () => promise, 'session.list': () => ({ sessions: [] }) });
  const first = slow.one(request('gateway.stop', {}, 7));
  assert.equal((await slow.one(request('session.list', {}, 7))).error?.code, -32600);
  assert.deepEqual((await slow.one(request('session.list', {}, '7'))).result, { sessions: [] });
  resolve({ ok: true });
  assert.deepEqual((await first).result, { ok: true });
  assert.deepEqual((await slow.one(request('session.list', {}, 7))).result, { sessions: [] });
});

test('an id that could not be given back exactly is refused', async () => {
  const ids = ['{}', '[]', '1e400', '9007199254740993', '1.5', 'true', `"${'x'.repeat(65)}"`];
  for (const id of ids) {
    const answer = await one(`{"jsonrpc":"2.0","id":${id},"method":"session.list"}`);
    assert.equal(answer.error?.code, -32600, id);
    assert.equal(answer.id, null);
  }
});

test('these calls, and no others, are open to a token that may read, and to that of an agent', () => {
  const open = (scope: TokenScope): Set<string> =>
    new Set(Object.keys(methods).filter((name) => mayCall({ scope }, methods[name as MethodName].access)));
  const words = (...lines: readonly string[]): Set<string> => new Set(lines.join(' ').split(' '));
  assert.deepEqual(
    open('agent'),
    words('mail.send mail.inbox mail.receive mail.ack mailbox.list profile.get profile.set'),
  );
  const reading = words(
    'session.list session.get session.watch session.unwatch session.queue_stats session.search session.export',
    'session.offers session.subscribe session.unsubscribe session.reconnect session.history queue.list permission.list',
    'agent.list task.list client.hello client.presence gateway.info health.check rpc.discover monitor.sessions',
    'mail.inbox mail.outbox mail.watch mail.unwatch mail.threads mail.thread mailbox.list profile.get',
    'peers.list peers.watch peers.unwatch',
  );
  assert.deepEqual(open('read'), reading);
});

test('no two problems share a code, but for those that are bad parameters', () => {
  const codes = Object.values(problems).flatMap(({ code }) => (code === RPC.invalidParams ? [] : [code]));
  assert.deepEqual(
    codes.filter((code, index) => codes.indexOf(code) !== index),
    [],
  );
});

test('parameters may be left out where none are needed', async () => {
  assert.deepEqual((await one(request('session.list'))).result, { sessions: [] });
});

test('a notification is carried out and never answered, not even with an error', async () => {
  calls.length = 0;
  assert.equal(await text('{"jsonrpc":"2.0","method":"session.list"}'), undefined);
  assert.deepEqual(calls, ['session.list']);
  assert.equal(await text('{"jsonrpc":"2.0","method":"session.get","params":{"sessionId":"s1"}}'), undefined);
  assert.equal(await text('{"jsonrpc":"2.0","method":"no.such"}'), undefined);
});

test('no parameters may be an empty list; a list of some is refused, since they are told by their names', async () => {
  const listed = await one({ jsonrpc: '2.0', id: 1, method: 'session.list', params: [] });
  assert.deepEqual(listed.result, { sessions: [] });
  const got = await one({ jsonrpc: '2.0', id: 1, method: 'session.get', params: ['s1'] });
  assert.equal(got.error?.code, -32602);
});

test('a batch is answered as a batch, without its notifications', async () => {
  const answers = await all([
    request('session.list', {}, 1),
    { jsonrpc: '2.0', method: 'session.list' },
    request('session.get', { sessionId: 's1' }, 2),
    'nonsense',
    request('session.list', {}, 3),
  ]);
  assert.deepEqual(
    answers.map(({ id, error }) => [id, error?.code ?? 'ok']),
    [
      [1, 'ok'],
      [2, -32001],
      [null, -32600],
      [3, 'ok'],
    ],
  );
});

test('a batch of notifications is answered with nothing', async () => {
  assert.equal(await text('[{"jsonrpc":"2.0","method":"session.list"}]'), undefined);
});

test('a batch holds 1 to 32 requests; nothing of a larger one is carried out', async () => {
  assert.equal((await one('[]')).error?.code, -32600);
  const full = Array.from({ length: 32 }, (_, id) => request('session.list', {}, id));
  assert.equal((await all(full)).length, 32);
  calls.length = 0;
  const refused = await one([...full, request('session.list', {}, 32)]);
  assert.equal(refused.error?.code, -32600);
  assert.deepEqual(calls, []);
});

test('a batch within a batch is refused in its place', async () => {
  const [answer] = await all([[request('session.list')]]);
  assert.equal(answer?.error?.code, -32600);
});

test('what is not JSON is a parse error', async () => {
  const texts = ['', '{', '"', 'nonsense', '\ufeff{}', '{"jsonrpc":"2.0","id":NaN}', '{} trailing', '[1,]'];
  for (const sent of texts) {
    const answer = await one(sent);
    assert.equal(answer.error?.code, -32700, sent);
    assert.equal(answer.id, null);
  }
});

test('JSON that is no request is an invalid request', async () => {
  for (const sent of ['{}', '5', 'null', '"text"', '{"jsonrpc":"1.0","id":1,"method":"session.list"}']) {
    assert.equal((await one(sent)).error?.code, -32600, sent);
  }
  for (const method of [5, null, {}, 'x'.repeat(10_000)]) {
    assert.equal((await one(request(method))).error?.code, -32600);
  }
  for (const params of ['text', 5, true, null]) {
    const { id, error } = await one(request('session.list', params));
    assert.deepEqual([id, error?.code], [1, -32600]);
    assert.equal(error?.message, 'Not a JSON-RPC 2.0 request: params: must be an object, or left out');
  }
});

test('a megabyte of open brackets is refused before it is parsed, in no time', async () => {
  for (const sent of [
    '['.repeat(1_000_000),
    '{"a":'.repeat(200_000),
    `[${'['.repeat(64)}${']'.repeat(65)}`,
  ]) {
    let best = Infinity;
    // The best of a few: the machine may be busy with something else.
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const start = performance.now();
      const answer = await one(sent);
      best = Math.min(best, performance.now() - start);
      assert.equal(answer.error?.code, -32600);
      assert.match(answer.error.message, /deeper than 64/);
    }
    assert.ok(best < 20, `${best} ms`);
  }
});

test('brackets in text do not count as nesting', async () => {
  const answer = await one(request('session.get', { sessionId: '['.repeat(200) }));
  assert.equal(answer.error?.code, -32602);
});

test('a method that does not exist is not found, whatever objects inherit', async () => {
  const names = ['no.such', 'constructor', '__proto__', 'toString', 'hasOwnProperty', 'session.list ', ''];
  for (const name of names) assert.equal((await one(request(name))).error?.code, -32601, name);
});

test('parameters that are wrong, missing, extra or by position are named as such', async () => {
  const table = [
    [{ sessionId: 5 }, /sessionId/],
    [{}, /sessionId: is missing$/],
    [{ sessionId: 's1', approved: true }, /approved/],
    [{ sessionId: 's1', scopes: ['admin'] }, /scopes/],
    [['s1'], /session\.get/],
    [{ sessionId: '../../x' }, /ASCII/],
    [{ sessionId: 'a\0b' }, /ASCII/],
    [{ sessionId: 'x'.repeat(129) }, /ASCII/],
    [{ sessionId: 'İstanbul' }, /ASCII/],
    [{ sessionId: '\ud800' }, /ASCII/],
  ] as const;
  for (const [params, words] of table) {
    const { error } = await one(request('session.get', params));
    assert.equal(error?.code, -32602, JSON.stringify(params));
    assert.match(error.message, words);
  }
});

test('a request with seventy thousand members too many is refused at once, in few words', async () => {
  const many = Object.fromEntries(Array.from({ length: 70_000 }, (_, index) => [`k${index}`, 0]));
  const start = process.cpuUsage();
  const { error } = await one(request('session.list', many));
  const { user } = process.cpuUsage(start);
  assert.equal(error?.code, -32602);
  assert.ok(error.message.length < 1_100, `${error.message.length} characters`);
  assert.ok(user < 2_000_000, `${user} µs`);
});

test('parameters that reach for the prototype of all objects are refused and change nothing', async () => {
  for (const params of ['{"__proto__":{"admin":true}}', '{"constructor":{"prototype":{"admin":true}}}']) {
    const { error } = await one(`{"jsonrpc":"2.0","id":1,"method":"session.list","params":${params}}`);
    assert.equal(error?.code, -32602, params);
    assert.equal(Reflect.get({}, 'admin'), undefined);
  }
});

test('text that is not well-formed Unicode is refused where it would be stored', async () => {
  const half = 'half a pair: \ud800';
  const table = {
    'session.send': { sessionId: 's1', message: half },
    'session.rename': { sessionId: 's1', title: half },
    'session.create': { path: '/', title: half },
    'token.create': { name: half },
  };
  for (const [method, params] of Object.entries(table)) {
    const { error } = await one(request(method, params));
    assert.equal(error?.code, -32602, method);
    assert.match(error.message, /well-formed/);
  }
});

test('what would be repeated in every list, or in an error, is of a length that can be', async () => {
  const long = 'x'.repeat(40_000);
  for (const params of [{ path: long }, { path: '/', model: long }, { path: '/', title: long }]) {
    const { error } = await one(request('session.create', params));
    assert.equal(error?.code, -32602);
    assert.match(error.message, /Too big/);
    assert.ok(error.message.length < 200);
  }
});

test('a message of a wrong kind is told what a message is', async () => {
  for (const message of [5, null, [{ type: 'text' }], [{ type: 'video', text: 'x' }], undefined]) {
    const { error } = await one(request('session.send', { sessionId: 's1', message }));
    assert.equal(error?.code, -32602);
    assert.match(error.message, /^session\.send: message: must be text, or a list of content blocks/);
  }
});

test('a problem crosses the wire as itself: its code, its words, its name and its data', async () => {
  const { error } = await one(request('session.get', { sessionId: 's1' }));
  assert.deepEqual(error, {
    code: -32001,
    message: 'No session s1.',
    data: { problem: 'session.unknown', sessionId: 's1' },
  });
});

test('a bug is told as an id only; its details go to the one who logs', async () => {
  dispatcher.bugs.length = 0;
  const answer = await one(request('agent.list'));
  assert.equal(answer.error?.code, -32603);
  const [bug] = dispatcher.bugs;
  assert.equal(answer.error.data?.['errorId'], bug?.errorId);
  assert.equal(bug?.method, 'agent.list');
  assert.match(String(bug.error), /secret-token/);
  assert.doesNotMatch(JSON.stringify(answer), /secret|home/);
});
