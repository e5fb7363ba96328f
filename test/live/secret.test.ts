// What an agent asks for as a secret reaches the agent, and nothing else: no log, no database, no screen, no argument.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { holdfast, Running } from '../cli/holdfast.ts';
import { MAIN, startGateway, type TestGateway } from '../support/gateway.ts';
import { need } from '../support/programs.ts';
import { waitFor } from '../support/waitFor.ts';

const CANARY = 'canary-7f3a91';

const agents = {
  secretive: {
    command: process.execPath,
    args: [path.join(import.meta.dirname, '..', 'support', 'secretAgent.ts')],
  },
};

/** Every file of the state folder in which the secret stands, after an orderly end. */
async function leaksIn(gateway: TestGateway): Promise<string[]> {
  assert.equal(await gateway.stop(), 0);
  const files = readdirSync(gateway.home, { recursive: true, encoding: 'utf8' }).map((name) =>
    path.join(gateway.home, name),
  );
  return files.filter((file) => statSync(file).isFile() && readFileSync(file).includes(CANARY));
}

test('a secret is in the answer that the agent gets, and in no event, list or file', async () => {
  await using gateway = await startGateway({ config: { agents } });
  const client = await gateway.connect();
  const sessionId = await client.newSession({ agent: 'secretive' });
  const seen = await client.follow(sessionId);
  const { promptId } = await client.call('session.send', { sessionId, message: 'go' });
  const { permissionId, form } = await seen.untilType('permission');
  assert.deepEqual(
    form?.fields.map((field) => [field.name, field.type === 'text' && field.secret]),
    [
      ['account', undefined],
      ['password', true],
    ],
  );
  const content = { account: 'ada', password: CANARY };
  await client.call('permission.answer', { permissionId, optionId: 'submit', content });
  await seen.end(promptId);
  assert.equal(seen.text, `ada has ${CANARY.length} characters`);
  assert.deepEqual(seen.of('permission_resolved')[0]?.content, { account: 'ada' });
  assert.deepEqual(await leaksIn(gateway), []);
});

test('the command line takes a secret from its input, never as an argument', async () => {
  need('python3');
  await using gateway = await startGateway({ config: { agents } });
  const client = await gateway.connect();
  const sessionId = await client.newSession({ agent: 'secretive' });
  const seen = await client.follow(sessionId);
  const { promptId } = await client.call('session.send', { sessionId, message: 'go' });
  const { permissionId } = await seen.untilType('permission');
  const answer = (args: readonly string[], input: string) =>
    holdfast(gateway.home, ['answer', permissionId, '1', 'account=ada', ...args], { input });
  const pty = 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)';
  const words = ['-c', pty, process.execPath, MAIN, 'answer', permissionId, '1', 'account=ada'];
  await using typed = new Running('python3', words, gateway.home);
  const shown = await typed.over();
  assert.deepEqual([shown.code, /A terminal would show the secret\./.test(shown.out)], [2, true], shown.out);
  const wrong = await answer(['password=x'], '');
  assert.deepEqual([wrong.code, wrong.err.includes('standard input')], [2, true], wrong.err);
  assert.equal((await answer([], '')).code, 2);
  assert.equal((await answer([], `${CANARY}\n`)).out, 'Answered: Submit.\n');
  await seen.end(promptId);
  assert.equal(seen.text, `ada has ${CANARY.length} characters`);
  assert.deepEqual(await leaksIn(gateway), []);
});

test('in a terminal a secret is not shown as it is typed, nor offered again', async () => {
  need('python3');
  await using gateway = await startGateway({ config: { agents } });
  const pty = 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)';
  const args = ['-c', pty, process.execPath, MAIN, 'chat', '--agent', 'secretive'];
  await using chat = new Running('python3', args, gateway.home, { env: { TERM: 'xterm' } });
  await chat.until('twice leaves: the session goes on.');
  chat.type('go\r');
  await chat.until('Account:');
  chat.type('ada\r');
  await chat.until('Password (not shown):');
  chat.type(`${CANARY}\r`);
  await chat.until(`ada has ${CANARY.length} characters`);
  // The arrow brings back what was typed before: that is the account.
  chat.type('\u001b[A again\r');
  const client = await gateway.connect();
  const prompts = await waitFor('the next prompt', async () => {
    const [session] = (await client.call('session.list', {})).sessions;
    assert.ok(session);
    const { messages } = await client.call('session.history', { sessionId: session.sessionId });
    const found = messages.flatMap((event) => (event.type === 'prompt' ? [event.message] : []));
    return found.length === 2 ? found : undefined;
  });
  assert.deepEqual(prompts, ['go', 'ada again']);
  assert.doesNotMatch(chat.out, new RegExp(CANARY));
});

test('a terminal without a cursor shows no secret either, and Backspace takes back what was typed unseen', async () => {
  need('python3');
  await using gateway = await startGateway({ config: { agents } });
  const pty = 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)';
  const args = ['-c', pty, process.execPath, MAIN, 'chat', '--agent', 'secretive'];
  await using chat = new Running('python3', args, gateway.home, { env: { TERM: 'dumb' } });
  await chat.until('with secretive in');
  chat.type('go\n');
  await chat.until('Account:');
  chat.type('ada\n');
  await chat.until('Password (not shown):');
  chat.type(`x\u007f${CANARY}\r`);
  await chat.until(`ada has ${CANARY.length} characters`);
  chat.type('\u0004');
  const { code, out } = await chat.over();
  assert.equal(code, 0, out);
  assert.doesNotMatch(out, new RegExp(CANARY));
});
