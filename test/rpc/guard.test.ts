// The guard on the Unix socket: what a browser, a confused proxy or an attacker sends does not come in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bearers, OWNER } from '../../gateway/rpc/bearer.ts';
import { ask, sendRaw } from '../support/rawHttp.ts';
import { sharedGateway } from '../support/sharedGateway.ts';

const gateway = await sharedGateway();

const LIST = '{"jsonrpc":"2.0","id":1,"method":"session.list"}';
const MEGABYTE = 1024 * 1024;

const post = (headers: Readonly<Record<string, string>> = {}, body: string | Buffer = LIST) =>
  ask(gateway.socket, { headers, body });

test('a program is let in, with any of the names for this host', async () => {
  for (const host of ['localhost', 'holdfast', '127.0.0.1', '[::1]']) {
    const { status, body } = await post({ Host: host });
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(body), { jsonrpc: '2.0', id: 1, result: { sessions: [] } });
  }
});

test('whatever says that it comes from a web page is refused', async () => {
  const tells = [
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { Origin: 'http://localhost:3000' },
    { Origin: 'vscode-webview://x' },
    { Referer: 'https://evil.example/page' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { 'Sec-Fetch-Site': 'same-origin' },
  ];
  for (const tell of tells) {
    const { status, head } = await post(tell);
    assert.equal(status, 403, JSON.stringify(tell));
    assert.doesNotMatch(head, /access-control/i);
  }
});

test('a token in a URL is refused, and what to do with it is said', async () => {
  for (const query of ['token=abc', 'limit=1&token=abc', 'access_token=abc']) {
    const { status, body } = await ask(gateway.socket, { method: 'GET', path: `/v1/inbox?${query}` });
    assert.equal(status, 400, query);
    assert.match(body, /Authorization: Bearer/);
  }
});

test('a header that programs send too is no reason to refuse', async () => {
  assert.equal((await post({ 'Sec-Fetch-Mode': 'cors' })).status, 200);
});

test('a preflight is refused without any word that a browser could take for consent', async () => {
  const { status, head } = await ask(gateway.socket, {
    method: 'OPTIONS',
    headers: { 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Private-Network': 'true' },
  });
  assert.equal(status, 403);
  assert.doesNotMatch(head, /access-control/i);
});

test('any other host is not served here', async () => {
  const hosts = ['evil.example', 'localhost.', 'localhost:80', '127.1', 'localhost,evil', 'a@localhost'];
  for (const host of hosts) assert.equal((await post({ Host: host })).status, 421, host);
});

test('bytes that two readers could understand differently are refused', async () => {
  const length = `Content-Type: application/json\r\nContent-Length: ${LIST.length}\r\n`;
  const refused = {
    'two hosts': `POST /rpc HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n${length}\r\n${LIST}`,
    'two hosts, the evil one first': `POST /rpc HTTP/1.1\r\nHost: evil\r\nHost: localhost\r\n${length}\r\n${LIST}`,
    'two authorizations': `POST /rpc HTTP/1.1\r\nHost: localhost\r\nAuthorization: a\r\nAuthorization: b\r\n${length}\r\n${LIST}`,
    'no host': `POST /rpc HTTP/1.1\r\n${length}\r\n${LIST}`,
    'an old version without host': `GET /healthz HTTP/1.0\r\n\r\n`,
    'a target with a host in it': `GET http://evil.com/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    'a target that begins with two slashes': `GET //evil/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    'a length and chunks': `POST /rpc HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n${length}\r\n${LIST}`,
    'a blank before the colon': `GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n`,
    'a folded header': `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n c\r\n\r\n`,
    'a NUL in the target': `GET /health\0z HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    'a line of nonsense': `nonsense\r\n\r\n`,
  };
  for (const [name, bytes] of Object.entries(refused)) {
    assert.equal((await sendRaw(gateway.socket, bytes)).status, 400, name);
  }
});

test('after a refusal the connection is closed, and what was sent behind it is not served', async () => {
  const evil = 'GET /healthz HTTP/1.1\r\nHost: evil\r\n\r\n';
  const good = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const { status, head, body } = await sendRaw(gateway.socket, evil + good);
  assert.equal(status, 421);
  assert.match(head, /connection: close/i);
  assert.doesNotMatch(body, /ok/);
});

test('paths are not decoded, and there are no others than those of the contract', async () => {
  for (const path of ['/', '/rpc/', '/RPC', '/%72pc', '/rpc%00', '/../rpc', '/healthz/..', '/v2/rpc']) {
    assert.equal((await ask(gateway.socket, { path, body: LIST })).status, 404, path);
  }
  for (const method of ['GET', 'DELETE', 'TRACE', 'HEAD'])
    assert.equal((await ask(gateway.socket, { method })).status, 405, method);
});

test('what is no request for one of the routes reaches no handler', async () => {
  const head = 'HTTP/1.1\r\nHost: localhost\r\n';
  const refused = {
    CONNECT: `CONNECT localhost:22 ${head}\r\n`,
    'an upgrade to HTTP/2': `GET /healthz ${head}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
    'a body that asks first': `POST /rpc ${head}Expect: 100-continue\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n`,
  };
  for (const [name, bytes] of Object.entries(refused)) {
    const { status, body } = await sendRaw(gateway.socket, bytes);
    assert.ok(status === 100 || status >= 400, `${name}: ${status}`);
    assert.doesNotMatch(body, /200|ok/, name);
  }
});

test('health and readiness answer without JSON-RPC', async () => {
  assert.equal((await ask(gateway.socket, { method: 'GET', path: '/healthz' })).body, 'ok');
  assert.equal((await ask(gateway.socket, { method: 'GET', path: '/readyz' })).body, 'ready');
});

test('HEAD is answered where GET is, without a body, and by a stream without waiting', async () => {
  for (const path of ['/healthz', '/v1/events']) {
    const { status, body } = await ask(gateway.socket, { method: 'HEAD', path });
    assert.deepEqual([status, body], [200, ''], path);
  }
});

test('a body must say that it is JSON, and come as it is', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', '']) {
    assert.equal((await post({ 'Content-Type': type })).status, 415, type);
  }
  assert.equal((await post({ 'Content-Type': 'application/json; charset=utf-8' })).status, 200);
  assert.equal((await post({ 'Content-Encoding': 'gzip' })).status, 415);
  const bent = Buffer.from(LIST.replace('}', ',"x":"\xff"}'), 'latin1');
  assert.match((await post({}, bent)).body, /not UTF-8: nothing was read/);
});

test('a body that announces more than a megabyte is refused before it is read', async () => {
  const { status } = await sendRaw(
    gateway.socket,
    `POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${MEGABYTE + 1}\r\n\r\n`,
  );
  assert.equal(status, 413);
});

test('a body of exactly a megabyte is read', async () => {
  const body = LIST.padEnd(MEGABYTE, ' ');
  assert.equal((await post({}, body)).status, 200);
});

test('chunks without end are cut off with a refusal that says why', async () => {
  const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
  const head =
    'POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
  const { status, body } = await sendRaw(gateway.socket, head, ...Array.from({ length: 40 }, () => chunk));
  assert.equal(status, 413);
  assert.match(body, /at most/);
});

test('headers without end are refused', async () => {
  const headers = Array.from({ length: 3000 }, (_, index) => `X-Header-${index}: value\r\n`).join('');
  const { status } = await sendRaw(
    gateway.socket,
    `GET /healthz HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`,
  );
  assert.equal(status, 431);
});

test('the plain dialect is answered plainly: result or error, also without an id', async () => {
  const listed = await post({}, '{"method":"session.list","params":{}}');
  assert.equal(listed.status, 200);
  assert.deepEqual(JSON.parse(listed.body), { result: { sessions: [] } });
  const { body } = await post({}, '{"method":"session.get","params":{"sessionId":"s1"}}');
  assert.match(body, /^\{"error":\{"code":-32001,.*"problem":"session\.unknown"/);
  for (const nothing of ['{}', '{"method":5}', '{"id":"a","params":{}}'])
    assert.match((await post({}, nothing)).body, /^\{"error":\{"code":-32600,/, nothing);
  const { body: named } = await post({}, '{"id":"a","method":"session.list"}');
  assert.deepEqual(JSON.parse(named), { result: { sessions: [] }, id: 'a' });
});

test('the plain dialect is as careful with nesting as JSON-RPC', async () => {
  const start = performance.now();
  const { body } = await post({}, `{"method":"session.list","params":${'{"a":'.repeat(150_000)}`);
  assert.match(body, /deeper than 64/);
  assert.ok(performance.now() - start < 10_000);
});

test('a connection that has ended is not kept for the day on which its token is revoked', () => {
  const bearers = new Bearers(() => undefined);
  const ended: string[] = [];
  const forget = bearers.opened(OWNER, () => ended.push('gone before'));
  bearers.opened(OWNER, () => ended.push('open'));
  forget();
  bearers.revoked(OWNER.tokenId);
  assert.deepEqual(ended, ['open']);
});

test('whoever asks before sending a body is refused before being told to go on', async () => {
  const head =
    `Content-Type: application/json\r\nContent-Length: ${LIST.length}\r\n` +
    'Expect: 100-continue\r\nConnection: close\r\n\r\n';
  const { status } = await sendRaw(gateway.socket, `POST /rpc HTTP/1.1\r\nHost: evil.example\r\n${head}`);
  assert.equal(status, 421);
  const { head: told } = await sendRaw(
    gateway.socket,
    `POST /rpc HTTP/1.1\r\nHost: localhost\r\n${head}${LIST}`,
  );
  assert.match(told, /^HTTP\/1\.1 100 Continue/);
});

test('errors of JSON-RPC are HTTP 200, and a notification is answered with 204 and nothing', async () => {
  for (const nonsense of ['nonsense', '\ufeff{}']) {
    const { status: told, body: said } = await post({}, nonsense);
    assert.deepEqual([told, /"code":-32700/.test(said)], [200, true], nonsense);
  }
  assert.equal((await post({}, '{"jsonrpc":"2.0","id":1,"method":"no.such"}')).status, 200);
  const { status, body } = await post({}, '{"jsonrpc":"2.0","method":"session.list"}');
  assert.deepEqual([status, body], [204, '']);
});

test('a call that needs a lasting connection says so over plain HTTP', async () => {
  const { body } = await post({}, '{"method":"session.watch","params":{}}');
  assert.match(body, /error.*WebSocket/);
});

test('a connection that sends nothing, or half of its headers or of its body, is closed in a few seconds', async () => {
  const head = 'POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
  const half = {
    nothing: '',
    'half of its headers': head,
    'half of its body': `${head}Content-Length: 10\r\n\r\n{"a`,
  };
  await Promise.all(
    Object.entries(half).map(async ([name, bytes]) => {
      const { status } = await sendRaw(gateway.socket, bytes);
      assert.ok(status === 408 || status === 400, `${name}: ${status}`);
    }),
  );
});
