// kill -9 again and again during mail: what was accepted arrives, and what was acknowledged does not come again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ClientMessageId, type MailboxName, type MessageId } from '../../gateway/protocol/index.ts';
import type { TestClient } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { box } from '../support/mailDesk.ts';
import { chance, seedOf } from '../support/property.ts';

const ROUNDS = Number(process.env['HOLDFAST_MAIL_CRASH_ROUNDS'] ?? 20);
const LIFE_MS = 200;
const READERS = [box('bob'), box('carol')];
const SENDERS = [box('ci'), box('person')];

interface Witness {
  /** What senders were told is accepted, by client id. */
  readonly accepted: Map<ClientMessageId, { readonly to: MailboxName; readonly id: MessageId }>;
  /** What a reader was told is acknowledged. */
  readonly acknowledged: Set<MessageId>;
  /** Asked to acknowledge, and not answered: it may be, or not. */
  readonly uncertain: Set<MessageId>;
}

test(`${ROUNDS} times kill -9 during mail`, async (t) => {
  const seed = seedOf();
  t.diagnostic(`seed ${seed}`);
  const random = chance(seed);
  await using gateway = await startGateway();
  const witness: Witness = { accepted: new Map(), acknowledged: new Set(), uncertain: new Set() };
  let client = await gateway.connect();
  for (const name of [...READERS, box('ci')]) await client.call('mailbox.create', { name });
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round > 0) {
      await gateway.start();
      client = await gateway.connect();
    }
    const life = new AbortController();
    const work = [
      ...SENDERS.map((from) => write(client, from, witness, random, life.signal)),
      ...READERS.map((reader) => read(client, reader, witness, random, life.signal)),
    ];
    // This is the random moment.
    await delay(random() * LIFE_MS);
    const end = client.link.closed;
    await gateway.kill9();
    life.abort();
    await end;
    await Promise.all(work);
  }
  const { accepted, acknowledged, uncertain } = witness;
  t.diagnostic(`${accepted.size} accepted, ${acknowledged.size} acknowledged before the last round`);
  await gateway.start();
  client = await gateway.connect();
  for (const reader of READERS) {
    const left = new Set<MessageId>();
    for (;;) {
      const { messages } = await client.call('mail.receive', { mailbox: reader, max: 100, wait_s: 0.5 });
      if (messages.length === 0) break;
      for (const { id } of messages) {
        assert.ok(!acknowledged.has(id), `${id} was acknowledged, and came again`);
        left.add(id);
      }
      await client.call('mail.ack', { mailbox: reader, ids: messages.map(({ id }) => id) });
    }
    for (const [clientId, { to, id }] of accepted) {
      const isThere = left.has(id) || acknowledged.has(id) || uncertain.has(id);
      assert.ok(to !== reader || isThere, `${clientId} was accepted, and is lost`);
    }
  }
});

/** Sends, each message twice now and then, until the gateway is killed. */
async function write(
  client: TestClient,
  from: MailboxName,
  { accepted }: Witness,
  random: () => number,
  signal: AbortSignal,
): Promise<void> {
  try {
    while (!signal.aborted) {
      const to = READERS[Math.floor(random() * READERS.length)] ?? READERS[0];
      if (to === undefined) return;
      const id = ClientMessageId.parse(`m${accepted.size}-${Math.floor(random() * 1e9)}`);
      const message = { from, to, message: `text of ${id}`, client_message_id: id };
      const sent = await client.call('mail.send', message);
      accepted.set(id, { to, id: sent.broker_message_id });
      if (random() > 0.2) continue;
      const again = await client.call('mail.send', message);
      assert.equal(again.broker_message_id, sent.broker_message_id, 'the same message is the same message');
    }
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    // The link is gone, which is the point.
    assert.match(String(error), /link to the gateway/);
  }
}

/** Takes what comes and acknowledges most of it. */
async function read(
  client: TestClient,
  mailbox: MailboxName,
  { acknowledged, uncertain }: Witness,
  random: () => number,
  signal: AbortSignal,
): Promise<void> {
  try {
    while (!signal.aborted) {
      const { messages } = await client.call('mail.receive', { mailbox, max: 10, wait_s: 5 });
      for (const { id } of messages)
        assert.ok(!acknowledged.has(id), `${id} was acknowledged, and came again`);
      if (messages.length === 0 || random() < 0.1) continue;
      const ids = messages.map(({ id }) => id);
      for (const id of ids) uncertain.add(id);
      await client.call('mail.ack', { mailbox, ids });
      for (const id of ids) {
        uncertain.delete(id);
        acknowledged.add(id);
      }
    }
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    assert.match(String(error), /link to the gateway/);
  }
}
