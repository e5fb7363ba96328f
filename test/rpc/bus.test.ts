// The bus: every mailbox is a socket in one folder, and anything that can open a socket can write to it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { MailboxName, type Mailbox } from '../../gateway/protocol/index.ts';
import { MailboxSockets } from '../../gateway/rpc/mailboxSockets.ts';
import { mailboxFolders } from '../../gateway/rpc/paths.ts';
import { codeOf, repliesIn, sayTo } from '../support/bus.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';
import { sharedGateway } from '../support/sharedGateway.ts';
import { waitFor, within } from '../support/waitFor.ts';

const run = promisify(execFile);
const named = (name: string): MailboxName => MailboxName.parse(name);

const gateway = await sharedGateway();
const client = await gateway.connect();

const folder = (): string => path.join(gateway.home, 'run', 'mailboxes');

/** A new mailbox, which has its socket when the call has answered. */
async function create(name: string): Promise<Mailbox & { socket: string }> {
  const made = await client.call('mailbox.create', { name: named(name) });
  assert.ok(made.socket !== undefined && existsSync(made.socket));
  return { ...made, socket: made.socket };
}

/** What has arrived there, oldest first. */
async function arrived(name: string, count: number): Promise<string[]> {
  const messages = await waitFor(`${count} messages in ${name}`, async () => {
    const inbox = await client.call('mail.inbox', { mailbox: named(name), limit: 1000 });
    return inbox.messages.length >= count && inbox.messages;
  });
  return messages.map(({ from, content }) => `${from}: ${content}`).toReversed();
}

test('a mailbox is a socket in one folder, for its owner only', async () => {
  const { socket } = await create('build');
  assert.equal(socket, path.join(folder(), 'build.sock'));
  assert.ok(statSync(socket).isSocket());
  assert.equal(statSync(socket).mode & 0o077, 0);
  assert.equal(statSync(folder()).mode & 0o077, 0);
  assert.ok(readdirSync(folder()).includes('build.sock'), 'listing the folder finds it');
  const { mailboxes } = await client.call('mailbox.list', {});
  assert.equal(mailboxes.find(({ name }) => name === 'build')?.socket, socket);
});

test('a shell script needs nothing but netcat', async () => {
  const { socket } = await create('from-a-shell');
  const script = `printf '{"content": "the build broke", "priority": "now"}\\n' | nc -NU "$1"`;
  const { stdout } = await run('sh', ['-c', script, 'sh', socket]);
  assert.deepEqual(repliesIn(stdout).map(codeOf), ['ok']);
  assert.deepEqual(await arrived('from-a-shell', 1), ['person: the build broke']);
});

test('a Python script needs nothing but its standard library', async () => {
  const { socket } = await create('from-python');
  await create('ci-bot');
  const script = `
import json, socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as bus:
    bus.connect(sys.argv[1])
    lines = bus.makefile("rw", encoding="utf-8", newline="\\n")
    for number in range(3):
        lines.write(json.dumps({"from": "ci-bot", "content": f"step {number} \\u2713", "id": f"step-{number}"}) + "\\n")
        lines.flush()
        answer = json.loads(lines.readline())
        assert answer["ok"] and answer["client_message_id"] == f"step-{number}", answer
    print("done")
`;
  const { stdout } = await run('python3', ['-c', script, socket]);
  assert.equal(stdout, 'done\n');
  assert.deepEqual(await arrived('from-python', 3), [
    'ci-bot: step 0 ✓',
    'ci-bot: step 1 ✓',
    'ci-bot: step 2 ✓',
  ]);
});

test('every line is answered in its place, whatever is wrong with it', async () => {
  const { socket } = await create('strict');
  const replies = await sayTo(
    socket,
    { content: 'good' },
    'no json\n',
    '{"content": 5}\n',
    '{"content": "a", "approved": true}\n',
    '{}\n',
    `${'['.repeat(1000)}\n`,
    Buffer.from([0x22, 0xff, 0xfe, 0x22, 0x0a]),
    `${JSON.stringify({ content: 'x'.repeat(256 * 1024) })}\n`,
    { content: 'for somebody else', to: 'build' },
    { content: 'good again', to: 'strict', id: 'k1' },
    { content: 'good again', to: 'strict', id: 'k1' },
    { content: 'something else', id: 'k1' },
    '{"content": "no newline"}',
  );
  assert.deepEqual(replies.map(codeOf), [
    'ok',
    'json',
    'invalid',
    'invalid',
    'invalid',
    'json',
    'encoding',
    'size',
    'invalid',
    'ok',
    'ok',
    'conflict',
    'partial',
  ]);
  assert.deepEqual(await arrived('strict', 2), ['person: good', 'person: good again']);
});

test('nobody writes as a session: only its agent has the token for that', async () => {
  const { socket } = await create('asked');
  await client.newSession({ title: 'Review' });
  const { mailboxes } = await client.call('mailbox.list', {});
  const session = mailboxes.find(({ kind }) => kind === 'session');
  assert.ok(session);
  const replies = await sayTo(
    socket,
    { content: 'I am the reviewer', from: session.name },
    { content: 'I am the build', from: 'build' },
  );
  assert.deepEqual(replies.map(codeOf), ['from', 'ok']);
  assert.deepEqual(await arrived('asked', 1), ['build: I am the build']);
});

test('a program that is new gets the mailbox that it names, where it can be answered', async () => {
  const { socket } = await create('host');
  const replies = await sayTo(
    socket,
    { content: 'Hello', from: 'guest' },
    { content: 'Again', from: 'guest' },
  );
  assert.deepEqual(replies.map(codeOf), ['ok', 'ok']);
  assert.deepEqual(await arrived('host', 2), ['guest: Hello', 'guest: Again']);
  await client.call('mail.send', { to: 'guest', message: 'Welcome', from: 'host' });
  assert.deepEqual(await arrived('guest', 1), ['host: Welcome']);
});

test('what a session is told through its socket is mail, and from nobody else', async () => {
  const sessionId = await client.newSession();
  const find = async () => {
    const { mailboxes } = await client.call('mailbox.list', {});
    return mailboxes.find((mailbox) => mailbox.sessionId === sessionId)?.socket;
  };
  const socket = await waitFor('the socket of the session', find);
  const [reply] = await sayTo(socket, { content: 'say hello' });
  assert.equal(codeOf(reply), 'ok');
});

test('a full mailbox says so at once, and the others go on', async () => {
  const { socket } = await create('slow');
  const line = `${JSON.stringify({ content: 'x' })}\n`;
  const start = performance.now();
  const replies = await sayTo(socket, line.repeat(3000));
  assert.equal(replies.length, 3000);
  const codes = new Set(replies.map(codeOf));
  assert.deepEqual([...codes], ['ok', 'full'], [...codes].join(' '));
  assert.ok(performance.now() - start < 30_000);
  const { socket: other } = await create('fast');
  assert.deepEqual((await sayTo(other, { content: 'y' })).map(codeOf), ['ok']);
});

test('a rename and a destroyed mailbox take their sockets along', async () => {
  const { socket } = await create('before');
  // Whoever is connected is hung up on: the next mailboxes would wait for that.
  const connected = connect(socket).on('error', () => {});
  await once(connected, 'connect');
  const hungUp = new Promise((resolve) => connected.once('close', resolve));
  await client.call('mailbox.update', { name: named('before'), rename: named('after') });
  await hungUp;
  assert.ok(!existsSync(socket));
  assert.deepEqual((await sayTo(path.join(folder(), 'after.sock'), { content: 'hi' })).map(codeOf), ['ok']);
  await client.call('mailbox.destroy', { name: named('after') });
  assert.ok(!existsSync(path.join(folder(), 'after.sock')));
});

test('a name that is too long for a socket gets one all the same', async () => {
  const { socket } = await create('x'.repeat(64));
  assert.ok(Buffer.byteLength(socket) <= 90, socket);
  assert.deepEqual((await sayTo(socket, { content: 'hi' })).map(codeOf), ['ok']);
});

test('five hundred connections that say nothing keep nobody out, and half a line leaves nothing', async () => {
  const { socket } = await create('crowded');
  const speaking = connect(socket);
  const quiet = async (count: number): Promise<Socket[]> => {
    const all = Array.from({ length: count }, () => connect(socket).on('error', () => {}));
    await Promise.all(all.map((one) => once(one, 'connect')));
    return all;
  };
  const silent = await quiet(200);
  for (const count of [100, 100, 100]) {
    // The longest silent leaves, not who has been there for longest.
    const answered = once(speaking, 'data');
    speaking.write('{"content": "hello"}\n');
    assert.match(String(await within('an answer', answered)), /^{"ok":true/);
    silent.push(...(await quiet(count)));
  }
  for (const one of silent.slice(0, 50)) one.write('{"content": "half');
  assert.deepEqual((await sayTo(socket, { content: 'hi' })).map(codeOf), ['ok']);
  for (const one of [speaking, ...silent]) one.destroy();
  assert.deepEqual(await arrived('crowded', 4), [...Array<string>(3).fill('person: hello'), 'person: hi']);
});

test('a clean end takes the sockets and their folder away; after kill -9 the next start replaces them', async () => {
  await using other = await startGateway();
  const first = await other.connect();
  const { socket = '' } = await first.call('mailbox.create', { name: named('kept') });
  await other.kill9();
  assert.ok(existsSync(socket), 'what is to be replaced');
  await other.start();
  await waitFor('the socket to answer', async () => {
    const replies = await sayTo(socket, { content: 'still here' }).catch(() => []);
    return codeOf(replies[0]) === 'ok';
  });
  await other.stop();
  assert.deepEqual(readdirSync(path.join(other.home, 'run')), []);
});

test('what is in the way of one socket is left alone, and the other mailboxes have theirs', async () => {
  await using other = await startGateway();
  const user = await other.connect();
  await user.call('mailbox.create', { name: named('first') });
  const sockets = path.join(other.home, 'run', 'mailboxes');
  writeFileSync(path.join(sockets, 'second.sock'), 'somebody put this here');
  const second = await user.call('mailbox.create', { name: named('second') });
  assert.equal(second.socket, undefined);
  const third = await user.call('mailbox.create', { name: named('third') });
  assert.deepEqual((await sayTo(third.socket ?? '', { content: 'hi' })).map(codeOf), ['ok']);
  await other.restart();
  assert.equal(readFileSync(path.join(sockets, 'second.sock'), 'utf8'), 'somebody put this here');
  assert.deepEqual((await sayTo(path.join(sockets, 'first.sock'), { content: 'hi' })).map(codeOf), ['ok']);
});

test('many sessions cost no more sockets than are worth while', async () => {
  await using other = await startGateway();
  const user = await other.connect();
  for (let count = 0; count < 80; count += 1) await user.newSession();
  await waitFor("the person's socket and 64 more", () => {
    const sockets = path.join(other.home, 'run', 'mailboxes');
    return existsSync(sockets) && readdirSync(sockets).length === 65;
  });
});

test('whatever stands where the folder of sockets should be keeps no gateway from its start or its end, and loses nothing', async () => {
  const bus = { send: () => Promise.reject(new Error('unexpected')), isProgram: () => false };
  const home = newFolder();
  const env = { HOLDFAST_HOME: home };
  const folder = mailboxFolders(home, env)[0] ?? '';
  mkdirSync(path.dirname(folder), { mode: 0o700 });
  writeFileSync(folder, 'in the way');
  {
    await using sockets = new MailboxSockets(home, bus, env);
    await assert.rejects(sockets.sync([named('a')]), /no socket/);
  }
  assert.equal(readFileSync(folder, 'utf8'), 'in the way');
  rmSync(folder);

  // A link, there or above, to a folder with the socket of another program.
  for (const link of [folder, path.dirname(folder)]) {
    rmSync(link, { recursive: true, force: true });
    const elsewhere = newFolder();
    const theirs = path.join(elsewhere, path.relative(link, folder), 'theirs.sock');
    mkdirSync(path.dirname(theirs), { recursive: true, mode: 0o700 });
    const server = createServer().listen(theirs);
    await once(server, 'listening');
    symlinkSync(elsewhere, link);
    {
      await using sockets = new MailboxSockets(home, bus, env);
      await assert.rejects(sockets.sync([named('a')]), /no socket/);
    }
    assert.deepEqual(readdirSync(path.dirname(theirs)), ['theirs.sock']);
    server.close();
    await once(server, 'close');
    {
      await using sockets = new MailboxSockets(home, bus, env);
      assert.equal(sockets.socketOf(named('a')), undefined);
    }
    assert.ok(lstatSync(link).isSymbolicLink());
    rmSync(link);
  }

  {
    await using sockets = new MailboxSockets(home, bus, env);
    await sockets.sync([named('a')]);
    writeFileSync(path.join(folder, 'note'), 'somebody put this here');
  }
  assert.deepEqual(readdirSync(folder), ['note']);
});
