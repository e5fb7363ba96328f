// Verbs made from the contract: every method has one, with help, options and an answer that can be read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { contractVerbs, verbNameOf } from '../../gateway/cli/contract.ts';
import { say } from '../../gateway/cli/words.ts';
import { addVerbs } from '../../gateway/cli/verb.ts';
import { methods } from '../../gateway/protocol/index.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';
import { holdfast, holdfastJson, startHoldfast } from './holdfast.ts';

const verbs = contractVerbs();

test('every method of the contract is a verb that says what it does', () => {
  for (const [name, method] of Object.entries(methods)) {
    const verb = verbs.find((one) => one.name === verbNameOf(name));
    assert.equal(verb?.summary, method.summary, name);
  }
});

test('every parameter is an option, whatever its schema', () => {
  const root = new Command('holdfast');
  addVerbs(root, verbs, async () => {});
  for (const [name, method] of Object.entries(methods)) {
    const command = verbNameOf(name)
      .split(' ')
      .reduce(
        (parent: Command | undefined, word) => parent?.commands.find((one) => one.name() === word),
        root,
      );
    const given = new Set(command?.options.map((option) => option.long));
    for (const parameter of Object.keys(method.params.shape)) {
      const flag = `--${parameter.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('_', '-')}`;
      assert.ok(given.has(flag), `${name} has ${flag}`);
    }
  }
});

test('the help of holdfast and of its groups leads to all of them', async () => {
  const home = newFolder();
  const { out } = await holdfast(home, ['--help']);
  const groups = new Set(Object.keys(methods).map((name) => name.split('.')[0] ?? ''));
  for (const group of groups) assert.match(out, new RegExp(`^  ${group} `, 'm'));
  const session = await holdfast(home, ['session', '--help']);
  for (const name of Object.keys(methods).filter((one) => one.startsWith('session.')))
    assert.ok(session.out.includes(`  ${verbNameOf(name).split(' ')[1] ?? ''} `), name);
});

test('arguments in their order, options in any, sessions by title', async () => {
  await using gateway = await startGateway();
  const client = await gateway.connect();
  const sessionId = await client.newSession({ title: 'Old name' });
  const get = async () => client.call('session.get', { sessionId });

  assert.equal((await holdfast(gateway.home, ['session', 'rename', 'Old name', 'New name'])).out, 'Done.\n');
  assert.equal((await get()).title, 'New name');
  await holdfast(gateway.home, ['session', 'rename', '--title', 'Newer', '--session-id', 'new name']);
  assert.equal((await get()).title, 'Newer');
  await holdfast(gateway.home, ['session', 'rename', sessionId.slice(0, 6), '-'], { input: 'From input\n' });
  assert.equal((await get()).title, 'From input');

  await holdfast(gateway.home, ['session', 'archive', sessionId]);
  assert.equal((await get()).archived, true);
  await holdfast(gateway.home, ['session', 'archive', sessionId, '--no-archived']);
  assert.equal((await get()).archived, false);

  assert.deepEqual(await holdfastJson(gateway.home, ['session', 'get', 'From input']), await get());
  assert.equal(
    (await holdfast(gateway.home, ['session', 'draft', sessionId, '--text', 'half a thought'])).out,
    'half a thought\n',
  );
  const mode = await holdfast(gateway.home, ['session', 'set-mode', sessionId, 'bogus']);
  assert.deepEqual([mode.code, mode.err.startsWith('mode: ')], [2, true], mode.err);
});

test('what follows goes on until it is told to leave, a line of JSON for each thing that happens', async () => {
  await using gateway = await startGateway();
  const client = await gateway.connect();
  const sessionId = await client.newSession({ title: 'Before' });
  await using watching = startHoldfast(gateway.home, ['session', 'watch', '--json']);
  await watching.until('\n');
  await client.call('session.rename', { sessionId, title: 'After' });
  await watching.until('\n', 2);
  watching.signal('SIGINT');
  const { code, out } = await watching.over();
  const [first, second] = out
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  const session = await client.call('session.get', { sessionId });
  assert.deepEqual(first, { sessions: [{ ...session, title: 'Before' }] });
  assert.deepEqual(second, { method: 'session.changed', params: { session } });
  assert.equal(code, 0);
});

test('what follows a session comes back with the gateway, and tells each event once', async () => {
  await using gateway = await startGateway();
  const client = await gateway.connect();
  const sessionId = await client.newSession();
  await client.call('queue.pause', { sessionId });
  await using watching = startHoldfast(gateway.home, ['session', 'subscribe', sessionId, '--json']);
  await watching.until('"snapshot"');
  await client.call('session.send', { sessionId, message: 'one' });
  await watching.until('"type":"queued"');
  await gateway.restart();
  const again = await gateway.connect();
  await again.call('session.send', { sessionId, message: 'two' });
  await watching.until('"type":"queued"', 2);
  watching.signal('SIGINT');
  const { code, out, err } = await watching.over();
  assert.deepEqual([out.split('"type":"queued"').length, out.split('"snapshot"').length], [3, 2]);
  assert.match(err, /^The gateway tells no more.+ Reconnecting\.\nReconnected\.\n/);
  assert.equal(code, 0);
});

test('rpc takes JSON from its argument or from standard input', async () => {
  await using gateway = await startGateway();
  const client = await gateway.connect();
  const sessionId = await client.newSession();
  const params = JSON.stringify({ sessionId });
  const direct = await holdfast(gateway.home, ['rpc', 'session.get', params]);
  const piped = await holdfast(gateway.home, ['rpc', 'session.get', '-', '--json'], { input: params });
  assert.deepEqual(JSON.parse(direct.out), JSON.parse(piped.out));
  assert.equal(
    (await holdfast(gateway.home, ['rpc', 'discover'])).out.startsWith('{\n  "openrpc": "1.3.2"'),
    true,
  );
});

test('an answer that nobody has found words for is told member by member', () => {
  assert.deepEqual(say('future.method', { ok: true }), ['Done.']);
  assert.deepEqual(
    say('future.method', {
      things: [
        { name: 'a', size: 1 },
        { name: 'bcd', size: 22 },
      ],
    }),
    ['NAME  SIZE', 'a     1', 'bcd   22'],
  );
  assert.deepEqual(say('future.method', { count: 2, state: 'fine', nothing: null }), [
    'count    2',
    'state    fine',
    'nothing  -',
  ]);
  assert.deepEqual(say('future.method', { evil: '\u001b[2Jgone' }), ['evil  ␛[2Jgone']);
});
