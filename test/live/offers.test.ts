// What an agent offers is known to the gateway: models, modes, commands and options, also when no agent runs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem, type SessionId } from '../../gateway/protocol/index.ts';
import { richAgent } from '../support/agents.ts';
import type { TestClient } from '../support/client.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';

const rich = (folder: string): object => ({ agents: { rich: richAgent(folder) } });

/** How the agent is set, in its own words. */
const settings = async (client: TestClient, sessionId: SessionId): Promise<string | undefined> => {
  const { events } = await client.ask(sessionId, 'settings');
  return events.findLast((event) => event.type === 'partial')?.content;
};

test('what the agent offers is told from its first start on, in every session with it', async () => {
  await using gateway = await startGateway({ config: rich(newFolder()) });
  const client = await gateway.connect();
  const first = await client.newSession({ agent: 'rich' });
  assert.equal((await client.call('session.offers', { sessionId: first })).offers, null);
  await client.ask(first, 'hello');
  const { offers } = await client.call('session.offers', { sessionId: first });
  assert.deepEqual(offers?.modes, ['ask', 'plan']);
  assert.deepEqual(offers?.models, [
    { value: 'small', name: 'SMALL' },
    { value: 'large', name: 'LARGE' },
  ]);
  assert.deepEqual(
    offers?.options.map(({ optionId, name, value, values }) => [
      optionId,
      name,
      value,
      values.map((one) => one.value),
    ]),
    [
      ['effort', 'The effort', 'low', ['low', 'high']],
      ['fast', 'Fast', 'false', ['true', 'false']],
    ],
  );
  assert.equal(offers?.fork, true);
  const { snapshot } = await client.call('session.subscribe', { sessionId: first });
  assert.deepEqual(snapshot?.offers, offers);

  const second = await client.newSession({ agent: 'rich' });
  const elsewhere = (await client.call('session.offers', { sessionId: second })).offers;
  assert.deepEqual([elsewhere?.models, elsewhere?.options[0]?.value], [offers?.models, undefined]);
});

test('an option is set at once, with what depends on it, and given to an agent that starts later', async () => {
  await using gateway = await startGateway({ config: rich(newFolder()) });
  const client = await gateway.connect();
  const sessionId = await client.newSession({ agent: 'rich' });
  await client.ask(sessionId, 'hello');
  await client.call('session.set_model', { sessionId, model: 'large' });
  const effort = (await client.call('session.offers', { sessionId })).offers?.options[0];
  assert.deepEqual(
    effort?.values.map(({ value }) => value),
    ['low', 'high', 'max'],
  );
  await client.call('session.set_option', { sessionId, optionId: 'effort', value: 'max' });
  await client.call('session.set_option', { sessionId, optionId: 'fast', value: 'true' });
  assert.equal(await settings(client, sessionId), 'large max fast');
  const again = await client.newSession({ agent: 'rich' });
  await client.call('session.set_option', { sessionId: again, optionId: 'effort', value: 'high' });
  assert.equal(await settings(client, again), 'small high slow');
});

test('what the agent does not offer is refused in words, and nothing changes', async () => {
  await using gateway = await startGateway({ config: rich(newFolder()) });
  const client = await gateway.connect();
  const sessionId = await client.newSession({ agent: 'rich' });
  const set = (optionId: string, value: string): Promise<unknown> =>
    client.call('session.set_option', { sessionId, optionId, value });
  const refused = (pattern: RegExp) => (error: unknown) =>
    error instanceof Problem && error.problem === 'option.unsupported' && pattern.test(error.message);
  await assert.rejects(set('effort', 'low'), refused(/offered no options.+send a prompt first/));
  await client.ask(sessionId, 'hello');
  await assert.rejects(set('mood', 'good'), refused(/no option "mood"\. It offers: effort, fast/));
  await assert.rejects(set('effort', 'max'), refused(/no value "max" for effort\. It offers: low, high/));
  assert.equal(await settings(client, sessionId), 'small low slow');
});
