// WebSockets: whatever arrives on one, the gateway stays up and the others notice nothing.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect as connectSocket, type Socket } from 'node:net';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { WebSocket, type ClientOptions } from 'ws';
import { OWNER } from '../../gateway/rpc/bearer.ts';
import type { Push } from '../../gateway/rpc/caller.ts';
import { WebSocketTransport } from '../../gateway/rpc/websocket.ts';
import { newDispatcher } from '../support/dispatcher.ts';
import { newFolder } from '../support/folders.ts';
import { sharedGateway } from '../support/sharedGateway.ts';
import { waitFor, within } from '../support/waitFor.ts';

const gateway = await sharedGateway();

const LIST = '{"jsonrpc":"2.0","id":1,"method":"session.list"}';

/** What an event told. */
const first = (values: readonly unknown[]): unknown => values[0];

async function open(): Promise<WebSocket> {
  const socket = new WebSocket(`ws+unix:${gateway.socket}:/rpc`, { headers: { Host: 'localhost' } });
  await within('the socket to open', once(socket, 'open'));
  socket.on('error', () => {});
  return socket;
}

async function answerOf(socket: WebSocket, text = LIST): Promise<string> {
  const message = once(socket, 'message');
  socket.send(text);
  return String(first(await within('an answer', message)));
}

const closeCode = async (socket: WebSocket): Promise<number> => {
  return Number(first(await within('the socket to close', once(socket, 'close'))));
};

/** An upgraded connection as bytes. */
async function rawUpgrade(headers: string, path = '/rpc'): Promise<{ socket: Socket; head: string }> {
  const socket = connectSocket(gateway.socket);
  socket.on('error', () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${headers}\r\n`);
  return { socket, head: String(first(await within('a reply', once(socket, 'data')))) };
}

const KEY = 'Host: localhost\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

async function isAlive(): Promise<void> {
  const socket = await open();
  assert.match(await answerOf(socket), /"sessions"/);
  socket.close();
}

test('requests are answered on the socket on which they came', async () => {
  const [one, two] = [await open(), await open()];
  const [first, second] = await Promise.all([
    answerOf(one, LIST.replace('1', '"same id"')),
    answerOf(two, '{"jsonrpc":"2.0","id":"same id","method":"agent.list"}'),
  ]);
  assert.match(first, /"sessions"/);
  assert.match(second, /"agents"/);
  one.close();
  two.close();
});

test('a parse error is answered and the connection stays', async () => {
  const socket = await open();
  assert.match(await answerOf(socket, 'nonsense'), /-32700/);
  assert.match(await answerOf(socket), /"sessions"/);
  socket.close();
});

test('an upgrade to another version of WebSocket is told which one is spoken', async () => {
  const { head } = await rawUpgrade(KEY.replace('13', '12'));
  assert.match(head, /^HTTP\/1\.1 426 [^]*\r\nSec-WebSocket-Version: 13\r\n/);
});

test('bytes that the standard forbids end that connection only, with the code for it', async () => {
  const table: readonly [name: string, bytes: readonly number[], code: number][] = [
    ['garbage', [0xff, 0xff, 0xff, 0xff], 1002],
    ['not masked', [0x81, 0x02, 0x68, 0x69], 1002],
    ['a reserved bit', [0xf1, 0x80, 0, 0, 0, 0], 1002],
    ['not UTF-8', [0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe], 1007],
    ['an endless length', [0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 1009],
  ];
  for (const [name, bytes, code] of table) {
    const { socket } = await rawUpgrade(KEY);
    let said = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => (said = Buffer.concat([said, chunk])));
    socket.write(Buffer.from(bytes));
    await within(`the socket to close after ${name}`, once(socket, 'close'));
    assert.deepEqual([said[0], said.readUInt16BE(2)], [0x88, code], name);
  }
  await isAlive();
});

test('a message of exactly a megabyte is taken and one byte more ends the connection', async () => {
  const socket = await open();
  assert.match(await answerOf(socket, LIST.padEnd(1024 * 1024, ' ')), /"sessions"/);
  socket.send(LIST.padEnd(1024 * 1024 + 1, ' '));
  assert.equal(await closeCode(socket), 1009);
  await isAlive();
});

test('a message in more fragments than anybody needs ends the connection', async () => {
  const socket = await open();
  for (let index = 0; index < 100; index += 1) socket.send(' ', { fin: false });
  assert.equal(await closeCode(socket), 1008);
  await isAlive();
});

test('binary messages are refused', async () => {
  const socket = await open();
  socket.send(Buffer.from(LIST), { binary: true });
  assert.equal(await closeCode(socket), 1003);
});

test('compression is not negotiated', async () => {
  const { head, socket } = await rawUpgrade(`${KEY}Sec-WebSocket-Extensions: permessage-deflate\r\n`);
  assert.match(head, /^HTTP\/1\.1 101/);
  assert.doesNotMatch(head, /deflate/i);
  socket.destroy();
});

test('an upgrade passes the same guard as a request', async () => {
  const refused: readonly [string, string, number][] = [
    ['/other', KEY, 404],
    ['/rpc?token=x', KEY, 404],
    ['/rpc', `${KEY}Origin: https://evil.example\r\n`, 403],
    ['/rpc', `${KEY}Origin: null\r\n`, 403],
    ['/rpc', `${KEY}Sec-Fetch-Site: cross-site\r\n`, 403],
    ['/rpc', KEY.replace('localhost', 'evil.example'), 421],
    ['/rpc', `${KEY}Host: evil.example\r\n`, 400],
    ['/rpc', KEY.replace('13', '12'), 426],
  ];
  for (const [path, headers, status] of refused) {
    const { head, socket } = await rawUpgrade(headers, path);
    assert.match(head, new RegExp(`^HTTP/1\\.1 ${status}`), `${path} ${headers}`);
    assert.doesNotMatch(head, /access-control/i);
    socket.destroy();
  }
});

test('two hundred connections that say nothing cost the others nothing', async () => {
  const silent = Array.from({ length: 200 }, () => connectSocket(gateway.socket));
  await Promise.all(silent.map((socket) => once(socket, 'connect')));
  await isAlive();
  for (const socket of silent) socket.destroy();
});

test('connections that break off in the middle of a frame leave nothing open', async () => {
  const files = (): number => readdirSync(`/proc/${gateway.pid}/fd`).length;
  await isAlive();
  const before = files();
  for (let round = 0; round < 50; round += 1) {
    const { socket } = await rawUpgrade(KEY);
    socket.write(Buffer.from([0x81, 0xfe, 0x10, 0x00, 1, 2, 3, 4, 5]), () => socket.destroy());
  }
  await waitFor('all of them to be gone', () => files() <= before);
  await isAlive();
});

/** A client of a transport in this very process. */
async function openHere(transport: WebSocketTransport, options: ClientOptions = {}): Promise<WebSocket> {
  const server = createServer().on('upgrade', (asked, socket, head) =>
    transport.upgrade(asked, socket, head, OWNER),
  );
  server.unref();
  const file = path.join(newFolder(), 'here.sock');
  await new Promise<void>((resolve) => server.listen(file, resolve));
  const client = new WebSocket(`ws+unix:${file}:/rpc`, options);
  client.on('error', () => {});
  await within('the socket to open', once(client, 'open'));
  return client;
}

test('a client that answers no ping any more is cut', async () => {
  await using transport = new WebSocketTransport(newDispatcher({}).dispatcher, 200);
  const deaf = await openHere(transport, { autoPong: false });
  assert.equal(await closeCode(deaf), 1006);
});

test('a client that answers pings is never cut for them, however many there were', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  await using transport = new WebSocketTransport(newDispatcher({}).dispatcher, 1_000);
  const client = await openHere(transport);
  for (let count = 0; count < 60; count += 1) {
    const pinged = once(client, 'ping');
    t.mock.timers.tick(1_000);
    await within('a ping', pinged);
    // Answered behind the pong.
    assert.match(await answerOf(client, 'nonsense'), /-32700/);
  }
  client.terminate();
});

for (const kind of ['ping', 'pong'] as const) {
  test(`a flood of ${kind}s ends the connection, and says why`, async () => {
    const socket = await open();
    for (let count = 0; count < 40; count += 1) socket[kind]();
    assert.match(await answerOf(socket), /"sessions"/);
    const closed = once(socket, 'close');
    for (let count = 0; count < 1_000; count += 1) socket[kind]('x'.repeat(100));
    const told: unknown[] = await within('the socket to close', closed);
    assert.deepEqual(told.map(String), ['1008', 'too many pings']);
    await isAlive();
  });
}

test('whoever asks and asks and reads no answer is not listened to until it does', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let asked = 0;
  const { dispatcher } = newDispatcher({
    'session.export': () => {
      asked += 1;
      // A handler is trusted to keep to its schema; only the size matters here.
      return { text: 'x'.repeat(100_000) } as never;
    },
  });
  await using transport = new WebSocketTransport(dispatcher, 1_000);
  const client = await openHere(transport);
  client.pause();
  const ask = '{"jsonrpc":"2.0","id":1,"method":"session.export","params":{"sessionId":"s"}}';
  for (let count = 0; count < 500; count += 1) client.send(ask);
  await waitFor('the first answers', () => asked > 0);
  await setImmediate();
  assert.ok(asked < 50, `${asked} answers wait in memory`);
  // Nor is it cut for the pings that it cannot answer meanwhile.
  t.mock.timers.tick(3_000);
  let answers = 0;
  client.on('message', () => (answers += 1));
  client.resume();
  await waitFor('all answers', () => answers === 500);
  client.terminate();
});

test('a client that has read a long answer is not taken for one that reads nothing', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { dispatcher } = newDispatcher({
    // As above.
    'session.export': () => ({ text: 'x'.repeat(5_000_000) }) as never,
  });
  await using transport = new WebSocketTransport(dispatcher, 2 ** 30);
  const client = await openHere(transport);
  const ask = '{"jsonrpc":"2.0","id":1,"method":"session.export","params":{"sessionId":"s"}}';
  assert.equal((await answerOf(client, ask)).length > 5_000_000, true);
  await setImmediate();
  t.mock.timers.tick(90_000);
  assert.match(await answerOf(client, 'nonsense'), /-32700/);
  client.terminate();
});

/** A client that reads nothing, and what the gateway can push to it. */
async function stalledClient(t: TestContext) {
  const { promise: pushed, resolve } = Promise.withResolvers<Push>();
  const { dispatcher } = newDispatcher({
    'session.list': (_params, caller) => {
      resolve(caller.mustPush());
      return { sessions: [] };
    },
  });
  const transport = new WebSocketTransport(dispatcher, 2 ** 30);
  const client = await openHere(transport);
  await answerOf(client);
  t.after(() => client.terminate());
  client.pause();
  return { transport, client, push: await pushed };
}

const FRAME = 'x'.repeat(64 * 1024);

/** Says as much as it is let, at most 100 MB. Answers how much that was. */
function sayAll(push: Push): number {
  let said = FRAME.length;
  while (push.send(FRAME) && said < 100e6) said += FRAME.length;
  return said;
}

test('of what is said to a client that does not read, a megabyte waits; there is more when it has read', async (t) => {
  const { transport, client, push } = await stalledClient(t);
  await using _ = transport;
  const said = sayAll(push);
  assert.ok(said <= 1024 * 1024, `${said} bytes wait`);
  const { promise: drained, resolve } = Promise.withResolvers<void>();
  push.onDrain(resolve);
  client.resume();
  await within('room for more', drained);
});

test('a client that reads nothing of what waits for it is cut', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { transport, push } = await stalledClient(t);
  await using _ = transport;
  while (sayAll(push) > FRAME.length) await setImmediate();
  t.mock.timers.tick(60_000);
  await waitFor('the end of the client', () => transport.clients === 0);
});

test('a client that says nonsense while the gateway ends does not keep it from its end', async () => {
  const transport = new WebSocketTransport(newDispatcher({}).dispatcher);
  const client = await openHere(transport);
  const ended = transport[Symbol.asyncDispose]();
  client.send('not masked', { mask: false });
  await within('the end', ended);
});
