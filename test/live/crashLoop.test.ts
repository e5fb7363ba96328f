// kill -9 again and again at random moments: what was acknowledged or shown is stored, and no prompt runs twice unasked.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'node:test';
import { AgentId, PromptId, type Event, type SessionId } from '../../gateway/protocol/index.ts';
import { Store } from '../../gateway/store/store.ts';
import type { TestClient } from '../support/client.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';
import { chance, seedOf } from '../support/property.ts';
import { show } from '../support/transcript.ts';
import { within } from '../support/waitFor.ts';

const ROUNDS = Number(process.env['HOLDFAST_CRASH_ROUNDS'] ?? 30);
const SESSIONS = 3;
const LIFE_MS = 250;

interface Witness {
  /** Prompts whose acceptance was told to the client. */
  readonly acknowledged: Map<PromptId, { sessionId: SessionId; message: string }>;
  /** Events that a client has seen, by session and seq. */
  readonly seen: Map<SessionId, Map<number, Event>>;
  /** How often a person has asked for a prompt to run again. */
  readonly retries: Map<string, number>;
}

test(`${ROUNDS} times kill -9 at a random moment`, async (t) => {
  const seed = seedOf();
  t.diagnostic(`seed ${seed}`);
  const random = chance(seed);
  const receipts = path.join(newFolder('receipts'), 'receipts');
  writeFileSync(receipts, '');
  const counting = path.join(import.meta.dirname, '..', 'support', 'countingAgent.ts');
  await using gateway = await startGateway({
    config: { agents: { counting: { command: process.execPath, args: [counting, receipts] } } },
  });
  const witness: Witness = { acknowledged: new Map(), seen: new Map(), retries: new Map() };
  const sessionIds: SessionId[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round > 0) await gateway.start();
    const client = await gateway.connect();
    while (sessionIds.length < SESSIONS) {
      sessionIds.push(await client.newSession({ agent: AgentId.parse('counting') }));
    }
    const life = new AbortController();
    const work = sessionIds.map((sessionId) => live(client, sessionId, witness, random, life.signal));
    // In half of the rounds while the agents start, in the other half while they speak.
    if (random() < 0.5) await spoken(client);
    // This is the random moment.
    await delay(random() * LIFE_MS);
    const end = client.link.closed;
    await gateway.kill9();
    life.abort();
    await end;
    await Promise.all(work);
  }
  t.diagnostic(`${witness.acknowledged.size} acknowledged prompts`);
  using store = Store.open(gateway.home);
  assertStored(store, witness);
  assertRanOnce(readFileSync(receipts, 'utf8'), witness);
});

/** Resolves when an agent says something. */
async function spoken(client: TestClient): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  client.link.on('session.events', ({ events }) => {
    if (events.some(({ type }) => type === 'partial')) resolve();
  });
  await within('an agent to speak', promise);
}

/** One client of one session: decides about what is uncertain, then sends and watches until the gateway is killed. */
async function live(
  client: TestClient,
  sessionId: SessionId,
  { acknowledged, seen, retries }: Witness,
  random: () => number,
  signal: AbortSignal,
): Promise<void> {
  const events = seen.get(sessionId) ?? new Map<number, Event>();
  seen.set(sessionId, events);
  client.link.on('session.events', (params) => {
    if (params.sessionId === sessionId) for (const event of params.events) events.set(event.seq, event);
  });
  try {
    await client.call('session.subscribe', { sessionId });
    for (const { promptId, state, message } of (await client.call('queue.list', { sessionId })).prompts) {
      if (state !== 'uncertain') continue;
      const choice = random();
      if (choice < 0.3) {
        // Counted first: whether the call was carried out is not known when the gateway dies in it.
        const text = JSON.stringify(message);
        retries.set(text, (retries.get(text) ?? 0) + 1);
        await client.call('queue.retry', { sessionId, promptId });
      } else if (choice < 0.6) {
        await client.call('queue.remove', { sessionId, promptId });
      }
    }
    await client.call('queue.resume', { sessionId });
    while (!signal.aborted) {
      const id = `p${acknowledged.size}-${Math.floor(random() * 1e9)}`;
      const message = `say ${id}`;
      const promptId = PromptId.parse(id);
      await client.call('session.send', { sessionId, message, promptId });
      acknowledged.set(promptId, { sessionId, message });
      if (random() < 0.5) await delay(random() * 40);
    }
  } catch (error) {
    // The link is gone, which is the point.
    assert.match(String(error), /link to the gateway/);
  }
}

function assertStored(store: Store, { acknowledged, seen }: Witness): void {
  for (const [promptId, { sessionId, message }] of acknowledged) {
    const prompt = store.queue.get(store.sessions.get(sessionId), promptId);
    assert.equal(prompt.message, message, `the acknowledged ${promptId}`);
  }
  for (const [sessionId, events] of seen) {
    const log = store.sessions.get(sessionId);
    const stored = new Map<number, Event>();
    for (let after = 0; after < store.log.head(log);) {
      const { texts, last } = store.log.read(log, after, 1000);
      for (const text of texts) {
        const event = JSON.parse(text) as Event;
        stored.set(event.seq, event);
      }
      after = last;
    }
    const { texts: said } = show([...stored.values()]);
    for (const [seq, event] of events) {
      if (event.type === 'partial') {
        const { offset, content } = event;
        assert.equal(
          said.get(event.messageId)?.slice(offset, offset + content.length),
          content,
          `seq ${seq}`,
        );
      } else if (!isFolded(event)) {
        assert.deepEqual(stored.get(seq), event, `seq ${seq} of ${sessionId}`);
      }
    }
  }
}

/** What compacting may leave to a later event. */
const isFolded = ({ type }: Event): boolean =>
  ['tool_update', 'status', 'usage', 'commands', 'plan', 'thought', 'text'].includes(type);

function assertRanOnce(receipts: string, { retries }: Witness): void {
  const counts = new Map<string, number>();
  for (const message of receipts.split('\n')) {
    if (message !== '') counts.set(message, (counts.get(message) ?? 0) + 1);
  }
  assert.ok(counts.size > 0, 'no prompt ever reached the agent');
  for (const [message, count] of counts) {
    assert.ok(count <= 1 + (retries.get(JSON.stringify(message)) ?? 0), `"${message}" ran ${count} times`);
  }
}
