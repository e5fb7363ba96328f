// chat: a session in the terminal, shared with windows, that outlives its gateway.
import assert from 'node:assert/strict';
import { after, before, describe, it, test } from 'node:test';
import { newFolder } from '../support/folders.ts';
import { MAIN, startGateway, type TestGateway } from '../support/gateway.ts';
import { need } from '../support/programs.ts';
import type { TestClient } from '../support/client.ts';
import { readDiscovery } from '../../gateway/rpc/discovery.ts';
import { holdfast, Running, startHoldfast } from './holdfast.ts';

const DEMO = ['--agent', 'demo', '--mode', 'ask'];

function assertInOrder(out: string, parts: readonly string[]): void {
  let at = 0;
  for (const part of parts) {
    const found = out.indexOf(part, at);
    assert.ok(found >= at, `"${part}" comes after what is before it in: ${out}`);
    at = found + part.length;
  }
}

describe('chat through a pipe', () => {
  let gateway: TestGateway;
  let client: TestClient;
  before(async () => {
    gateway = await startGateway();
    client = await gateway.connect('window docs-site');
  });
  after(() => gateway[Symbol.asyncDispose]());

  it('each line is a prompt when the one before has ended, or the answer to a question', async () => {
    const { code, out, err } = await holdfast(gateway.home, ['chat', ...DEMO, '--title', 'Piped'], {
      input: 'echo first\nask\n3\necho two \\\nlines\n/\nfail\n',
    });
    assert.deepEqual([code, err], [0, '']);
    assertInOrder(out, [
      '"Piped" with demo in ',
      '> echo first\n\nfirst\n',
      '> ask\n',
      'Edit greeting.ts (question 1)\n',
      '  1  Allow\n  2  Allow for this conversation\n  3  Reject\n',
      'Press 1 to 3, then Enter. It waits until someone answers.\n',
      'You rejected question 1.\n',
      '> echo two \n> lines\n\ntwo \nlines\n',
      '/help     What I can do\n',
      '> fail\n',
      'The turn failed: ',
      'The session goes on. Come back: holdfast chat ',
    ]);
  });

  it('a form is filled in line by line, and a value that does not fit is asked for again', async () => {
    const { code, out, err } = await holdfast(gateway.home, ['chat', ...DEMO], {
      input: 'form\nOi\n2\n\nAda\n9\n\nbow, 2\ny\nform\n-\necho done\n',
    });
    assert.deepEqual([code, err], [0, '']);
    assertInOrder(out, [
      'How shall I greet?\n  Greeting (needed)  greeting, one of these\n    1  Hello: Among friends\n    2  Ahoy: At sea\n',
      '  How often  times, a whole number, 1 to 5; unless said: 1\n',
      'Fill it in line by line, or "-" to decline. It waits until someone answers.\nGreeting:\n',
      'Greeting: choose one of: Hello, Ahoy.\n',
      'Name:\n',
      'Name: this is needed.\n',
      'How often: (Enter leaves it out)\n',
      'Manners: (Enter leaves it out)\n',
      '- greeting: Ahoy\n- name: Ada\n- times: 1\n- manners: bow,wave\n- aloud: true\n',
      'You declined.\n',
      '> echo done\n\ndone\n',
    ]);
  });

  it('a question that a window answers is not asked any more', async () => {
    const sessionId = await client.newSession();
    await using chat = startHoldfast(gateway.home, ['chat', sessionId]);
    chat.type('ask\n');
    await chat.until('It waits until someone answers.');
    const [permission] = (await client.call('permission.list', { sessionId })).permissions;
    assert.ok(permission !== undefined);
    await client.call('permission.answer', { permissionId: permission.permissionId, optionId: 'allow' });
    await chat.until('Answered in window docs-site: allow.');
    await chat.until('You allowed question 1.');
    chat.end('echo 1\n');
    assert.match((await chat.over()).out, /> echo 1\n\n1\n/);
  });

  it('leaves a question open when the input ends, and says how to answer it', async () => {
    const sessionId = await client.newSession();
    const { code, out } = await holdfast(gateway.home, ['chat', sessionId], { input: 'ask\n' });
    assert.equal(code, 0);
    const [permission] = (await client.call('permission.list', { sessionId })).permissions;
    assert.ok(
      out.includes(`It waits for an answer: holdfast answer ${permission?.permissionId} NUMBER\n`),
      out,
    );
    assert.equal((await client.call('session.get', { sessionId })).status, 'waiting');
  });

  it('shows prompts of windows with their answers, live, and the last turns to who comes later', async () => {
    const sessionId = await client.newSession();
    for (const word of ['one', 'two', 'three', 'four']) await client.ask(sessionId, `echo ${word}`);
    await using chat = startHoldfast(gateway.home, ['chat', sessionId]);
    await chat.until('> echo four\n  From window docs-site\n\nfour');
    assert.ok(!chat.out.includes('> echo one'), 'older turns are left in the history');
    assert.ok(chat.out.includes(`Earlier turns: holdfast session history ${sessionId}`));
    await client.ask(sessionId, 'echo five');
    await chat.until('> echo five\n  From window docs-site\n\nfive');
    assert.match(
      (await holdfast(gateway.home, ['session', 'history', sessionId])).out,
      /> echo one\n[^]*\none\n/,
    );
  });

  it('--last comes back to the session of this folder', async () => {
    const folder = newFolder('work');
    const sessionId = await client.newSession({ path: folder, title: 'Of this folder' });
    const { out } = await holdfast(gateway.home, ['chat', '--last'], { cwd: folder, input: '' });
    assert.ok(out.startsWith('"Of this folder" with demo in '), out);
    assert.ok(out.includes(sessionId));
  });

  it('what is for a new session is no word about one that is there already', async () => {
    const folder = newFolder('work');
    const sessionId = await client.newSession({ path: folder, title: 'Of old', mode: 'auto' });
    for (const words of [[sessionId], ['--last']]) {
      const { code, err } = await holdfast(gateway.home, ['chat', ...words, '--mode', 'plan'], {
        cwd: folder,
      });
      assert.deepEqual(
        [code, err.startsWith('"Of old" has the mode auto, and --mode is for a new')],
        [2, true],
        err,
      );
    }
    const same = await holdfast(gateway.home, ['chat', sessionId, '--mode', 'auto', '--agent', 'demo'], {
      input: '',
    });
    assert.equal(same.code, 0, same.err);
  });

  it('ends with a word when the session is removed', async () => {
    const sessionId = await client.newSession();
    await client.call('session.send', { sessionId, message: 'silent' });
    await using chat = startHoldfast(gateway.home, ['chat', sessionId]);
    chat.type('echo never\necho neither\n');
    await chat.until('Queued as number 1.');
    // The end of another one is no news here, and what is taken out of the queue is not waited for.
    await client.call('session.destroy', { sessionId: await client.newSession() });
    const [, waiting] = (await client.call('queue.list', { sessionId })).prompts;
    await client.call('queue.remove', { sessionId, promptId: waiting?.promptId ?? '' });
    await chat.until('Queued as number 1.', 2);
    await client.call('session.destroy', { sessionId });
    await chat.until('The session was removed.');
    assert.equal((await chat.over()).code, 0);
  });

  it('Ctrl-C stops the turn, twice leaves; the session goes on', async () => {
    const sessionId = await client.newSession();
    await using chat = startHoldfast(gateway.home, ['chat', sessionId]);
    chat.type('slow 1000 10\n');
    await chat.until('s5 ');
    chat.signal('SIGINT');
    await chat.until('\nStopped.\n');
    chat.signal('SIGINT');
    assert.equal((await chat.over()).code, 0);
    assert.equal((await client.call('session.get', { sessionId })).status, 'idle');
  });

  it('--json prints events, one a line, with nothing that a terminal would obey', async () => {
    const hostile = 'json \u009b31m\u202e\u007f';
    const { out } = await holdfast(gateway.home, ['chat', ...DEMO, '--json'], { input: `echo ${hostile}\n` });
    const events = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type?: string; content?: string });
    const types = events.map(({ type }) => type);
    assert.deepEqual([types[0], types.includes('prompt'), types.includes('result')], [undefined, true, true]);
    assert.ok(events.some(({ content }) => content === hostile));
    assert.doesNotMatch(out, /[\u007f-\u009f\u202e]/);
  });

  it('hostile text of an agent is shown, not obeyed', async () => {
    const { out } = await holdfast(gateway.home, ['chat', ...DEMO], {
      input: 'echo \u001b]0;owned\u0007\u001b[2J\u009b31m\u202egone\n',
    });
    assert.ok(out.includes('␛]0;owned␇␛[2J<9b>31m<202e>gone'), out);
    // eslint-disable-next-line no-control-regex -- this is what must not be there
    assert.doesNotMatch(out, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
  });
});

test('the gateway is killed in mid-answer: chat starts another, misses nothing, repeats nothing, and asks', async (t) => {
  const gateway = await startGateway();
  const { home } = gateway;
  t.after(async () => {
    await holdfast(home, ['down']);
    await gateway[Symbol.asyncDispose]();
  });
  await using chat = startHoldfast(home, ['chat', ...DEMO]);
  chat.type('slow 2000 10\n');
  await chat.until('s30 ');
  await gateway.kill9();
  await chat.until('Reconnected.');
  await chat.until('May not have finished. The gateway stopped while this prompt ran.');
  await chat.until('  1  Run again\n  2  Leave it\n');
  const words = chat.out.match(/\bs\d+\b/g) ?? [];
  assert.ok(words.length > 30);
  assert.deepEqual(
    words,
    words.map((_, index) => `s${index}`),
  );

  chat.type('2\n');
  chat.end('echo goes on\n');
  const { code, out } = await chat.over();
  assert.equal(code, 0);
  assert.equal(out.split('> slow 2000 10\n').length, 2, 'it did not run again');
  assert.ok(
    out.indexOf('Reconnected.') < out.indexOf('May not have finished.'),
    'what comes over a link comes after it',
  );
  assert.match(out, /> echo goes on\n/);
  assert.notEqual(readDiscovery(home), undefined, 'the gateway that chat started goes on');
});

test('a prompt that may not have finished is shown to who comes later, and runs again only on their word', async () => {
  await using gateway = await startGateway();
  const client = await gateway.connect();
  const sessionId = await client.newSession();
  const follower = await client.follow(sessionId);
  await client.call('session.send', { sessionId, message: 'slow 300 10' });
  await follower.untilType('partial');
  await gateway.kill9();
  await gateway.start();
  const { code, out } = await holdfast(gateway.home, ['chat', sessionId], { input: '9\n1\n' });
  assert.equal(code, 0);
  assert.match(
    out,
    /"slow 300 10" may have run\. Only you can say what to do\.\n {2}1 {2}Run again\n {2}2 {2}Leave it\n/,
  );
  assert.match(out, /Choose 1 to 2\./);
  const again = await (await gateway.connect()).follow(sessionId);
  assert.deepEqual(
    again.of('prompt').map(({ message }) => message),
    ['slow 300 10', 'slow 300 10'],
  );
  assert.equal(again.of('result').length, 1);
});

test('a gateway that is stopped on purpose stays stopped until there is a prompt', async (t) => {
  const gateway = await startGateway();
  const { home } = gateway;
  t.after(() => holdfast(home, ['down']));
  await using chat = startHoldfast(home, ['chat', ...DEMO]);
  await chat.until('with demo in');
  await gateway.stop();
  await chat.until('The gateway was stopped. It starts again with your next prompt.');
  assert.equal(readDiscovery(home), undefined);
  chat.end('echo back again\n');
  const { code, out } = await chat.over();
  assert.equal(code, 0);
  assert.match(out, /Reconnected\.\n[^]*> echo back again\n[^]*back again\n/);
});

/** A chat with a terminal of its own. */
function chatInTerminal(home: string, args: readonly string[], TERM = 'xterm'): Running {
  need('python3');
  const pty = 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)';
  const words = ['-c', pty, process.execPath, MAIN, 'chat', ...args];
  return new Running('python3', words, home, { env: { TERM } });
}

test('in a terminal that knows nothing of cursors, there is nothing but text', async () => {
  await using gateway = await startGateway();
  await using chat = chatInTerminal(gateway.home, DEMO, 'dumb');
  await chat.until('with demo in');
  chat.type('echo plain\n');
  await chat.until('\r\nplain\r\n');
  chat.type('\u0004');
  const { code, out } = await chat.over();
  assert.equal(code, 0, out);
  assert.ok(!out.includes('\u001b'), JSON.stringify(out));
});

test('in a terminal: what is pasted is one prompt, however many lines it has, and is sent by Enter', async () => {
  await using gateway = await startGateway();
  const client = await gateway.connect();
  const sessionId = await client.newSession();
  await using chat = chatInTerminal(gateway.home, [sessionId]);
  await chat.until('twice leaves: the session goes on.');
  assert.ok(chat.out.includes('\u001b[?2004h'), 'the terminal is asked to mark what is pasted');
  chat.type('\u001b[200~echo one\rtwo \\\rthree\r\u001b[201~');
  chat.type('four\r');
  await chat.until('\r\nfour\r\n');
  chat.type('echo five\r');
  await chat.until('\r\nfive\r\n');
  chat.type('\u0004');
  const { code, out } = await chat.over();
  assert.equal(code, 0, out);
  assert.ok(out.includes('\u001b[?2004l'), 'and not to when it is over');
  const follower = await client.follow(sessionId);
  assert.deepEqual(
    follower.of('prompt').map(({ message }) => message),
    ['echo one\ntwo \\\nthree\nfour', 'echo five'],
  );
});

test('in a terminal: Ctrl-Z gives the shell back, and fg the chat', async () => {
  need('python3');
  await using gateway = await startGateway();
  const sessionId = await (await gateway.connect()).newSession();
  const pty = 'import pty, sys; pty.spawn(sys.argv[1:])';
  await using shell = new Running('python3', ['-c', pty, 'sh', '-i'], gateway.home, {
    env: { TERM: 'xterm' },
  });
  shell.type(`'${process.execPath}' '${MAIN}' chat ${sessionId}\r`);
  await shell.until('twice leaves: the session goes on.');
  await shell.until('> ');
  shell.type('\u001a');
  // Said by the shell, which has the terminal now.
  await shell.until('Stopped');
  shell.type('fg\r');
  await shell.until('\u001b[?2004h', 2);
  shell.type('echo heard\r');
  await shell.until('\r\nheard\r\n');
  shell.type('\u0004');
  await shell.until('Come back: holdfast chat ');
});

test('in a terminal: typing during an answer, queueing, Ctrl-C once and twice', async () => {
  await using gateway = await startGateway();
  await using chat = chatInTerminal(gateway.home, DEMO);
  await chat.until('twice leaves: the session goes on.');
  chat.type('slow 2000 10\r');
  await chat.until('s9 ');
  chat.type('echo after');
  await chat.until('> e');
  chat.type('wards\r');
  await chat.until('Queued as number 1.');
  chat.type('\u0003');
  await chat.until('Stopping the turn. Ctrl-C again to leave.');
  await chat.until('Stopped.');
  // The end of its line is the end of its turn.
  await chat.until('\r\nafterwards\r\n');
  chat.type('\u0003');
  await chat.until('Ctrl-C again to leave. The session goes on.');
  chat.type('\u0003');
  const { code, out } = await chat.over();
  assert.equal(code, 0, out);
  assert.match(out, /The session goes on\. Come back: holdfast chat /);
  const words = out.match(/\bs\d+\b/g) ?? [];
  assert.deepEqual(
    words,
    words.map((_, index) => `s${index}`),
  );
});
