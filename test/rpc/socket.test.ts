// The socket and gateway.json: where they are, who may use them, and what happens when something is in the way.
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { once } from 'node:events';
import { readDiscovery } from '../../gateway/rpc/discovery.ts';
import { readConfig } from '../../gateway/config.ts';
import { listenOnSocket } from '../../gateway/rpc/listen.ts';
import { configFile, MAX_SOCKET_PATH, socketPath, stateFolder } from '../../gateway/rpc/paths.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';

test('socket, discovery file and folders are for their owner only, and gone after a clean end', async () => {
  await using gateway = await startGateway();
  const { home, socket } = gateway;
  assert.equal(socket, path.join(home, 'run', 'gateway.sock'));
  assert.ok(statSync(socket).isSocket());
  for (const file of [socket, path.join(home, 'gateway.json'), path.join(home, 'run'), home]) {
    assert.equal(statSync(file).mode & 0o077, 0, file);
  }
  assert.equal(await gateway.stop(), 0);
  assert.deepEqual(readdirSync(path.join(home, 'run')), []);
  assert.equal(existsSync(path.join(home, 'gateway.json')), false);
});

test('the discovery file says what a client needs to know', async () => {
  await using gateway = await startGateway();
  const found = readDiscovery(gateway.home);
  const client = await gateway.connect();
  assert.equal(found?.schema, 1);
  assert.equal(found.pid, client.link.info.pid);
  assert.equal(found.instanceId, client.link.info.instanceId);
  assert.deepEqual(found.protocol, { min: 1, max: 1 });
});

test('after kill -9 the socket and the discovery file of the dead gateway are replaced', async () => {
  await using gateway = await startGateway();
  const first = readDiscovery(gateway.home);
  await gateway.kill9();
  assert.ok(existsSync(gateway.socket), 'what is to be replaced');
  await gateway.start();
  assert.notEqual(readDiscovery(gateway.home)?.instanceId, first?.instanceId);
  const client = await gateway.connect();
  assert.deepEqual(await client.call('session.list', {}), { sessions: [] });
});

test('a socket that an earlier gateway with this very pid has left before it got its name is replaced', async () => {
  const folder = newFolder('run');
  const left = path.join(folder, `g.${process.pid}`);
  const dead = createServer();
  dead.listen(`${left}.dead`);
  await once(dead, 'listening');
  renameSync(`${left}.dead`, left);
  dead.close();
  const socket = path.join(folder, 'gateway.sock');
  await using _listening = await listenOnSocket(createServer(), socket);
  assert.deepEqual(readdirSync(folder), ['gateway.sock']);
});

test('a state folder with a long path gets its socket in a short one', async () => {
  const home = path.join(newFolder('long'), 'x'.repeat(100));
  mkdirSync(home, { mode: 0o700 });
  await using gateway = await startGateway({ home });
  assert.ok(Buffer.byteLength(gateway.socket) <= MAX_SOCKET_PATH);
  assert.equal(statSync(path.dirname(gateway.socket)).mode & 0o077, 0);
  const client = await gateway.connect();
  assert.equal(client.link.info.home, home);
});

test('the short folder is the runtime folder where there is one, and differs for every state folder', () => {
  const env = { XDG_RUNTIME_DIR: '/run/user/1000', HOLDFAST_HOME: 'set' };
  const [one, two] = [`/home/${'a'.repeat(90)}`, `/home/${'b'.repeat(90)}`].map((home) =>
    socketPath(home, env),
  );
  assert.match(one ?? '', /^\/run\/user\/1000\/holdfast-[0-9a-f]{12}\/gateway\.sock$/);
  assert.notEqual(one, two);
  assert.equal(socketPath('/home/me/state', env), '/home/me/state/run/gateway.sock');
  assert.ok(socketPath(`/home/${'a'.repeat(90)}`, {}).startsWith(tmpdir()));
});

test('folders that the environment names by a relative path, or by none, do not count', () => {
  const usual = [configFile({}), stateFolder({}), socketPath('/home/me/state', {})];
  for (const folder of ['', 'somewhere', './somewhere']) {
    const env = { XDG_CONFIG_HOME: folder, XDG_STATE_HOME: folder, XDG_RUNTIME_DIR: folder };
    assert.deepEqual([configFile(env), stateFolder(env), socketPath('/home/me/state', env)], usual);
  }
  assert.equal(configFile({ XDG_CONFIG_HOME: '/etc/me' }), '/etc/me/holdfast/config.json');
});

test('what is in the way of the socket and is none is left alone, with words that say what to do', async () => {
  const home = newFolder();
  const file = path.join(home, 'run', 'gateway.sock');
  mkdirSync(path.dirname(file), { mode: 0o700 });
  writeFileSync(file, 'precious');
  await assert.rejects(startGateway({ home }), /gateway\.sock is in the way and is no socket\. Move it away/);
  assert.equal(readFileSync(file, 'utf8'), 'precious');
});

test('a symbolic link in the way of the socket is not followed', async () => {
  const home = newFolder();
  const target = path.join(home, 'elsewhere');
  mkdirSync(path.join(home, 'run'), { mode: 0o700 });
  symlinkSync(target, path.join(home, 'run', 'gateway.sock'));
  await using gateway = await startGateway({ home });
  assert.equal(existsSync(target), false);
  assert.ok(statSync(gateway.socket).isSocket());
});

test("a socket that is somebody else's by now is not removed at the end", async () => {
  await using gateway = await startGateway();
  const { socket } = gateway;
  const other = createServer();
  other.listen(`${socket}.other`);
  await once(other, 'listening');
  renameSync(`${socket}.other`, socket);
  await gateway.stop();
  assert.ok(existsSync(socket));
  other.close();
});

test('a state folder that others may write into is refused, with the command that mends it', async () => {
  const home = newFolder();
  for (const mode of [0o777, 0o770, 0o722]) {
    chmodSync(home, mode);
    await assert.rejects(startGateway({ home }), /open to other users\. Run: chmod 700/);
    assert.equal(statSync(home).mode & 0o777, mode);
  }
});

test('a state folder that others may only look into, as a plain mkdir makes it, is closed to them', async () => {
  const home = newFolder();
  chmodSync(home, 0o755);
  await using _gateway = await startGateway({ home });
  assert.equal(statSync(home).mode & 0o777, 0o700);
});

test('a discovery file that others may read is replaced by one that they may not', async () => {
  const home = newFolder();
  writeFileSync(path.join(home, 'gateway.json'), '{}', { mode: 0o644 });
  await using gateway = await startGateway({ home });
  assert.equal(statSync(path.join(gateway.home, 'gateway.json')).mode & 0o077, 0);
});

test('a configuration that cannot be read says in which line, and one that is wrong says where', async () => {
  const broken = newFolder();
  writeFileSync(path.join(broken, 'config.json'), '{\n  // fine\n  "agents": nonsense\n}');
  await assert.rejects(startGateway({ home: broken }), /config\.json, line 3: .*Mend it, then start again/s);
  await assert.rejects(startGateway({ config: { logLevel: 'loud' } }), /config\.json: logLevel/);
});

test('a configuration is read as editors of any system write it', () => {
  const file = path.join(newFolder(), 'config.json');
  writeFileSync(file, '\uFEFF{\r\n  "logLevel": "debug",\r\n}\r\n');
  assert.equal(readConfig(file, {}).logLevel, 'debug');
});

test('a name that the configuration does not have is refused, wherever it stands', () => {
  const file = path.join(newFolder(), 'config.json');
  for (const [config, words] of [
    [{ colour: 'red' }, /config\.json: .*"colour"/],
    [{ agents: { mine: { name: 'Mine', command: 'x', argument: [] } } }, /agents\.mine: .*"argument"/],
    [{ http: { port: 0, host: '0.0.0.0' } }, /http: .*"host"/],
    [{ log: { maxEvent: 50 } }, /log: .*"maxEvent"/],
    [{ mail: { tool: true } }, /mail: .*"tool"/],
    [{ peers: { ports: 1 } }, /peers: .*"ports"/],
  ] as const) {
    writeFileSync(file, JSON.stringify(config));
    assert.throws(() => readConfig(file, {}), words);
  }
});

test('a bound that is not set has its default, whichever other is', () => {
  const file = path.join(newFolder(), 'config.json');
  const { maxBytes, maxAgeDays } = readConfig(file, {}).log;
  writeFileSync(file, '{ "log": { "maxEvents": 50 } }');
  assert.deepEqual(readConfig(file, {}).log, { maxEvents: 50, maxBytes, maxAgeDays });
  assert.equal(maxBytes, 256 * 1024 * 1024);
});
