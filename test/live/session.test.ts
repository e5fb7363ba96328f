// A session at work, step by step: a real store, and an agent that does only what the test says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  AgentConversation,
  AgentDriver,
  AgentListener,
  Answer,
  OpenOptions,
  Question,
  TurnEnd,
} from '../../gateway/agents/agent.ts';
import { noTools } from '../../gateway/lentTools.ts';
import { CHANGE_LIMIT_MS } from '../../gateway/live/changes.ts';
import { systemClock, type Clock } from '../../gateway/live/clock.ts';
import { Live } from '../../gateway/live/live.ts';
import { Problem, type Message } from '../../gateway/protocol/index.ts';
import { DISK_FULL } from '../../gateway/store/database.ts';
import type { Store } from '../../gateway/store/store.ts';
import { waitFor, within } from '../support/waitFor.ts';
import { admit, delta, newSession, NOW, openStore, sent, SESSION } from '../support/store.ts';

/** An agent that notes what it is given, and ends a turn only when it is cancelled. */
class PatientAgent implements AgentDriver {
  readonly given: Message[] = [];
  readonly resumed: (string | null)[] = [];
  running = 0;
  ear: AgentListener | undefined;
  onCancel = (): void => {};
  onChange = (): Promise<void> => Promise.resolve();

  async open({ resume }: OpenOptions, ear: AgentListener): Promise<AgentConversation> {
    this.ear = ear;
    this.resumed.push(resume);
    this.running += 1;
    const { given } = this;
    const end = Promise.withResolvers<{ code: number; signal: null; detail: string }>();
    let turn: PromiseWithResolvers<TurnEnd> | undefined;
    return {
      pid: 1,
      agentSessionId: 'patient',
      opened: 'new',
      model: null,
      ended: end.promise,
      prompt(message) {
        given.push(message);
        turn = Promise.withResolvers<TurnEnd>();
        return turn.promise;
      },
      cancel: () => {
        this.onCancel();
        turn?.resolve({ stopReason: 'cancelled' });
      },
      setMode: () => this.onChange(),
      setOption: () => Promise.resolve(),
      setModel: () => Promise.resolve(),
      [Symbol.asyncDispose]: async () => {
        this.running -= 1;
        turn?.reject(new Error('the agent has ended'));
        end.resolve({ code: 0, signal: null, detail: '' });
      },
    };
  }
}

const logger = { info: () => {}, warn: () => {}, error: () => {} };

function newLive(store: Store, clock = systemClock): { live: Live; agent: PatientAgent } {
  const agent = new PatientAgent();
  const world = {
    store,
    clock,
    logger,
    lendTools: noTools,
    startTime: () => undefined,
    idleAgentMs: 0,
  };
  return { agent, live: new Live({ ...world, findAgent: () => agent }) };
}

/** A session with an agent, and what is live of them: ended with the test. */
async function begin(clock?: Clock) {
  const { store, ...opened } = openStore();
  const session = await newSession(store);
  const { live, agent } = newLive(store, clock);
  return {
    ...{ store, session, live, agent },
    async [Symbol.asyncDispose]() {
      await live[Symbol.asyncDispose]();
      opened[Symbol.dispose]();
    },
  };
}

const stateOf = (store: Store, id: string): string | undefined =>
  store.queue.get(store.sessions.get(SESSION), sent(id).promptId).state;

test('a stop counts from the moment at which the prompt was acknowledged, before anybody has taken it', async () => {
  await using working = await begin();
  const { store, live, agent } = working;
  await admit(store, 'a');
  live.wake(SESSION);
  assert.equal(await live.of(SESSION).interrupt(), true);
  assert.equal(stateOf(store, 'a'), 'cancelled');
  assert.deepEqual(agent.given, [], 'the agent was given what nobody wants any more');
});

test('an agent that never answers to a change is not waited for for ever', async () => {
  await using working = await begin({
    ...systemClock,
    after: (ms, callback) => systemClock.after(ms === CHANGE_LIMIT_MS ? 1 : ms, callback),
  });
  const { live, agent } = working;
  await live.of(SESSION).resume(undefined);
  agent.onChange = () => Promise.withResolvers<void>().promise;
  const changed = live.of(SESSION).configure({ mode: 'plan' });
  await assert.rejects(within('an answer', changed), {
    problem: 'agent.failed',
    message: /has not answered within 30 seconds.+Try again/,
  });
});

test('the end of the gateway leaves a prompt that no agent had as it was', async () => {
  await using working = await begin();
  const { store, live, agent } = working;
  await admit(store, 'a');
  live.wake(SESSION);
  await live[Symbol.asyncDispose]();
  assert.equal(stateOf(store, 'a'), 'running');
  assert.deepEqual(agent.given, []);
  const next = newLive(store);
  await next.live.recover();
  await waitFor('the next gateway to hand it over', () => next.agent.given.length > 0);
  assert.deepEqual(next.agent.given, ['text of a']);
  await next.live[Symbol.asyncDispose]();
});

test('a session says at which step of its plan the turn is, and no longer than it lasts', async () => {
  await using working = await begin();
  const { store, live, agent } = working;
  await admit(store, 'a');
  live.wake(SESSION);
  await waitFor('the agent to have it', () => agent.given.length > 0);
  const step = () => store.sessions.get(SESSION).session.step;
  const plan = (...statuses: readonly ('completed' | 'in_progress' | 'pending')[]): void =>
    agent.ear?.updates([
      { type: 'plan', entries: statuses.map((status, index) => ({ content: `Step ${index}`, status })) },
    ]);
  assert.equal(step(), undefined);
  plan('completed', 'in_progress', 'pending');
  assert.deepEqual(step(), { at: 2, of: 3, content: 'Step 1' });
  plan('completed', 'completed', 'pending');
  assert.equal(step(), undefined);
  plan('completed', 'completed', 'in_progress');
  await live.of(SESSION).interrupt();
  assert.equal(step(), undefined);
});

const fullDisk = () => Promise.reject(new Problem('storage.full', DISK_FULL));

test('a prompt that could not be begun on a full disk is begun when there is room, with nobody asking', async (t) => {
  await using working = await begin();
  const { store, live, agent } = working;
  await admit(store, 'a');
  const full = t.mock.method(store, 'synced', fullDisk);
  live.wake(SESSION);
  await waitFor('the disk to be met full', () => full.mock.callCount() > 0);
  full.mock.restore();
  await waitFor('the agent to have it', () => agent.given.length > 0);
});

test('a gateway that ends on a full disk does not wait for room', async (t) => {
  await using working = await begin();
  const { store, live, agent } = working;
  await admit(store, 'a');
  live.wake(SESSION);
  await waitFor('the agent to have it', () => agent.given.length > 0);
  const full = t.mock.method(store, 'synced', fullDisk);
  await within('the end', live[Symbol.asyncDispose]());
  full.mock.restore();
  assert.equal(agent.running, 0);
  const next = newLive(store);
  await next.live.recover();
  assert.equal(stateOf(store, 'a'), 'uncertain');
  await next.live[Symbol.asyncDispose]();
});

test('most of a long turn is compacted before its end, and others come in between', async () => {
  await using working = await begin();
  const { store, live, agent, session } = working;
  await admit(store, 'a');
  live.wake(SESSION);
  await waitFor('the agent to have it', () => agent.given.length > 0);
  const words = Array.from({ length: 3_500 }, (_, index) => `word${index} `);
  agent.ear?.updates(words.map((text) => ({ type: 'message', text })));
  const lengths: number[] = [];
  store.listeners.push(({ batches }) => {
    if (batches.some(({ isCompacted }) => isCompacted)) lengths.push(store.log.size(session).events);
    // Whoever has waited is heard before the next part.
    setImmediate(() => lengths.push(0));
  });
  await live.of(SESSION).interrupt();
  assert.deepEqual(
    lengths.slice(0, 6).map((length) => Math.round(length / 1000)),
    [3, 0, 2, 0, 1, 0],
  );
  const { texts } = store.log.read(session, 0, 100);
  const said = texts.filter((text) => text.includes('word'));
  assert.equal(said.length, 1);
  assert.ok(said[0]?.includes(`"type":"text"`) && said[0].includes(words.join('')));
  assert.equal(store.log.search('word3499', 10).length, 1);
});

test('a long turn that cannot be compacted beforehand ends all the same', async (t) => {
  await using working = await begin();
  const { store, live, agent, session } = working;
  await admit(store, 'a');
  live.wake(SESSION);
  await waitFor('the agent to have it', () => agent.given.length > 0);
  agent.ear?.updates(Array.from({ length: 1_500 }, () => ({ type: 'message', text: 'word ' })));
  const full = t.mock.method(store.log, 'compactPart', () => {
    throw new Problem('storage.full', 'The disk is full.');
  });
  await live.of(SESSION).interrupt();
  assert.deepEqual([full.mock.callCount(), stateOf(store, 'a')], [1, 'cancelled']);
  assert.equal(store.log.read(session, 0, 100).texts.filter((text) => text.includes('word')).length, 1);
});

test('a turn that is cut while it is compacted is whole after the next start', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  const { promptId } = sent('a');
  await admit(store, 'a');
  const words = Array.from({ length: 2_500 }, (_, index) => `word${index} `);
  store.written(() => {
    store.queue.markHanded(promptId);
    let offset = 0;
    const deltas = words.map((word) => delta((offset += word.length) - word.length, word));
    store.log.append(session, NOW, deltas);
    store.log.compactPart(session, 1, 1001);
  });
  const { live } = newLive(store);
  await live.recover();
  const { texts } = store.log.read(session, 0, 100);
  assert.deepEqual(
    texts.map((text) => /"type":"(\w+)"/.exec(text)?.[1]),
    ['prompt', 'text', 'uncertain'],
  );
  assert.ok(texts[1]?.includes(words.join('')));
  await live[Symbol.asyncDispose]();
});

test('what waits behind a turn that is ended by force goes to a fresh agent, not to the one that is just ending', async () => {
  const impatient: Clock = { ...systemClock, after: (ms, done) => systemClock.after(Math.min(ms, 1), done) };
  await using working = await begin(impatient);
  const { store, live, agent } = working;
  const gone = Promise.withResolvers<void>();
  const open = agent.open.bind(agent);
  agent.open = async (...how) => {
    agent.open = open;
    const conversation = await open(...how);
    const end = conversation[Symbol.asyncDispose].bind(conversation);
    // As some do: it hears nothing of being cancelled, calls its turn cancelled when it is told to end, and takes its time.
    return {
      ...conversation,
      cancel: () => undefined,
      [Symbol.asyncDispose]: async () => {
        conversation.cancel();
        await gone.promise;
        await end();
      },
    };
  };
  await admit(store, 'a');
  live.wake(SESSION);
  await waitFor('the agent to have it', () => agent.given.length > 0);
  await admit(store, 'b');
  assert.equal(await live.of(SESSION).interrupt(), true);
  await waitFor('the next turn', () => stateOf(store, 'b') === 'running');
  gone.resolve();
  await waitFor('an agent to have it', () => agent.given.length > 1);
  assert.deepEqual([agent.resumed.length, stateOf(store, 'b')], [2, 'running']);
});

test('an agent whose start could not be written down is ended, and the next prompt has one that is known', async () => {
  await using working = await begin();
  const { store, live, agent } = working;
  const written = store.written.bind(store);
  const open = agent.open.bind(agent);
  agent.open = async (...how) => {
    const conversation = await open(...how);
    agent.open = open;
    store.written = () => {
      throw new Problem('storage.full', 'The disk is full.');
    };
    return conversation;
  };
  await admit(store, 'a');
  live.wake(SESSION);
  await waitFor('the end of the first turn', () => stateOf(store, 'a') === 'failed');
  store.written = written;
  await admit(store, 'b');
  live.wake(SESSION);
  await waitFor('the agent to have the second', () => agent.given.length > 0);
  assert.deepEqual(agent.given, ['text of b']);
  assert.equal(store.sessions.get(SESSION).session.agentSessionId, 'patient');
});

const QUESTION: Question = {
  title: 'May I?',
  toolCall: {
    toolCallId: 't1',
    tool: 'run',
    title: 'Run it',
    kind: 'execute',
    input: {},
    status: 'pending',
    locations: [],
    content: [],
  },
  options: [],
};

/** All that is synced shares its commit with work that fails after it wrote, and so is done twice. */
function doTwice(store: Store): void {
  const synced = store.synced.bind(store);
  store.synced = (work) => {
    const done = synced(work);
    synced(() => {
      store.sessions.setDraft(store.sessions.get(SESSION), 'undone');
      throw new Error('not this one');
    }).catch(() => undefined);
    return done;
  };
}

for (const times of ['once', 'twice']) {
  test(`a turn with a question tells each status once where what is synced is done ${times}`, async () => {
    using opened = openStore();
    const { store } = opened;
    await newSession(store);
    const told: (string | undefined)[] = [];
    store.listeners.push(({ batches }) => {
      const texts = batches.flatMap((batch) => batch.texts);
      told.push(...texts.map((text) => /"(?:type":"status","status|type)":"(\w+)"/.exec(text)?.[1]));
    });
    if (times === 'twice') doTwice(store);
    const { live, agent } = newLive(store);
    const status = () => store.sessions.get(SESSION).session.status;
    await admit(store, 'a');
    live.wake(SESSION);
    await waitFor('the agent to have it', () => agent.given.length > 0);
    assert.equal(status(), 'busy');
    const takeBack = new AbortController();
    const answer = agent.ear?.permission(QUESTION, takeBack.signal);
    await waitFor('the question', () => status() === 'waiting');
    takeBack.abort();
    assert.equal(await answer, undefined);
    assert.equal(status(), 'busy');
    await live.of(SESSION).interrupt();
    assert.equal(status(), 'idle');
    assert.deepEqual(told, [
      'prompt',
      'starting',
      'system',
      'busy',
      'permission',
      'waiting',
      'permission_resolved',
      'busy',
      'interrupted',
      'idle',
    ]);
    await live[Symbol.asyncDispose]();
    assert.equal(store.sessions.draft(SESSION), '');
  });
}

test('an agent that asks while its turn is being stopped gets no answer, and nobody is asked', async () => {
  await using working = await begin();
  const { store, live, agent, session } = working;
  await admit(store, 'a');
  live.wake(SESSION);
  await waitFor('the agent to have it', () => agent.given.length > 0);
  let answer: Promise<Answer | undefined> | undefined;
  agent.onCancel = () => {
    answer = agent.ear?.permission(QUESTION, new AbortController().signal);
  };
  await live.of(SESSION).interrupt();
  assert.ok(answer !== undefined);
  assert.equal(await answer, undefined);
  assert.ok(!store.log.read(session, 0, 100).texts.some((text) => text.includes('"permission"')));
});
