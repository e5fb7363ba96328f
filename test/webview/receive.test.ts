// What the messages of the host do to what the panel knows, without a page: snapshots and news.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ToPanel } from '../../extension/chatMessages.ts';
import {
  emptyPanel,
  receive,
  sessionOf,
  type OpenSession,
  type Panel,
} from '../../extension/webview/panel.ts';
import { asking, happening, ME, OTHER, showing, snapshot, Story } from './story.ts';

const START = Date.parse('2026-11-20T14:01:00Z');
const at = new Date(START).toISOString();
const told = (): Story => new Story(START);
const link = (state: 'connected' | 'connecting'): ToPanel => ({
  type: 'link',
  link: state === 'connected' ? { state, since: START } : { state, since: START, attempt: 1 },
});
const after = (panel: Panel, ...messages: ToPanel[]): Panel => messages.reduce(receive, panel);
const open = (panel: Panel): OpenSession => sessionOf(panel) ?? assert.fail('no session is shown');
const shown = (fields: Parameters<typeof snapshot>[0] = {}): ToPanel => showing(snapshot(fields, START));
const other = (): ToPanel => {
  const { session } = snapshot({}, START);
  return shown({ session: { ...session, sessionId: 's2' } });
};
const waiting = (promptId: string, state: 'running' | 'queued' | 'uncertain') => ({
  promptId,
  sessionId: 's1',
  state,
  message: promptId,
  from: ME,
  createdAt: at,
});

describe('a snapshot', () => {
  it('says what waits, what is asked and since when, each once', () => {
    const origin = { from: 'reviewer', messageId: 'm-1', provenance: { hops: 1 } };
    const { session } = snapshot({}, START);
    const messages = told().prompt('p2', 'Go').add({ type: 'uncertain', promptId: 'p2' }).events;
    const fields = {
      session: { ...session, usage: { used: 7, size: 9 } },
      messages,
      queue: [waiting('p0', 'running'), { ...waiting('p1', 'queued'), origin }, waiting('p2', 'uncertain')],
      held: true,
    };
    // Ids and names of this test are plain text.
    const { transcript } = open(after(emptyPanel, shown(fields as Parameters<typeof snapshot>[0])));
    assert.deepEqual(transcript.queue, [{ promptId: 'p1', message: 'p1', from: ME, origin }]);
    assert.deepEqual(
      transcript.parts.map(({ kind }) => kind),
      ['prompt', 'uncertain'],
    );
    assert.deepEqual([transcript.held, transcript.usage?.used, transcript.statusSince], [true, 7, START]);
  });

  it('of the same session after a break forgets answers that may be lost, and nothing else', () => {
    const before = after(emptyPanel, link('connected'), shown(), {
      type: 'changes',
      key: 'changes:prompt:1',
      states: { 'a.ts': 'made' },
    });
    const cut = after(
      { ...before, answering: new Set(['q1']), refusal: { about: 'q1', message: 'Full.' } },
      { type: 'followers', sessionId: 's1', followers: [ME, OTHER] } as unknown as ToPanel,
      link('connecting'),
      link('connected'),
    );
    const again = after(cut, shown());
    assert.deepEqual([...again.answering], []);
    const unheard = ['p1', 'p2'].map((promptId) => ({
      sessionId: 's1',
      promptId,
      text: promptId,
      attachments: [],
      steer: false,
    }));
    const heard = after({ ...cut, unheard }, shown({ queue: [waiting('p1', 'queued')] })).unheard;
    assert.deepEqual(
      heard.map(({ promptId }) => promptId),
      ['p2'],
    );
    assert.deepEqual(
      [again.wasCut, again.refusal?.about, Object.keys(again.changes), open(again).followers.length],
      [true, 'q1', ['changes:prompt:1'], 2],
    );
    const elsewhere = after(cut, other());
    assert.deepEqual(
      [elsewhere.wasCut, elsewhere.refusal, elsewhere.changes, open(elsewhere).followers],
      [false, undefined, {}, []],
    );
  });
});

describe('an earlier page', () => {
  it('stands above what is here, keeps what is asked, and says where the next one is', () => {
    const { type: _, ...question } = asking('q1', 't1', 'ls');
    const permissions = [{ ...question, sessionId: 's1', createdAt: at }];
    const queue = [waiting('p0', 'uncertain')];
    const panel = after(emptyPanel, shown({ permissions, queue, before: 30 }), {
      type: 'earlier',
      sessionId: 's1',
      messages: told().prompt('p1', 'Hi').ends('p1').events,
      before: 7,
    });
    assert.equal(open(panel).before, 7);
    assert.deepEqual(
      open(panel).transcript.parts.map(({ kind }) => kind),
      ['prompt', 'tool', 'uncertain'],
    );
  });
});

describe('news', () => {
  it('of another session than the shown one change nothing', () => {
    const panel = after(emptyPanel, other());
    const { session } = snapshot({}, START);
    const late: ToPanel[] = [
      happening(told().prompt('p1', 'Hi').events),
      { type: 'earlier', sessionId: 's1', messages: told().prompt('p1', 'Hi').events },
      { type: 'sessionChanged', session },
      { type: 'followers', sessionId: 's1', followers: [] },
      {
        type: 'offers',
        sessionId: 's1',
        offers: { modes: [], models: [], options: [], commands: [], fork: true },
      },
    ];
    for (const message of late) assert.equal(receive(panel, message), panel, message.type);
  });

  it('of a turn are told in its notes, its plan and its times', () => {
    const story = told();
    const transcript = () => open(after(emptyPanel, shown(), happening(story.events))).transcript;
    const notes = () => transcript().parts.flatMap((part) => (part.kind === 'note' ? [part.why] : []));
    story.add({ type: 'status', status: 'busy' }).wait(5000).add({ type: 'status', status: 'busy' });
    assert.equal(transcript().statusSince, START);
    story.add({ type: 'system', subtype: 'fallback', session_id: null, model: null });
    story
      .prompt('p1', 'Hi')
      .ends('p1', 'refusal')
      .add({ type: 'error', code: 'agent.ended', message: 'It broke' });
    assert.deepEqual(notes(), ['anew', 'refusal', 'failed']);
    const plan = (...statuses: ('completed' | 'pending')[]) =>
      story.add({
        type: 'plan',
        entries: statuses.map((status) => ({ content: 'Look', status, priority: 'medium' })),
      });
    plan('completed', 'pending').prompt('p2', 'Go on');
    assert.equal(transcript().plan.length, 2, 'it goes on');
    plan('completed', 'completed').prompt('p3', 'And?');
    assert.equal(transcript().plan.length, 0);
  });

  it('of a second question about one call leave the first one to be answered', () => {
    const story = told()
      .prompt('p1', 'Hi')
      .tool('t1')
      .add(asking('q1', 't1', 'ls'), asking('q2', 't1', 'ls -a'));
    const { parts } = open(after(emptyPanel, shown(), happening(story.events))).transcript;
    const asked = parts.flatMap((part) => (part.kind === 'tool' && part.ask ? [part.ask.permissionId] : []));
    assert.deepEqual(asked, ['q1', 'q2']);
  });

  it('of a session say whether its queue is held; a model that was taken back is the default one again', () => {
    const { session } = snapshot({}, START);
    const story = told()
      .add({ type: 'model', model: 'large' })
      .prompt('p1', 'Hi')
      .add(asking('q1', 't1', 'ls'));
    const changed = (fields: object): ToPanel => ({
      type: 'sessionChanged',
      session: { ...session, ...fields },
    });
    const chosen = after(
      emptyPanel,
      shown(),
      happening(story.events),
      changed({ model: 'large', held: true }),
    );
    assert.deepEqual([open(chosen).transcript.held, open(chosen).transcript.model], [true, 'large']);
    const back = after(chosen, changed({ model: null, held: false }));
    assert.deepEqual([open(back).transcript.held, open(back).transcript.model], [false, undefined]);
  });
});
