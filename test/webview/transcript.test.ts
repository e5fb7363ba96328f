// The transcript as the panel builds it: whatever way the events come, the reader sees the same conversation.
import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compact } from '../../gateway/core/log.ts';
import { fromSnapshot, prepend } from '../../extension/webview/snapshot.ts';
import { apply, emptyTranscript, overlay } from '../../extension/webview/transcript.ts';
import type { Part, Transcript } from '../../extension/webview/parts.ts';
import type { Event } from '../../gateway/protocol/index.ts';
import { asking, ME, OTHER, snapshot, Story, type Body } from './story.ts';

const START = Date.parse('2026-11-20T14:01:00Z');
const story = (): Story => new Story(START);
const read = (events: readonly Event[]): Transcript => events.reduce(apply, emptyTranscript);
const kinds = ({ parts }: Transcript): string[] => parts.map(({ kind }) => kind);

function only<K extends Part['kind']>(t: Transcript, kind: K): Extract<Part, { kind: K }> {
  const found = t.parts.filter((part) => part.kind === kind);
  assert.equal(found.length, 1, `one ${kind} in ${kinds(t).join(' ')}`);
  // The filter above compares the kind; TypeScript does not narrow a generic union by it.
  return found[0] as Extract<Part, { kind: K }>;
}

/** A story of turns as an agent might tell them. */
const turns = fc
  .array(
    fc.record({
      steps: fc.array(
        fc.oneof(
          fc.record({
            say: fc.string({ minLength: 1, unit: 'grapheme' }),
            size: fc.integer({ min: 1, max: 9 }),
          }),
          fc.record({ think: fc.string({ minLength: 1 }) }),
          fc.record({ call: fc.constantFrom('completed' as const, 'failed' as const) }),
          fc.record({ ask: fc.boolean() }),
        ),
        { maxLength: 6 },
      ),
      end: fc.constantFrom('done', 'interrupted', 'failed', 'uncertain', 'again', 'left'),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((all) => {
    const told = story();
    all.forEach(({ steps, end }, turn) => {
      const promptId = `p${turn}`;
      told.wait(1000).add({ type: 'queued', promptId, position: 0, message: `Prompt ${turn}`, from: ME });
      told.prompt(promptId, `Prompt ${turn}`);
      steps.forEach((step, index) => {
        const id = `${turn}-${index}`;
        told.wait(500);
        if ('say' in step) told.says(`m${id}`, step.say, step.size);
        else if ('think' in step) told.thinks(`m${id}`, step.think);
        else if ('call' in step) {
          told
            .tool(`t${index}`)
            .wait(700)
            .add({ type: 'tool_update', toolCallId: `t${index}`, status: step.call });
        } else {
          told.tool(`t${index}`).add(asking(`q${id}`, `t${index}`, 'rm -r build'));
          if (step.ask)
            told
              .wait(300)
              .add({ type: 'permission_resolved', permissionId: `q${id}`, optionId: 'once', by: OTHER });
        }
      });
      if (end === 'done') told.ends(promptId);
      else if (end === 'failed')
        told.add({ type: 'error', promptId, code: 'agent.failed', message: 'It broke' });
      else if (end === 'interrupted') told.add({ type: end, promptId });
      else told.add({ type: 'uncertain', promptId });
      if (end === 'left') told.add({ type: 'dequeued', promptId });
      if (end === 'again')
        told
          .add({ type: 'queued', promptId, position: 0, message: `Prompt ${turn}`, from: ME })
          .prompt(promptId, `Prompt ${turn}`)
          .says(`again${turn}`, 'Once more')
          .ends(promptId);
    });
    return told.events;
  });

/** What the gateway keeps of a log: each turn compacted on its own. */
function kept(events: readonly Event[]): Event[] {
  const starts = events.flatMap(({ type }, index) => (type === 'prompt' ? [index] : []));
  return [0, ...starts].flatMap((start, turn) => compact(events.slice(start, starts[turn])));
}

const parts = (t: Transcript): unknown => t.parts;

describe('the transcript', () => {
  it('joins deltas of any size to the text that the agent sent', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.integer({ min: 1, max: 20 }),
        (text, size) => {
          assert.equal(only(read(story().says('m1', text, size).events), 'text').text, text);
        },
      ),
    );
  });

  it('is not changed by a delta that comes again, even late', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(),
        (text, size, pick) => {
          const { events } = story().says('m1', text, size);
          const again = events[pick % events.length];
          assert.ok(again);
          assert.equal(only(read([...events, again]), 'text').text, text);
        },
      ),
    );
  });

  it('is the same when every event comes twice', () => {
    fc.assert(
      fc.property(turns, (events) => {
        const twice = read(events.flatMap((event) => [event, event]));
        assert.deepEqual({ ...twice, orphans: [] }, { ...read(events), orphans: [] });
      }),
    );
  });

  it('is the same from a snapshot at any point and the events after it', () => {
    fc.assert(
      fc.property(turns, fc.nat(), (events, pick) => {
        const at = pick % (events.length + 1);
        const messages = kept(events.slice(0, at));
        const before = {
          ...fromSnapshot(snapshot({ messages }, START)),
          queue: read(events.slice(0, at)).queue,
        };
        assert.deepEqual(parts(events.slice(at).reduce(apply, before)), parts(read(events)));
      }),
    );
  });

  it('is the same when what is older comes later, page by page', () => {
    fc.assert(
      fc.property(turns, fc.nat(), fc.nat(), (events, one, other) => {
        // The gateway sends whole messages, so a page never begins inside of one.
        const whole = kept(events);
        const [first = 0, last = 0] = [one, other]
          .map((at) => at % (whole.length + 1))
          .toSorted((a, b) => a - b);
        const newest = fromSnapshot(snapshot({ messages: whole.slice(last) }, START));
        const half = prepend(newest, whole.slice(first, last));
        assert.deepEqual(parts(prepend(half, whole.slice(0, first))), parts(read(whole)));
      }),
    );
  });

  it('skips events of a type that it does not know', () => {
    const { events } = story().says('m1', 'Hello');
    const strange = { ...events[0], type: 'hologram' } as unknown as Event;
    assert.deepEqual(parts(read([...events, strange])), parts(read(events)));
  });

  it('writes a delta over what it covers', () => {
    assert.equal(overlay('Hello there', { offset: 6, content: 'you' }), 'Hello youre');
    assert.equal(overlay('Hello', { offset: 5, content: ' you' }), 'Hello you');
  });
});

describe('prompts', () => {
  const wait = (promptId: string, position: number, message = promptId): Body => ({
    type: 'queued',
    promptId,
    position,
    message,
    from: ME,
  });

  it('wait in the queue until they enter the conversation', () => {
    const told = story().add({ type: 'queued', promptId: 'p1', position: 0, message: 'Hi', from: ME });
    assert.deepEqual(
      read(told.events).queue.map(({ promptId }) => promptId),
      ['p1'],
    );
    const after = read(told.prompt('p1', 'Hi').events);
    assert.deepEqual(after.queue, []);
    assert.equal(only(after, 'prompt').outcome, 'running');
  });

  it('that wait can be edited and moved; places count the prompt that runs', () => {
    const told = story().prompt('p0', 'Runs').add(wait('p1', 1), wait('p2', 2), wait('p3', 3));
    const order = (): unknown => read(told.events).queue.map(({ message }) => message);
    told.add(wait('p3', 1));
    assert.deepEqual(order(), ['p3', 'p1', 'p2']);
    told.add(wait('p1', 2, 'other words'));
    assert.deepEqual(order(), ['p3', 'other words', 'p2']);
    told.add({ type: 'uncertain', promptId: 'p0' }, wait('p4', 2));
    assert.deepEqual(order(), ['p3', 'p4', 'other words', 'p2']);
  });

  it('that wait are held when a turn ends badly, until somebody has chosen or the next one starts', () => {
    const told = story().prompt('p0', 'Runs').add(wait('p1', 1));
    const isHeld = (): boolean => read(told.events).held;
    told.add({ type: 'error', promptId: 'p0', code: 'agent.failed', message: 'It broke' });
    assert.equal(isHeld(), true);
    assert.equal(read(told.events).parts.filter((part) => part.kind === 'note' && part.promptId).length, 1);
    told.add(wait('p0', 0));
    assert.equal(isHeld(), false);
    assert.equal(only(read(told.events), 'note').promptId, undefined, 'it is run again only once');
    told.prompt('p0', 'Runs').add({ type: 'uncertain', promptId: 'p0' });
    assert.equal(isHeld(), true);
    told.add({ type: 'dequeued', promptId: 'p0' });
    assert.equal(isHeld(), false);
    told.prompt('p0', 'Runs').add({ type: 'uncertain', promptId: 'p0' }).prompt('p1', 'Hi');
    assert.equal(isHeld(), false);
    const alone = story().prompt('p0', 'Runs').add({ type: 'uncertain', promptId: 'p0' });
    assert.equal(read(alone.events).held, false);
  });

  it('leave the queue when somebody removes them', () => {
    const told = story()
      .add({ type: 'queued', promptId: 'p1', position: 0, message: 'Hi', from: ME })
      .add({ type: 'dequeued', promptId: 'p1' });
    assert.deepEqual(read(told.events).queue, []);
  });

  it('that may not have finished are marked, with a question that stays until somebody chooses', () => {
    const told = story()
      .prompt('p1', 'Hi')
      .says('m1', 'Half of the ans')
      .add({ type: 'uncertain', promptId: 'p1' });
    const lost = read(told.events);
    assert.equal(only(lost, 'prompt').outcome, 'uncertain');
    assert.equal(only(lost, 'uncertain').choice, 'open');
    const left = read(told.add({ type: 'dequeued', promptId: 'p1' }).events);
    assert.equal(only(left, 'prompt').outcome, 'left');
    assert.equal(only(left, 'uncertain').choice, 'left');
  });

  it('that run again stand in the conversation a second time', () => {
    const told = story().prompt('p1', 'Hi').add({ type: 'uncertain', promptId: 'p1' });
    told.add({ type: 'queued', promptId: 'p1', position: 0, message: 'Hi', from: ME });
    assert.equal(only(read(told.events), 'uncertain').choice, 'again');
    const after = read(told.prompt('p1', 'Hi').says('m2', 'All of it').ends('p1').events);
    assert.deepEqual(
      after.parts.map((part) => (part.kind === 'prompt' ? part.outcome : part.kind)),
      ['again', 'uncertain', 'done', 'text'],
    );
  });

  it('that are uncertain since long ago still ask, though their page is not here', () => {
    const prompt = {
      promptId: 'p0',
      sessionId: 's1',
      state: 'uncertain' as const,
      message: 'Hi',
      from: ME,
      createdAt: new Date(START).toISOString(),
    };
    const t = fromSnapshot(snapshot({ queue: [prompt] }, START));
    assert.equal(only(t, 'uncertain').promptId, 'p0');
  });
});

describe('a conversation that an agent had before', () => {
  const resumed = { type: 'system', subtype: 'resumed', session_id: 'old', model: null } as const;

  it('stands in the transcript as the agent tells it, over and marked', () => {
    const prompt = { type: 'prompt', promptId: 'p1', message: 'Do it', from: OTHER, earlier: true } as const;
    const { parts } = read(story().add(prompt).says('m1', 'Done.').ends('p1').add(resumed).events);
    assert.deepEqual(
      parts.map((part) => part.kind === 'prompt' && [part.outcome, part.earlier]),
      [['done', true], false],
    );
  });

  it('is said to be there when the agent tells nothing of it', () => {
    assert.equal(only(read(story().add(resumed).events), 'note').why, 'untold');
    const known = read(story().prompt('p1', 'Do it').ends('p1').add(resumed).events);
    assert.deepEqual(kinds(known), ['prompt']);
  });
});

describe('tool calls', () => {
  it('take what an update says and keep the rest', () => {
    const told = story().prompt('p1', 'Hi').tool('t1', { title: 'Run tests' });
    told.wait(2000).add({
      type: 'tool_update',
      toolCallId: 't1',
      status: 'completed',
      content: [{ type: 'text', text: 'ok' }],
    });
    const { call, at, since } = only(read(told.events), 'tool');
    assert.equal(call.title, 'Run tests');
    assert.equal(call.status, 'completed');
    assert.deepEqual(call.content, [{ type: 'text', text: 'ok' }]);
    assert.equal(at - since, 2000);
  });

  it('of an agent that uses the same id in every turn are different calls', () => {
    const told = story()
      .prompt('p1', 'One')
      .tool('call_1', { status: 'completed' })
      .ends('p1')
      .prompt('p2', 'Two')
      .tool('call_1');
    assert.deepEqual(kinds(read(told.events)), ['prompt', 'tool', 'prompt', 'tool']);
  });

  it('that had not finished when their turn ended never will', () => {
    const told = story().prompt('p1', 'Hi').tool('t1').add({ type: 'interrupted', promptId: 'p1' });
    const t = read(told.events);
    assert.equal(only(t, 'tool').cut, true);
    assert.equal(only(t, 'note').why, 'stopped');
  });
});

describe('permissions', () => {
  const asked = (): Story =>
    story()
      .prompt('p1', 'Hi')
      .tool('t1')
      .add(asking('q1', 't1', 'rm -r build'));

  it('stand in the card of the call that they are about, with what was asked', () => {
    const { ask } = only(read(asked().events), 'tool');
    assert.equal(ask?.permissionId, 'q1');
    assert.deepEqual(ask.call.input, { command: 'rm -r build' });
    assert.deepEqual(
      ask.options.map(({ optionId }) => optionId),
      ['once', 'always', 'no'],
    );
  });

  it('become their verdict in place', () => {
    const told = asked()
      .wait(4000)
      .add({ type: 'permission_resolved', permissionId: 'q1', optionId: 'once', by: OTHER });
    const t = read(told.events);
    assert.deepEqual(only(t, 'tool').ask?.verdict, { optionId: 'once', by: OTHER, at: START + 4000 });
    assert.deepEqual(kinds(t), ['prompt', 'tool']);
  });

  it('keep what was asked when the call says something else afterwards', () => {
    const told = asked().add({ type: 'tool_update', toolCallId: 't1', input: { command: 'rm -r /' } });
    assert.deepEqual(only(read(told.events), 'tool').ask?.call.input, { command: 'rm -r build' });
  });

  it('of a snapshot are shown though their event is not among its messages', () => {
    const { type: _, ...question } = asking('q1', 't1', 'rm -r build');
    const permission = { ...question, sessionId: 's1', createdAt: new Date(START).toISOString() };
    assert.equal(
      only(fromSnapshot(snapshot({ permissions: [permission] }, START)), 'tool').ask?.permissionId,
      'q1',
    );
  });
});

describe('the agent', () => {
  const started = (model: string | null): Body => ({
    type: 'system',
    subtype: 'init',
    session_id: null,
    model,
  });

  it('is known by the commands and the model that it told last', () => {
    const told = story().add(
      started('large'),
      { type: 'commands', commands: [{ name: 'help', description: 'Help' }] },
      { type: 'commands', commands: [{ name: 'compact', description: 'Shorten' }] },
    );
    assert.equal(read(told.events).model, 'large');
    assert.deepEqual(
      read(told.events).commands.map(({ name }) => name),
      ['compact'],
    );
    assert.equal(read(told.add({ type: 'model', model: 'small' }).events).model, 'small');
    assert.equal(read(told.add(started(null)).events).model, undefined);
  });

  it('may have told its commands long ago, on an earlier page', () => {
    const help = { name: 'help', description: 'Help' };
    const told = story().add(started('large'), { type: 'commands', commands: [help] });
    told.prompt('p1', 'Hi').says('m1', 'Hello').ends('p1').prompt('p2', 'Go');
    const later = told.events.slice(-2);
    const half = fromSnapshot(snapshot({ messages: later }, START));
    assert.deepEqual(half.commands, []);
    const { commands, model } = prepend(half, told.events.slice(0, -2));
    assert.deepEqual([commands[0]?.name, model], ['help', 'large']);
  });
});
