// Whatever happens in whatever order (crashes, duplicates, clocks that jump, readers that die): no accepted message is
// lost, and none comes again to a reader that has acknowledged it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ClientMessageId, MessageId, type Priority } from '../../gateway/protocol/index.ts';
import { newFolder } from '../support/folders.ts';
import { box, MailDesk, TestClock } from '../support/mailDesk.ts';
import { check } from '../support/property.ts';

const LEASE_S = 60;

type Step =
  | {
      readonly step: 'send';
      readonly from: string;
      readonly to: string;
      readonly id: string;
      readonly text: string;
      readonly priority: Priority;
    }
  | { readonly step: 'read'; readonly reader: string; readonly max: number; readonly acknowledges: boolean }
  | { readonly step: 'crash' }
  | { readonly step: 'time'; readonly ms: number }
  | { readonly step: 'requeue'; readonly which: number };

const READERS = ['bob', 'carol'];

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      step: fc.constant('send' as const),
      from: fc.constantFrom('person', 'ci'),
      to: fc.constantFrom('bob', 'carol', '@news', '*', 'bob@far'),
      id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      text: fc.constantFrom('one', 'two'),
      priority: fc.constantFrom('now', 'next', 'low'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constant('read' as const),
      reader: fc.constantFrom(...READERS),
      max: fc.integer({ min: 1, max: 3 }),
      acknowledges: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ step: 'crash' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      step: fc.constant('time' as const),
      ms: fc.integer({ min: -90_000, max: 90_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('requeue' as const), which: fc.nat(5) }) },
);

/** What was told to the senders, and what readers have said. */
class Model {
  /** By sender and id: the message as it was accepted, and its broker id. */
  readonly accepted = new Map<
    string,
    { readonly content: string; readonly brokerId: string; aborted: boolean }
  >();
  readonly acknowledged = new Map<string, Set<string>>(READERS.map((reader) => [reader, new Set<string>()]));
  readonly due = new Map<string, Set<string>>(READERS.map((reader) => [reader, new Set<string>()]));
}

class World {
  readonly #folder = newFolder('property');
  readonly #clock = new TestClock(`m${Math.random().toString(36).slice(2)}`);
  readonly #model = new Model();
  #desk: MailDesk | undefined;

  async open(): Promise<MailDesk> {
    this.#desk ??= await MailDesk.open({ folder: this.#folder, clock: this.#clock });
    return this.#desk;
  }

  async close(): Promise<void> {
    await this.#desk?.[Symbol.asyncDispose]();
    this.#desk = undefined;
  }

  async prepare(): Promise<void> {
    const desk = await this.open();
    await desk.call('mailbox.create', { name: box('ci') });
    for (const name of READERS) await desk.call('mailbox.create', { name: box(name), topics: [box('news')] });
  }

  async run(step: Step): Promise<void> {
    switch (step.step) {
      case 'send':
        return this.#send(step);
      case 'read':
        return void (await this.#read(step.reader, step.max, step.acknowledges));
      case 'crash':
        // What was accepted a moment ago has not been delivered.
        return this.close();
      case 'time':
        return this.#clock.pass(step.ms);
      case 'requeue':
        return this.#requeue(step.which);
    }
  }

  async #send({ from, to, id, text, priority }: Extract<Step, { step: 'send' }>): Promise<void> {
    const { accepted, due } = this.#model;
    const desk = await this.open();
    const known = accepted.get(`${from} ${id}`);
    const content = JSON.stringify([to, text, priority]);
    const { result, error } = await desk.ask('mail.send', {
      from,
      to,
      message: content,
      priority,
      client_message_id: id,
    });
    if (known !== undefined && (known.content !== content || known.aborted)) {
      assert.equal(error?.data?.['problem'], 'mail.conflict', `${from} ${id} was used for ${known.content}`);
      return;
    }
    const brokerId = MessageId.parse((result as { broker_message_id?: unknown }).broker_message_id);
    if (known !== undefined)
      return assert.equal(brokerId, known.brokerId, 'the same message is the same message');
    accepted.set(`${from} ${id}`, { content, brokerId, aborted: false });
    for (const reader of READERS)
      if (to === reader || to === '*' || to === '@news') due.get(reader)?.add(brokerId);
  }

  async #read(reader: string, max: number, acknowledges: boolean): Promise<number> {
    const desk = await this.open();
    const mailbox = box(reader);
    const { messages } = await desk.call('mail.receive', { mailbox, max, lease_s: LEASE_S });
    const acknowledged = this.#model.acknowledged.get(reader);
    for (const { id } of messages) assert.ok(!acknowledged?.has(id), `${id} came again to ${reader}`);
    if (acknowledges && messages.length > 0) {
      const ids = messages.map(({ id }) => id);
      const { acknowledged: count } = await desk.call('mail.ack', { mailbox, ids });
      assert.equal(count, ids.length);
      for (const id of ids) acknowledged?.add(id);
    }
    return messages.length;
  }

  /** Only what waits can be given up: here, what goes to a gateway that is not linked. */
  async #requeue(which: number): Promise<void> {
    const desk = await this.open();
    const { messages } = await desk.call('mail.outbox', { status: 'pending' });
    const waiting = messages.filter(({ to }) => to === 'bob@far');
    const old = waiting[which % Math.max(waiting.length, 1)];
    if (old === undefined) return;
    const anew = ClientMessageId.parse(`anew-${old.id}`);
    const { id } = await desk.call('mail.requeue', { id: old.id, new_client_message_id: anew });
    const known = this.#model.accepted.get(`${old.from} ${old.clientMessageId}`);
    if (known !== undefined) known.aborted = true;
    const { messages: chain } = await desk.call('mail.outbox', { id });
    assert.deepEqual(
      chain.slice(-2).map((mail) => [mail.id, mail.status, mail.to, mail.supersededBy]),
      [
        [old.id, 'aborted', 'bob@far', id],
        [id, 'pending', 'bob@far', null],
      ],
    );
  }

  /** Everybody reads to the end: what was accepted for them was there, once. */
  async finish(after: 'crash' | 'time'): Promise<void> {
    // What readers have taken and not acknowledged is there again, for either reason.
    if (after === 'crash') await this.close();
    else this.#clock.pass(LEASE_S * 1000 + 90_000 * 40);
    const desk = await this.open();
    const far = async (): Promise<number> =>
      (await desk.call('mail.outbox', { status: 'pending', limit: 1000 })).messages.filter(
        ({ to }) => to === 'bob@far',
      ).length;
    await desk.settled(await far());
    for (const reader of READERS) {
      while ((await this.#read(reader, 3, true)) > 0);
      assert.deepEqual(
        this.#model.acknowledged.get(reader),
        this.#model.due.get(reader),
        `the mail of ${reader}`,
      );
    }
    assert.deepEqual(desk.bugs, []);
    await this.close();
  }
}

test('no accepted message is lost, and none comes twice to a reader that acknowledges', async (t) => {
  await check(
    t,
    fc.asyncProperty(
      fc.array(anyStep, { minLength: 5, maxLength: 40 }),
      fc.constantFrom('crash', 'time'),
      async (steps, after) => {
        const world = new World();
        try {
          await world.prepare();
          for (const step of steps) await world.run(step);
          await world.finish(after);
        } finally {
          await world.close();
        }
      },
    ),
    Number(process.env['HOLDFAST_MAIL_RUNS'] ?? 30),
  );
});
