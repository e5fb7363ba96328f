// Mail over plain HTTP: a program with nothing but HTTP writes, reads, acknowledges, sends anew and says who it is.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sharedGateway } from '../support/sharedGateway.ts';
import { ask } from '../support/rawHttp.ts';

type Body = Readonly<Record<string, unknown>>;

const gateway = await sharedGateway();
const client = await gateway.connect();
await client.call('mailbox.create', { name: 'bob', topics: ['builds'] });

const exchange = async (
  method: 'GET' | 'POST',
  path: string,
  body?: object | string,
): Promise<[number, Body]> => {
  const text = typeof body === 'object' ? JSON.stringify(body) : (body ?? '');
  const reply = await ask(gateway.socket, { method, path, body: text });
  return [reply.status, JSON.parse(reply.body) as Body];
};
const get = (path: string) => exchange('GET', path);
const post = (path: string, body: object | string) => exchange('POST', path, body);

const messages = async (query: string): Promise<Body[]> => {
  const [status, body] = await get(`/v1/inbox?mailbox=bob&${query}`);
  assert.equal(status, 200);
  return body['messages'] as Body[];
};

describe('mail over HTTP', () => {
  test('is sent, found by what it is about, and acknowledged apart from reading', async () => {
    const [status, sent] = await post('/v1/send', { to: '@builds', message: 'The build is red.' });
    assert.deepEqual([status, sent['status']], [202, 'queued']);
    const events = await post('/v1/send', { to: 'bob', message: 'And the tests.', priority: 'now' });
    assert.equal(events[0], 202);
    const [found] = await messages('topic=builds');
    assert.equal(found?.['content'], 'The build is red.');
    // A second without its fraction is its beginning.
    const second = String(found?.['receivedAt']).replace(/\.\d+Z$/, 'Z');
    assert.equal((await messages(`topic=builds&since=${second}`)).length, 1);
    for (const zone of ['%2B00:00', '+00:00', '%2B14:00'])
      assert.equal((await messages(`topic=builds&since=${second.replace('Z', zone)}`)).length, 1, zone);
    assert.equal((await messages('unread=true')).length, 2);
    const ids = [found?.['id']];
    assert.deepEqual(await post('/v1/inbox/ack', { mailbox: 'bob', ids }), [
      200,
      { ok: true, acknowledged: 1 },
    ]);
    assert.equal((await messages('unread=true')).length, 1);
    assert.equal((await messages('limit=1')).length, 1);
  });

  test('is acknowledged by its ids alone where only one mailbox has it; of several, one has to be named', async () => {
    const [, { broker_message_id: one }] = await post('/v1/send', { to: 'bob', message: 'For one' });
    const [, { broker_message_id: all }] = await post('/v1/send', {
      to: '*',
      message: 'For all',
      from: 'bob',
    });
    const client = await gateway.connect();
    await client.call('mailbox.create', { name: 'cleo' });
    const [, { broker_message_id: two }] = await post('/v1/send', {
      to: '*',
      message: 'For two',
      from: 'person',
    });
    assert.deepEqual(await post('/v1/inbox/ack', { ids: [one, all] }), [200, { ok: true, acknowledged: 2 }]);
    assert.equal((await post('/v1/inbox/ack', { ids: [two] }))[0], 404);
    assert.deepEqual(await post('/v1/inbox/ack?mailbox=cleo', { ids: [two] }), [
      200,
      { ok: true, acknowledged: 1 },
    ]);
    await client.call('mailbox.destroy', { name: 'cleo' });
  });

  test('that waits can be seen and sent anew, with where it was going', async () => {
    const [, sent] = await post('/v1/send', { to: 'bob@away', message: 'Hello', client_message_id: 'first' });
    const [status, again] = await post('/v1/outbox/requeue', { id: sent['broker_message_id'] });
    assert.equal(status, 200);
    const [, { messages: waiting }] = await get('/v1/outbox?status=pending');
    const [mail] = waiting as Body[];
    assert.deepEqual(
      [mail?.['id'], mail?.['to'], mail?.['supersedes']],
      [again['id'], 'bob@away', sent['broker_message_id']],
    );
    for (const id of [sent['broker_message_id'], 'nothing']) {
      assert.equal((await post('/v1/outbox/requeue', { id }))[0], 409);
    }
  });

  test('knows who is there: profiles, gateways and mailboxes', async () => {
    assert.deepEqual(
      await post('/v1/profile', { mailbox: 'bob', status: 'working', summary: 'Mends the build' }),
      [200, { ok: true, applied: ['summary', 'status'] }],
    );
    const [, profile] = await get('/v1/profile?mailbox=bob');
    assert.deepEqual(
      [profile['status'], profile['summary'], profile['title']],
      ['working', 'Mends the build', ''],
    );
    const [status, there] = await get('/v1/peers');
    assert.equal(status, 200);
    assert.deepEqual(there['peers'], []);
    const names = (there['mailboxes'] as Body[]).map(({ name }) => name);
    assert.deepEqual(names, ['bob', 'person']);
  });

  test('says what it is and how it is', async () => {
    const [, version] = await get('/v1/version');
    assert.deepEqual([version['ipc_api'], version['schema_version']], ['v1', 1]);
    const [status, health] = await get('/v1/health');
    assert.deepEqual([status, health['ok']], [200, true]);
  });

  test('that is amiss is answered with a status, and what to do', async () => {
    for (const [status, path, body] of [
      [400, '/v1/send', '{'],
      [400, '/v1/send', { message: 'to nobody' }],
      [400, '/v1/send', { to: 'no such name!', message: 'x' }],
      [400, '/v1/profile', { mailbox: 'bob', status: 'asleep' }],
      [404, '/v1/send', { to: 'nobody', message: 'x' }],
      [404, '/v1/inbox/ack', { mailbox: 'bob', ids: ['nothing'] }],
    ] as const) {
      const [got, { message }] = await post(path, body);
      assert.deepEqual([got, typeof message], [status, 'string'], `${path} ${JSON.stringify(body)}`);
    }
    const big = JSON.stringify({ to: 'bob', message: 'x'.repeat(256 * 1024) });
    assert.equal((await ask(gateway.socket, { path: '/v1/send', body: big })).status, 413);
    for (const [query, words] of [
      ['outbox?status=lost', /status/],
      ['inbox?mailbox=bob&limit=0', /limit: Too small/],
      ['inbox?mailbox=bob&limit=-5', /limit: Too small/],
      ['inbox?mailbox=bob&unread=maybe', /unread/],
    ] as const) {
      const { status, body } = await ask(gateway.socket, { method: 'GET', path: `/v1/${query}` });
      assert.equal(status, 400, query);
      assert.match(body, words);
    }
  });
});
