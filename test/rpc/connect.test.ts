// The door for clients: many start at once and all get in; who does not answer is named.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { MIGRATIONS } from '../../gateway/store/schema.ts';
import { DatabaseSync } from 'node:sqlite';
import { connect, NoGatewayError, type GatewayClient } from '../../gateway/rpc/connect.ts';
import { readDiscovery } from '../../gateway/rpc/discovery.ts';
import { newFolder } from '../support/folders.ts';
import { MAIN, startGateway } from '../support/gateway.ts';
import { ask } from '../support/rawHttp.ts';
import { waitFor } from '../support/waitFor.ts';

const start = { command: process.execPath, args: [MAIN, 'up', '--foreground'] };

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

/** Ends the gateway that was started on demand, and waits until it is gone. */
async function stop(client: GatewayClient): Promise<void> {
  await client.call('gateway.stop', {});
  await client.closed;
  await waitFor('the gateway to end', () => isGone(client.info.pid));
}

test('without a gateway, and without leave to start one, the message says how', async () => {
  await assert.rejects(
    connect({ home: newFolder(), name: 'a test' }),
    (error: unknown) => error instanceof NoGatewayError && /holdfast up/.test(error.message),
  );
});

test('fifty clients that start a gateway at once all reach the same one', async () => {
  const home = newFolder();
  const starters = Array.from({ length: 50 }, (_, index) =>
    connect({ home, name: `window ${index}`, start }),
  );
  const clients = await Promise.all(starters);
  assert.equal(new Set(clients.map(({ info }) => info.instanceId)).size, 1);
  assert.equal(new Set(clients.map(({ info }) => info.clientId)).size, 50);
  const [first, ...others] = clients;
  assert.ok(first !== undefined);
  await Promise.all(others.map((client) => client[Symbol.asyncDispose]()));
  await stop(first);
});

test('a gateway that was just told to end makes room for the next', async () => {
  const home = newFolder();
  const first = await connect({ home, name: 'a test', start });
  await first.call('gateway.stop', {});
  const second = await connect({ home, name: 'a test', start });
  const last = second.info.pid === first.info.pid ? await reconnected(second, home) : second;
  assert.notEqual(last.info.pid, first.info.pid);
  await stop(last);
});

/** It was still there when we came; now it goes. */
async function reconnected(client: GatewayClient, home: string): Promise<GatewayClient> {
  await client.closed;
  return connect({ home, name: 'a test', start });
}

test('a gateway that is stopped in its tracks is named, with what to do', async () => {
  await using gateway = await startGateway();
  const { pid } = gateway;
  process.kill(pid, 'SIGSTOP');
  try {
    await assert.rejects(connect({ home: gateway.home, name: 'a test', start }), (error: unknown) => {
      assert.ok(error instanceof NoGatewayError);
      assert.match(error.message, new RegExp(`process ${pid}.*does not answer.*kill ${pid}`, 's'));
      return true;
    });
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  const client = await gateway.connect();
  assert.equal(client.link.info.pid, pid);
});

test('why a gateway does not start is said in its own words', async () => {
  const home = newFolder();
  const database = new DatabaseSync(path.join(home, 'holdfast.db'));
  database.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  database.close();
  const before = readFileSync(path.join(home, 'holdfast.db'));
  await assert.rejects(connect({ home, name: 'a test', start }), /written by a newer Holdfast.*Update/s);
  assert.deepEqual(readFileSync(path.join(home, 'holdfast.db')), before);
});

test('what one that died has left does not keep a client from starting a gateway, which gets nothing of the editor', async (t) => {
  process.env['VSCODE_IPC_HOOK'] = 'of an editor';
  t.after(() => delete process.env['VSCODE_IPC_HOOK']);
  const home = newFolder();
  const lost = { schema: 1, pid: 999_999_9, instanceId: 'x', version: '0', protocol: { min: 1, max: 1 } };
  writeFileSync(path.join(home, 'gateway.json'), JSON.stringify({ ...lost, socket: path.join(home, 'no') }));
  const turn = path.join(home, 'starting');
  writeFileSync(turn, '');
  utimesSync(turn, 1, 1);
  const client = await connect({ home, name: 'a test', start });
  assert.ok(!existsSync(turn), 'the next start would wait for it');
  if (process.platform === 'linux')
    assert.doesNotMatch(readFileSync(`/proc/${client.info.pid}/environ`, 'utf8'), /VSCODE_/);
  assert.equal(readDiscovery(home)?.instanceId, client.info.instanceId);
  await stop(client);
});

test('a state folder may be called anything, as "Application Support" on macOS shows', async () => {
  const home = path.join(newFolder(), 'Application Support ü:#%20?');
  const client = await connect({ home, name: 'a test', start });
  assert.equal(path.dirname(path.dirname(readDiscovery(home)?.socket ?? '')), home);
  await stop(client);
});

test('an editor that puts an agent of its own in front of every request to a host, as VS Code does, is linked', async (t) => {
  await using gateway = await startGateway();
  const { request } = http;
  t.after(() => void (http.request = request));
  const patched = (options: http.RequestOptions): http.ClientRequest =>
    request(options.socketPath === undefined ? { ...options, agent: new http.Agent() } : options);
  // `ws` calls it with nothing but options.
  http.request = patched as typeof request;
  await using client = await connect({ home: gateway.home, name: 'a test' });
  assert.equal(client.info.home, gateway.home);
});

test('a client whose hello is refused leaves no connection behind', async () => {
  await using gateway = await startGateway();
  const clients = async () => /^holdfast_clients \d+$/m.exec((await ask(gateway.socket, metrics)).body)?.[0];
  const before = await clients();
  await assert.rejects(connect({ home: gateway.home, name: 'x'.repeat(81) }), /name/);
  await waitFor('the client to be gone', async () => (await clients()) === before);
});

const metrics = { method: 'GET', path: '/metrics' };

test('a client keeps its id over reconnects, and one of another protocol is told which side to update', async () => {
  await using gateway = await startGateway();
  const first = await gateway.connect();
  const again = await gateway.connect('a test', first.link.info.clientId);
  assert.equal(again.link.info.clientId, first.link.info.clientId);
  await assert.rejects(
    first.call('client.hello', { name: 'from the future', protocol: { min: 7, max: 9 } }),
    /speaks protocol 7 to 9, the gateway 1 to 1\. Update the gateway/,
  );
  await assert.rejects(
    first.call('client.hello', { name: 'from the past', protocol: { min: 0, max: 0 } }),
    /speaks protocol 0 to 0, the gateway 1 to 1\. Update the client/,
  );
});

test('what the gateway would hang up on is refused before it is sent, and the link stays', async () => {
  await using gateway = await startGateway();
  const client = await gateway.connect();
  const { sessionId } = await client.call('session.create', { path: newFolder(), agent: 'demo' });
  const long = client.call('session.send', { sessionId, message: '光'.repeat(400_000) });
  await assert.rejects(long, /at most 1048576 bytes.*Put a long text into a file/);
  assert.equal((await client.call('session.get', { sessionId })).queued, 0);
});
