// The verbs against a real gateway: what they say, what they answer programs, and how they end.
import assert from 'node:assert/strict';
import { realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { Permission, Prompt, Session, SessionId } from '../../gateway/protocol/index.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import type { TestClient } from '../support/client.ts';
import { holdfast, holdfastJson, startHoldfast } from './holdfast.ts';

describe('the life of a gateway', () => {
  const home = newFolder();
  after(() => holdfast(home, ['down']));

  it('goes up once, tells its status and version, and goes down', async () => {
    const none = await holdfast(home, ['status']);
    assert.equal(none.code, 1);
    assert.match(none.err, /No gateway runs in .*\. Start one: holdfast up/);
    assert.match((await holdfast(home, ['version'])).out, /gateway +does not run/);

    const up = await holdfast(home, ['up']);
    assert.deepEqual([up.code, up.err], [0, '']);
    assert.match(up.out, /^The gateway runs \(process \d+\)\. State: /);
    const again = z.object({ pid: z.int() }).parse(await holdfastJson(home, ['up']));
    assert.ok(up.out.includes(`process ${again.pid})`), 'the same gateway answers');

    const status = z.object({ ok: z.literal(true), pid: z.int(), sessions: z.int() });
    assert.equal(status.parse(await holdfastJson(home, ['status'])).pid, again.pid);
    assert.match((await holdfast(home, ['status'])).out, new RegExp(`runs \\(process ${again.pid}, version`));

    const down = await holdfast(home, ['down']);
    assert.equal(down.out, 'The gateway has stopped. Sessions and queued prompts are on disk.\n');
    assert.throws(() => process.kill(again.pid, 0), 'the process is gone when down has ended');
    assert.equal((await holdfast(home, ['down'])).code, 1);
  });
});

describe('up --port', () => {
  const home = newFolder();
  after(() => holdfast(home, ['down']));

  it('says where it is served, and that a gateway which runs already does not change its port', async () => {
    await holdfast(home, ['up']);
    const without = await holdfast(home, ['up', '--port', '0']);
    assert.deepEqual([without.code, without.out], [1, '']);
    assert.match(without.err, /runs already \(process \d+\), without a TCP port\. .*holdfast up --port 0/);
    await holdfast(home, ['down']);
    const served = await holdfast(home, ['up', '--port', '0']);
    const port = /^TCP: 127\.0\.0\.1:(\d+), for whoever has a token$/m.exec(served.out)?.[1] ?? '';
    assert.equal((await holdfast(home, ['up', '--port', port])).code, 0);
    const other = await holdfast(home, ['up', '--port', port === '9' ? '8' : '9']);
    assert.deepEqual([other.code, other.err.includes(`on TCP port ${port}.`)], [1, true], other.err);
  });
});

describe('a state folder that is named relative to where one is', () => {
  const cwd = realpathSync(newFolder());
  const options = { cwd, env: { HOLDFAST_HOME: 'state' } };
  after(() => holdfast(cwd, ['down'], options));

  it('is the same for the gateway as for whoever starts it', async () => {
    const up = z.object({ home: z.string() }).parse(await holdfastJson(cwd, ['up'], options));
    assert.equal(up.home, path.join(cwd, 'state'));
  });
});

describe('sessions from the command line', () => {
  let gateway: TestGateway;
  let client: TestClient;
  before(async () => {
    gateway = await startGateway();
    client = await gateway.connect('window docs-site');
  });
  after(() => gateway[Symbol.asyncDispose]());
  const run = (...args: string[]) => holdfast(gateway.home, args);
  const json = (...args: string[]) => holdfastJson(gateway.home, args);

  it('new, sessions, send and destroy', async () => {
    const folder = realpathSync(newFolder('work'));
    const made = await holdfast(
      gateway.home,
      ['new', '--agent', 'demo', '--title', 'First', '--mode', 'plan'],
      {
        cwd: folder,
      },
    );
    assert.equal(made.code, 0, made.err);
    const sessionId = made.out.trim();
    const listed = z.object({ sessions: z.array(Session) }).parse(await json('sessions'));
    const session = listed.sessions.find((one) => one.sessionId === sessionId);
    assert.deepEqual([session?.title, session?.path, session?.mode], ['First', folder, 'plan']);
    const row = (await run('sessions')).out.split('\n').find((line) => line.includes('First')) ?? '';
    assert.match(row, new RegExp(`^${sessionId.slice(0, 8)}  First +stopped +demo +now +${folder}$`));

    const followed = await run('send', 'First', 'echo by its title', '--follow');
    assert.deepEqual([followed.code, followed.out.trim()], [0, 'by its title']);
    const byPrefix = await holdfast(gateway.home, ['send', sessionId.slice(0, 8), '-', '--follow'], {
      input: 'echo from\nstandard input\n',
    });
    assert.equal(byPrefix.out.trim(), 'from\nstandard input');
    const bytes = await holdfast(gateway.home, ['send', 'First', '-'], { input: Buffer.from([0x68, 0xff]) });
    assert.deepEqual([bytes.code, /not UTF-8: nothing was sent/.test(bytes.err)], [2, true], bytes.err);

    assert.equal((await run('destroy', 'First')).out, 'Removed "First".\n');
    const gone = await run('send', 'First', 'hello');
    assert.deepEqual(
      [gone.code, gone.err],
      [1, 'There is no session "First". List them: holdfast sessions\n'],
    );
  });

  it('send: the same id is taken once, and a failed turn is exit code 1', async () => {
    const sessionId = await client.newSession();
    const accepted = z.object({ promptId: z.string(), state: z.string(), position: z.int() });
    const send = () => json('send', sessionId, 'echo once', '--prompt-id', 'once-1');
    assert.equal(accepted.parse(await send()).promptId, 'once-1');
    assert.equal(accepted.parse(await send()).promptId, 'once-1');
    const other = await run('send', sessionId, 'echo twice', '--prompt-id', 'once-1', '--json');
    assert.equal(other.code, 1);
    assert.equal(
      z.object({ error: z.object({ problem: z.string() }) }).parse(JSON.parse(other.err)).error.problem,
      'prompt.conflict',
    );
    const failed = await run('send', sessionId, 'fail', '--follow');
    assert.equal(failed.code, 1);
    assert.match(failed.out, /This will not end well\.\nThe turn failed: .*you asked me to fail/);
  });

  it('send --follow --json prints the events of its own turn, one a line', async () => {
    const sessionId = await client.newSession();
    await run('send', sessionId, 'echo before', '--follow');
    const { code, out } = await run('send', sessionId, 'echo mine', '--follow', '--json');
    assert.equal(code, 0);
    const events = out
      .trim()
      .split('\n')
      .map((line) => z.looseObject({ type: z.string() }).parse(JSON.parse(line)));
    assert.equal(events[0]?.type, 'prompt');
    assert.equal(events[0]?.['message'], 'echo mine');
    assert.equal(events.at(-1)?.type, 'result');
  });

  it('a permission is listed in full and answered by number', async () => {
    const sessionId = await client.newSession();
    await using sending = startHoldfast(gateway.home, ['send', sessionId, 'ask', '--follow']);
    await sending.until('It waits. Answer: holdfast answer ');
    const { permissions } = z
      .object({ permissions: z.array(Permission) })
      .parse(await json('permission', 'list', '--session-id', sessionId));
    const id = permissions[0]?.permissionId ?? '';
    assert.match(
      (await run('permission', 'list')).out,
      /Edit greeting\.ts \(question 1\)[^]*\n {2}1 {2}Allow\n/,
    );
    const wrong = await run('answer', id, '9');
    assert.deepEqual([wrong.code, /Offered: 1 Allow \(allow\), 2/.test(wrong.err)], [2, true], wrong.err);
    assert.equal((await run('answer', id.slice(0, 13), '1')).out, 'Answered: Allow.\n');
    const { code, out } = await sending.over();
    assert.equal(code, 0);
    assert.match(out, /Answered in a terminal: allow\.[^]*You allowed question 1\./);
    const late = await run('answer', id, '1');
    assert.equal(late.code, 1);
  });

  it('a form is listed with its fields and answered by name', async () => {
    const sessionId = await client.newSession();
    await using sending = startHoldfast(gateway.home, ['send', sessionId, 'form', '--follow']);
    await sending.until('NUMBER NAME=VALUE ...');
    const [permission] = (await client.call('permission.list', { sessionId })).permissions;
    const id = permission?.permissionId ?? '';
    const wrong = await run('answer', id, '1', 'greeting=Ahoy', 'nme=Ada');
    assert.deepEqual(
      [wrong.code, wrong.err],
      [2, 'The form has no "nme". It has: greeting, name, times, manners, aloud.\n'],
    );
    assert.equal((await run('answer', id, '1', 'greeting=Ahoy')).code, 2);
    const right = await run('answer', id, '1', 'greeting=Ahoy', 'name=Ada L.', 'manners=bow,wave');
    assert.equal(right.out, 'Answered: Submit.\n');
    assert.match((await sending.over()).out, /- greeting: Ahoy\n- name: Ada L\.\n- times: 1\n/);
  });

  it('the queue: list, edit, move, remove, pause and resume', async () => {
    const sessionId = await client.newSession();
    const first = await client.call('session.send', { sessionId, message: 'silent' });
    const follower = await client.follow(sessionId);
    const waits = (message: string) => client.call('session.send', { sessionId, message });
    await waits('echo one');
    await using sending = startHoldfast(gateway.home, ['send', sessionId, 'echo two', '--follow']);
    await follower.until((event) => event.type === 'queued' && event.message === 'echo two');
    await waits('echo three');
    const list = async () =>
      z.object({ prompts: z.array(Prompt), held: z.boolean() }).parse(await json('queue', 'list', sessionId));
    const [, one, two, three] = (await list()).prompts.map(({ promptId }) => promptId);
    assert.ok(one !== undefined && two !== undefined && three !== undefined);
    assert.equal((await run('queue', 'edit', sessionId, one, 'echo uno')).out, 'Done.\n');
    assert.equal((await run('queue', 'move', sessionId, three, '0')).code, 0);
    assert.equal((await run('queue', 'remove', sessionId, two)).code, 0);
    const taken = await sending.over();
    assert.deepEqual([taken.code, taken.out], [1, 'It was taken out of the queue before its turn.\n']);
    assert.equal((await run('queue', 'pause', sessionId)).code, 0);
    const after = await list();
    assert.deepEqual(
      after.prompts.map(({ message }) => message),
      ['silent', 'echo three', 'echo uno'],
    );
    assert.match(
      (await run('queue', 'list', sessionId)).out,
      /From window docs-site +silent\n[^]*Held: nothing new starts/,
    );
    const none = await run('queue', 'move', sessionId, 'no-such-prompt', '0');
    assert.equal(none.code, 1);

    assert.equal((await run('interrupt', sessionId)).out, 'Stopped.\n');
    await follower.end(first.promptId);
    assert.equal((await run('interrupt', sessionId)).out, 'No turn was running.\n');
    assert.equal((await run('queue', 'resume', sessionId)).code, 0);
    await follower.end(one);
    assert.equal(follower.text, 'threeuno');
  });

  it('search finds words, and its exit code says whether it did', async () => {
    const sessionId = await client.newSession({ title: 'Botany' });
    await client.ask(sessionId, 'echo rhododendron');
    const found = await run('search', 'rhododendron');
    assert.match(found.out, new RegExp(`^${sessionId.slice(0, 8)}  Botany  #\\d+  .*rhododendron`, 'm'));
    assert.equal((await run('search', 'xylophone')).code, 1);
  });

  it('export writes a session that import brings back, whatever its size', async () => {
    const sessionId = await client.newSession({ title: 'Traveller' });
    const told = await client.ask(sessionId, 'long 9000');
    assert.ok(told.text.length > 400_000, 'more than goes into one message');
    for (const word of ['one', 'two']) await client.ask(sessionId, `echo ${word}`);
    const file = path.join(newFolder('file'), 'session.jsonl');
    const { out } = await run('export', 'Traveller');
    writeFileSync(file, out);
    const elsewhere = realpathSync(newFolder('work'));
    const made = z
      .object({ sessionId: SessionId })
      .parse(await json('import', file, '--path', elsewhere)).sessionId;
    const session = await client.call('session.get', { sessionId: made });
    assert.deepEqual([session.title, session.path], ['Traveller', elsewhere]);
    const follower = await client.follow(made);
    assert.deepEqual(
      follower.of('prompt').map(({ message }) => message),
      ['long 9000', 'echo one', 'echo two'],
    );
    assert.ok(follower.text === told.text && told.text.endsWith('onetwo'), 'every word of it');
    const wrong = await holdfast(gateway.home, ['import', '-'], { input: '{"no": "bundle"}\n' });
    assert.deepEqual([wrong.code, /nothing was imported/.test(wrong.err)], [2, true], wrong.err);
  });

  it('attach follows until Ctrl-C, and the session goes on', async () => {
    const sessionId = await client.newSession();
    await client.ask(sessionId, 'echo earlier');
    await using attached = startHoldfast(gateway.home, ['attach', sessionId]);
    await attached.until('earlier\n');
    const follower = await client.ask(sessionId, 'slow 5 5');
    await attached.until('s0 s1 s2 s3 s4');
    attached.signal('SIGINT');
    assert.equal((await attached.over()).code, 0);
    assert.equal(follower.of('interrupted').length, 0);
  });

  it('attach shows the question that is open already, and how to answer it', async () => {
    const sessionId = await client.newSession();
    await client.call('session.send', { sessionId, message: 'ask' });
    const follower = await client.follow(sessionId);
    await follower.untilType('permission');
    const [permission] = (await client.call('permission.list', { sessionId })).permissions;
    await using attached = startHoldfast(gateway.home, ['attach', sessionId]);
    await attached.until('  1  Allow\n');
    await attached.until(`It waits. Answer: holdfast answer ${permission?.permissionId} NUMBER\n`);
    attached.signal('SIGINT');
    assert.equal((await attached.over()).code, 0);
  });

  it('agents tells what is installed and how to mend the rest', async () => {
    const { out } = await run('agents');
    assert.match(out, /^demo( \*)? +Demo agent +installed +Built in/m);
    assert.match(out, /^opencode( \*)? +OpenCode +(installed|installable|missing)/m);
  });
});

describe('help', () => {
  it('says what there is in groups, what one needs first before all else, in 80 columns', async () => {
    const { code, out, err } = await holdfast(newFolder(), ['--help']);
    assert.deepEqual([code, err], [0, '']);
    const groups = out.match(/^[A-Z].*:$/gm);
    assert.deepEqual(groups?.slice(0, 3), ['Options:', 'Sessions:', 'The gateway:']);
    assert.match(out, /^Sessions:\n {2}chat +Talk with an agent here/m);
    assert.ok(out.split('\n').every((line) => line.length <= 80));
    const bare = await holdfast(newFolder(), []);
    assert.deepEqual([bare.code, bare.out, bare.err], [2, '', out]);
  });
});

describe('wrong usage', () => {
  const home = newFolder();
  const wrong: readonly (readonly [args: string[], words: RegExp])[] = [
    [['bogus'], /Unknown command 'bogus'/],
    [['send', 'only-a-session'], /Missing required argument 'text'/],
    [['new', '--mode', 'fast'], /--mode is one of: auto, code, plan, ask\./],
    [['sessions', '--bogus'], /Unknown option '--bogus'/],
    [['session', 'rename', 'x'], /title: /],
    [['session', 'search', 'x', '--limit', 'many'], /limit is a number, which "many" is not/],
    [['queue', 'move', 'x', 'y', '0', 'z'], /Too many arguments/],
    [['session', 'rename', '--session-id', 'x', 'title', 'more'], /"more" is too much/],
    [['send', 'x', '- a list'], /^Unknown option '- a list'\nSee: holdfast send --help\n$/],
    [['peers', 'jion'], /^Unknown command 'jion'\n\(Did you mean join\?\)\nSee: holdfast peers --help\n$/],
    [
      ['send', 'x', '--json'],
      /^\{"error":\{"message":"Missing required argument 'text'\\nSee: holdfast send --help"\}\}\n$/,
    ],
    [['peers', 'join', '--name', 'No Name'], /^"No Name" must be 1 to 64 of a-z 0-9 _ \. -\.\n$/],
    [['peers', 'join'], /^No code came: nothing was linked\.\n$/],
    [['rpc', 'session.get', '{sessionId: 1}'], /The parameters are not JSON/],
    [['rpc', 'session.get', '5'], /The parameters are one JSON object, like/],
    [['rpc', 'session.get', '[]'], /The parameters are one JSON object, like/],
  ];
  for (const [args, words] of wrong) {
    it(`holdfast ${args.join(' ')} is exit code 2`, async () => {
      const { code, out, err } = await holdfast(home, args);
      assert.deepEqual([code, out], [2, ''], err);
      assert.match(err, words);
    });
  }

  it('what the gateway calls a bad parameter is wrong usage, too', async () => {
    await using gateway = await startGateway();
    for (const args of [
      ['new', '--path', '/no/such/folder'],
      ['new', '--agent', 'nobody'],
      ['rpc', 'session.get', '{"sessionId": 1}'],
      ['rpc', 'no.such.method'],
    ]) {
      assert.equal((await holdfast(gateway.home, args)).code, 2, args.join(' '));
    }
    const sessionId = await (await gateway.connect()).newSession();
    for (const args of [
      ['search', 'x', '--limit', 'many'],
      ['outbox', 'list', '--limit', 'many'],
      ['send', sessionId, 'x', '--expires-in', 'many'],
    ]) {
      const { code, err } = await holdfast(gateway.home, args);
      assert.deepEqual([code, /^--[a-z-]+ is a number, which "many" is not\.\n$/.test(err)], [2, true], err);
    }
    const peer = await holdfast(gateway.home, ['permission', 'list', '--peer', 'No Name']);
    assert.deepEqual([peer.code, peer.err], [2, '"No Name" must be 1 to 64 of a-z 0-9 _ . -.\n']);
  });
});
