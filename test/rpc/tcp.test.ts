// TCP on request: the same routes behind the same guard, for whoever has a token, and only as long as it counts.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { finished } from 'node:stream';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { readDiscovery } from '../../gateway/rpc/discovery.ts';
import { holdfast } from '../cli/holdfast.ts';
import { startGateway } from '../support/gateway.ts';
import { sharedGateway } from '../support/sharedGateway.ts';
import { waitFor } from '../support/waitFor.ts';

const gateway = await sharedGateway({ config: { http: { port: 0 } } });
let client = await gateway.connect();

type Headers = Readonly<Record<string, string>>;

const port = (): number => readDiscovery(gateway.home)?.http?.port ?? 0;
const ownToken = (): string => readDiscovery(gateway.home)?.token ?? '';
const bearer = (token: string): Headers => ({ Authorization: `Bearer ${token}` });

async function call(method: string, headers: Headers): Promise<{ status: number; body: string }> {
  const sent = request({
    host: '127.0.0.1',
    port: port(),
    path: '/rpc',
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
  });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  sent.once('response', resolve).once('error', reject);
  sent.end(JSON.stringify({ method }));
  const response = await promise;
  let body = '';
  for await (const chunk of response as AsyncIterable<Buffer>) body += chunk.toString('utf8');
  return { status: response.statusCode ?? 0, body };
}

/** A GET whose answer may go on. */
async function open(target: string, headers: Headers = {}): Promise<IncomingMessage> {
  const sent = request({ host: '127.0.0.1', port: port(), path: target, headers });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  sent.once('response', resolve).once('error', reject);
  sent.end();
  const response = await promise;
  // Cut with the test.
  response.on('error', () => {}).resume();
  return response;
}

test('a gateway that was not asked to listens on no port', async () => {
  await using quiet = await startGateway();
  assert.equal(readDiscovery(quiet.home)?.http, undefined);
  assert.equal(readDiscovery(quiet.home)?.token, undefined);
});

test('the port is open on 127.0.0.1, and at no other address of this machine', async () => {
  const socket = connect({ host: '127.0.0.2', port: port() });
  await assert.rejects(once(socket, 'connect'));
});

test('a port that is asked for now, and that another program has, is named, with what to do', async () => {
  await assert.rejects(
    startGateway({ env: { HOLDFAST_PORT: String(port()) } }),
    new RegExp(`TCP port ${port()} cannot be used: another program has it\\. Choose another`),
  );
});

test('a configured port that another program has keeps nobody from all else, and is served when it is free', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port: taken } = other.address() as AddressInfo;
  await using patient = await startGateway({ config: { http: { port: taken } } });
  await (await patient.connect()).newSession();
  assert.equal(readDiscovery(patient.home)?.http, undefined);
  assert.match(
    (await holdfast(patient.home, ['status'])).out,
    /TCP +port \d+ is not served; it is tried again/,
  );
  const { code, out } = await holdfast(patient.home, ['doctor']);
  assert.deepEqual([code, /MEND +TCP/.test(out)], [1, true]);
  other.close();
  await waitFor('the port to be served', () => readDiscovery(patient.home)?.http?.port === taken);
  assert.doesNotMatch((await holdfast(patient.home, ['status'])).out, /TCP/);
});

test('its own token, in the file that only its user can read, lets in to everything', async () => {
  assert.equal(statSync(path.join(gateway.home, 'gateway.json')).mode & 0o777, 0o600);
  const { status, body } = await call('session.list', bearer(ownToken()));
  assert.equal(status, 200);
  assert.deepEqual(JSON.parse(body), { result: { sessions: [] } });
});

test('no token, a wrong one, half of one, another scheme: nobody comes in', async () => {
  const token = ownToken();
  const wrong: Headers[] = [
    {},
    bearer('wrong'),
    bearer(token.slice(0, -1)),
    bearer(`${token}x`),
    { Authorization: `bearer ${token}` },
    { Authorization: `Bearer  ${token}` },
    { Authorization: `Basic ${token}` },
    { Cookie: `token=${token}` },
  ];
  for (const headers of wrong) {
    const { status, body } = await call('session.list', headers);
    assert.equal(status, 401, JSON.stringify(headers));
    assert.ok(!body.includes('sessions'));
  }
});

test('nor does an upgrade let anybody in without the token', async () => {
  for (const headers of [{}, bearer('wrong'), bearer(`${ownToken()}x`), { Cookie: `token=${ownToken()}` }]) {
    const socket = new WebSocket(`ws://127.0.0.1:${port()}/rpc`, { headers });
    const told: unknown[] = await once(socket, 'error');
    assert.match(String(told[0]), /Unexpected server response: 401/, JSON.stringify(headers));
  }
});

test('the right token does not help a web page, nor a name that only leads here', async () => {
  const token = bearer(ownToken());
  assert.equal((await call('session.list', { ...token, Origin: 'https://evil.example' })).status, 403);
  const hosts = ['evil.example', `127.0.0.1.evil.com:${port()}`, `127.1:${port()}`, '127.0.0.1', 'localhost'];
  for (const host of hosts) {
    assert.equal((await call('session.list', { ...token, Host: host })).status, 421, host);
  }
});

test('a token in an address is refused, also beside a good one, and is written down nowhere', async () => {
  const token = ownToken();
  for (const name of ['token', 'access_token']) {
    for (const headers of [{}, bearer(token)]) {
      const { statusCode } = await open(`/v1/version?${name}=${token}`, headers);
      assert.equal(statusCode, 400);
    }
  }
  assert.ok(!readFileSync(path.join(gateway.home, 'gateway.log'), 'utf8').includes(token));
});

test('whatever a proxy would say of somebody lets nobody in, and changes nothing for who is', async () => {
  const claims = {
    'X-Forwarded-For': '127.0.0.1',
    Forwarded: 'for=127.0.0.1;host=localhost',
    'X-Forwarded-Host': 'localhost',
    'X-Real-IP': '127.0.0.1',
    'Tailscale-User-Login': 'owner@example.com',
  };
  assert.equal((await call('session.list', claims)).status, 401);
  assert.equal((await call('session.list', { ...claims, ...bearer(ownToken()) })).status, 200);
});

test('one token follows 32 logs at a time, and the next when one of them is closed', async () => {
  const { token, tokenId } = await client.call('token.create', { name: 'many' });
  const sessionId = await client.newSession();
  const follow = (by = token) => open(`/v1/sessions/${sessionId}/events`, bearer(by));
  const streams = await Promise.all(Array.from({ length: 32 }, () => follow()));
  assert.deepEqual([...new Set(streams.map(({ statusCode }) => statusCode))], [200]);
  assert.equal((await follow()).statusCode, 429);
  const others = await follow(ownToken());
  assert.equal(others.statusCode, 200);
  others.destroy();
  streams[0]?.destroy();
  const next = await waitFor('a slot', async () => {
    const response = await follow();
    return response.statusCode === 200 ? response : undefined;
  });
  // With the token ends what it let in.
  const ended = [...streams, next].map((stream) => new Promise((resolve) => finished(stream, resolve)));
  await client.call('token.revoke', { tokenId });
  await Promise.all(ended);
  await client.call('session.destroy', { sessionId });
});

test('the port takes so many connections and no more, and the socket takes others all the same', async () => {
  await using crowded = await startGateway({ config: { http: { port: 0 } } });
  const { http, token = '' } = readDiscovery(crowded.home) ?? {};
  const url = `ws://127.0.0.1:${http?.port}/rpc`;
  const sockets = Array.from({ length: 300 }, () => new WebSocket(url, { headers: bearer(token) }));
  const opened = await Promise.allSettled(sockets.map((socket) => once(socket, 'open')));
  assert.equal(opened.filter(({ status }) => status === 'fulfilled').length, 256);
  const other = await crowded.connect();
  assert.deepEqual((await other.call('session.list', {})).sessions, []);
  for (const socket of sockets) socket.terminate();
});

test('guessing gets no faster than twenty tries a second', async () => {
  const answers = await Promise.all(Array.from({ length: 60 }, () => call('session.list', bearer('guess'))));
  const statuses = answers.map(({ status }) => status);
  assert.ok(statuses.includes(429), statuses.join(' '));
  // The socket is not in question.
  assert.equal((await client.call('session.list', {})).sessions.length, 0);
});

test('a token to read reads, and changes nothing', async () => {
  const { token, tokenId } = await client.call('token.create', { name: 'dashboard' });
  await letIn(token);
  const { body } = await call('gateway.stop', bearer(token));
  assert.match(body, /may read only/);
  const { tokens } = await client.call('token.list', {});
  assert.deepEqual(
    tokens.map(({ name, scope }) => `${name} ${scope}`),
    ['dashboard read'],
  );
  assert.ok(!JSON.stringify(tokens).includes(token));
  await client.call('token.revoke', { tokenId });
  assert.equal((await call('session.list', bearer(token))).status, 401);
  await assert.rejects(client.call('token.revoke', { tokenId }), /No token/);
});

test('a token that is revoked or rotated ends what it let in', async () => {
  const { token, tokenId } = await client.call('token.create', { name: 'phone', scope: 'operator' });
  const own = ownToken();
  await letIn(own);
  const sockets = [token, own].map(
    (one) => new WebSocket(`ws://127.0.0.1:${port()}/rpc`, { headers: bearer(one) }),
  );
  await Promise.all(sockets.map((socket) => once(socket, 'open')));
  const [phoneGone, ownGone] = sockets.map((socket) => once(socket, 'close'));
  await client.call('token.revoke', { tokenId });
  await phoneGone;
  await client.call('token.rotate', {});
  await ownGone;
  assert.notEqual(ownToken(), own);
  assert.equal((await call('session.list', bearer(own))).status, 401);
  await letIn(ownToken());
});

test('tokens live over a restart, the one of gateway.json does not', async () => {
  const { token } = await client.call('token.create', { name: 'nightly' });
  const own = ownToken();
  await gateway.restart();
  client = await gateway.connect();
  await letIn(token);
  assert.equal((await call('session.list', bearer(own))).status, 401);
});

/** After wrong tokens nobody is let in for the rest of that second: it is asked again until it has passed. */
async function letIn(token: string): Promise<void> {
  for (const end = performance.now() + 5_000; ;) {
    const { status } = await call('session.list', bearer(token));
    if (status !== 429 || performance.now() > end) return assert.equal(status, 200);
  }
}
