// What the chat panel is told: the whole session once, then every event once and in order, over crashes and reloads.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineNow, ToPanel } from '../../extension/chatMessages.ts';
import type { Connection } from '../../extension/connection.ts';
import { OpenSession } from '../../extension/openSession.ts';
import { slowText } from '../../gateway/agents/demoScript.ts';
import { ClientId, Problem, SessionId, type Event } from '../../gateway/protocol/index.ts';
import { waitFor } from '../support/waitFor.ts';
import { link, place, type Place } from './gateway.ts';

const LIMIT = { timeout: 60_000 };
const me = { clientId: ClientId.parse('window-test'), name: 'window test' };

/** What every panel here knows without its gateway. */
const known = { me, home: '/home/ann', agentName: (agent: string) => agent, warn: () => undefined };

/** A panel that keeps what it is told, and a way to wait for it. */
async function panel({ window }: Place) {
  const connection = window('window test');
  connection.want();
  await link(connection, 'connected');
  const told: ToPanel[] = [];
  const waiting: { enough: () => boolean; resolve: (value: undefined) => void }[] = [];
  const open = new OpenSession({
    ...known,
    connection,
    kept: async () => ({ at: 1 }),
    post: (message) => {
      told.push(message);
      for (const { enough, resolve } of waiting) if (enough()) resolve(undefined);
    },
  });
  const until = async (enough: () => boolean): Promise<void> => {
    if (enough()) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    waiting.push({ enough, resolve });
    await promise;
  };
  return { connection, open, told, until };
}

const snapshots = (told: readonly ToPanel[]) => told.filter((message) => message.type === 'session');
const events = (told: readonly ToPanel[]): Event[] =>
  told.flatMap((message) => (message.type === 'events' ? message.events : []));

/** The answer as a panel would show it: pieces at their offsets, whole messages in their place. */
function answer(told: readonly ToPanel[]): string {
  const texts = new Map<string, string>();
  const all = [
    ...snapshots(told)
      .slice(-1)
      .flatMap(({ snapshot }) => snapshot.messages),
    ...events(told),
  ];
  for (const event of all) {
    if (event.type === 'text') texts.set(event.messageId, event.content);
    if (event.type === 'partial') {
      const text = texts.get(event.messageId) ?? '';
      texts.set(event.messageId, text.slice(0, event.offset) + event.content);
    }
  }
  return [...texts.values()].join('');
}

/** A panel in the middle of an answer of so many words. */
async function midAnswer(here: Place, words: number): ReturnType<typeof panel> {
  const shown = await panel(here);
  const { connection, open, told, until } = shown;
  const { sessionId } = await connection.call('session.create', { path: here.home, agent: 'demo' });
  open.show();
  open.open(sessionId);
  await connection.call('session.send', { sessionId, message: `slow ${words}` });
  await until(() => events(told).filter(({ type }) => type === 'partial').length >= 5);
  return shown;
}

const finished = (told: readonly ToPanel[]): boolean => events(told).some(({ type }) => type === 'result');

test('a panel gets the snapshot first, then every event once and in order', LIMIT, async (t) => {
  const here = place(t);
  const { connection, open, told, until } = await panel(here);
  const { sessionId } = await connection.call('session.create', { path: here.home, agent: 'demo' });
  open.show();
  open.open(sessionId);
  await until(() => snapshots(told).length === 1);
  await connection.call('session.send', { sessionId, message: 'slow 50' });
  await until(() => finished(told));
  assert.equal(answer(told), slowText(50));
  const seqs = events(told).map(({ seq }) => seq);
  assert.deepEqual(
    seqs,
    [...new Set(seqs)].toSorted((a, b) => a - b),
  );
  assert.deepEqual(
    told.slice(0, 3).map(({ type }) => type),
    ['link', 'nothing', 'session'],
  );
});

test(
  'a panel that comes back in the middle of an answer has the whole of it in the end',
  LIMIT,
  async (t) => {
    const here = place(t);
    const { open, told, until } = await midAnswer(here, 100);
    open.hide();
    told.length = 0;
    open.show();
    await until(() => finished(told) || answer(told) === slowText(100));
    assert.equal(snapshots(told).length, 1);
    assert.equal(answer(told), slowText(100));
  },
);

test(
  'after a crash of the gateway the panel goes on from its cursor, without a new snapshot',
  LIMIT,
  async (t) => {
    const here = place(t);
    const { connection, told, until } = await midAnswer(here, 200);
    process.kill(connection.client?.info.pid ?? assert.fail('no link'), 'SIGKILL');
    await until(() => events(told).some(({ type }) => type === 'uncertain'));
    assert.equal(snapshots(told).length, 1);
    const cut = answer(told);
    assert.ok(cut.length > 0 && slowText(200).startsWith(cut));
    const seqs = events(told).map(({ seq }) => seq);
    assert.equal(new Set(seqs).size, seqs.length);
  },
);

test('a session of a machine that is away when the link comes back is followed when the machine is there', async () => {
  let subscribed = 0;
  let isThere = true;
  let linked = (): void => undefined;
  let machine: MachineNow['state'] = 'connected';
  const call = async (method: string): Promise<unknown> => {
    if (method !== 'session.subscribe') return {};
    subscribed += 1;
    if (!isThere)
      throw new Problem('peer.offline', 'workstation cannot be reached.', { peer: 'workstation' });
    return { cursor: 'log00000:1', gap: false, snapshot: { session: { agent: 'demo' } } };
  };
  const on = () => ({ dispose: () => undefined });
  // What an open session asks of its connection.
  const connection = {
    client: {},
    link: { state: 'connected', since: 0 },
    call,
    on,
    onDidChangeLink: on,
    onClient: (attach: () => void) => {
      linked = attach;
      return on();
    },
  } as unknown as Connection;
  const open = new OpenSession(
    {
      connection,
      me,
      home: '/home/ann',
      agentName: (agent) => agent,
      warn: () => undefined,
      kept: async () => undefined,
      post: () => undefined,
      machine: () => ({ name: 'workstation', state: machine, since: 0, heardAt: 0 }),
    },
    SessionId.parse('s-away'),
  );
  open.show();
  await waitFor('the first snapshot', () => open.told === 1 || undefined);
  // The gateway was started again, and has no link to that machine yet.
  isThere = false;
  machine = 'disconnected';
  linked();
  await waitFor('the refusal', () => subscribed === 2 || undefined);
  isThere = true;
  machine = 'connected';
  await waitFor('the session to be followed again', () => {
    open.machineChanged();
    return subscribed === 3 || undefined;
  });
  open.dispose();
});

/** A connection whose answers and news a test gives itself. */
function played() {
  const heard = new Map<string, (params: object) => void>();
  const asked: {
    method: string;
    params: { cursor?: string };
    answer: (to: object) => void;
    refuse: (error: Error) => void;
  }[] = [];
  let linked = (): void => undefined;
  const on = (name: string, listener: (params: object) => void) => {
    heard.set(name, listener);
    return { dispose: () => undefined };
  };
  // What an open session asks of its connection.
  const connection = {
    client: {},
    link: { state: 'connected', since: 0 },
    call: (method: string, params: object) =>
      new Promise((answer, refuse) => void asked.push({ method, params, answer, refuse })),
    on,
    onDidChangeLink: () => on('link', () => undefined),
    onClient: (attach: () => void) => {
      linked = attach;
      return on('client', attach);
    },
  } as unknown as Connection;
  const told: ToPanel[] = [];
  const open = new OpenSession({
    ...known,
    connection,
    kept: async () => undefined,
    post: (message) => told.push(message),
  });
  const settled = (): Promise<void> => new Promise(setImmediate);
  const says = (name: string, params: object): void => heard.get(name)?.(params);
  const subscribed = () => asked.filter(({ method }) => method === 'session.subscribe');
  const types = (): string =>
    told
      .splice(0)
      .map(({ type }) => type)
      .join(' ');
  return { open, asked, subscribed, says, settled, told, types, linked: () => linked() };
}

const of = (sessionId: string, seq: number) => ({
  sessionId,
  cursor: `log00000:${seq}`,
  gap: true,
  snapshot: { session: { sessionId, agent: 'demo' }, offers: null },
});

test('what comes late, or is of another session, is told to no panel', async () => {
  const { open, asked, subscribed, says, settled, told, types, linked } = played();
  const [a, b] = [SessionId.parse('s-a'), SessionId.parse('s-b')];
  open.show();
  open.open(a);
  await settled();
  open.wish({ type: 'reveal', place: { seq: 1 } });
  open.open(b);
  open.focusInput();
  await settled();
  assert.equal(subscribed().length, 2);
  subscribed()[0]?.answer(of('s-a', 9));
  says('session.events', { sessionId: b, events: [{ seq: 2, type: 'text' }], cursor: 'log00000:2' });
  says('session.snapshot', of('s-a', 9));
  await settled();
  assert.equal(types(), 'link nothing');
  subscribed()[1]?.answer(of('s-b', 5));
  await settled();
  assert.equal(types(), 'session focusInput', 'what was wished of the other session is forgotten');

  const event = (seq: number) => ({ seq, type: seq === 7 ? 'result' : 'text' });
  const overlap = { sessionId: b, events: [4, 5, 6, 7].map(event), cursor: 'log00000:7' };
  says('session.events', overlap);
  says('session.events', overlap);
  says('session.events', { ...overlap, sessionId: a, cursor: 'log00000:8' });
  assert.deepEqual(
    told.splice(0).map((news) => news.type === 'events' && news.events.map(({ seq }) => seq)),
    [[6, 7]],
  );

  // After a break it goes on from there; a page that is new knows nothing.
  linked();
  await settled();
  assert.equal(subscribed()[2]?.params.cursor, 'log00000:7');
  subscribed()[2]?.answer({ cursor: 'log00000:7', gap: false });
  await settled();
  assert.equal(types(), '');
  open.hide();
  open.show();
  await settled();
  assert.equal(subscribed()[3]?.params.cursor, undefined);
  subscribed()[3]?.refuse(new Problem('storage.full', 'The disk is full.', {}));
  await settled();
  assert.equal(types(), 'link refused');

  open.open(a);
  await settled();
  asked.find(({ method }) => method === 'session.offers')?.answer({ offers: { modes: [] } });
  subscribed()[4]?.refuse(new Problem('session.destroyed', 'It is gone.', {}));
  await settled();
  assert.deepEqual([types(), open.id], ['nothing', undefined]);
});
