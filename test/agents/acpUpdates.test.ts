// Whatever an agent writes, what comes out are events that can be stored: nothing throws, nothing known is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { AgentUpdate } from '../../gateway/agents/agent.ts';
import { ToolCards } from '../../gateway/agents/acpTools.ts';
import { readUpdate } from '../../gateway/agents/acpUpdates.ts';
import { EventBody, ToolCall } from '../../gateway/protocol/index.ts';

const read = (...updates: unknown[]): AgentUpdate[] => {
  const tools = new ToolCards();
  return updates.flatMap((update) => readUpdate(update, tools));
};

const KINDS = [
  'agent_message_chunk',
  'agent_thought_chunk',
  'user_message_chunk',
  'tool_call',
  'tool_call_update',
  'plan',
  'available_commands_update',
  'current_mode_update',
  'config_option_update',
  'usage_update',
  'session_info_update',
  'no_such_kind',
];

const FIELDS = (
  'type text content toolCallId title kind status rawInput locations path line entries availableCommands name ' +
  'configOptions category currentValue used size cost amount currency currentModeId messageId data mimeType ' +
  'resource _meta rawOutput result error'
).split(' ');

/** Values that are right as often as they are wrong, so that every reader is reached at every depth. */
const { update: anyUpdate } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('text', 'diff', 'content', 'terminal', 'pending', 'completed', 'id', '', 'mode', 'model'),
    fc.integer({ min: -1, max: 100 }),
    fc.constantFrom(1.5, 1e300),
    fc.constantFrom(null, true, Number.POSITIVE_INFINITY, '\ud800'),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('record'),
  ),
  record: fc.dictionary(fc.constantFrom(...FIELDS), tie('value')),
  update: fc.tuple(fc.constantFrom(...KINDS), tie('record')).map(([sessionUpdate, record]) => ({
    ...(record as object),
    sessionUpdate,
  })),
}));

/** Those updates that the gateway writes into its log as they are. */
const isEvent = (update: AgentUpdate): boolean =>
  ['tool_use', 'tool_update', 'plan', 'commands', 'model', 'usage'].includes(update.type);

test('any JSON becomes storable events or nothing', () => {
  fc.assert(
    fc.property(fc.array(anyUpdate, { maxLength: 5 }), (updates) => {
      for (const update of read(...updates)) {
        if (isEvent(update)) EventBody.parse(update);
        assert.doesNotThrow(() => JSON.stringify(update));
      }
    }),
    { numRuns: 2_000 },
  );
});

test('any JSON becomes a question that can be stored, or none', () => {
  const options = [{ optionId: 'yes', kind: 'allow_once' }];
  fc.assert(
    fc.property(anyUpdate, (toolCall) => {
      const asked = new ToolCards().ask({ toolCall, options });
      if (asked !== undefined) ToolCall.parse(asked.question.toolCall);
    }),
    { numRuns: 2_000 },
  );
  const locations = [
    { path: '/a', line: 1e300 },
    { path: '/b', line: 7 },
  ];
  const asked = new ToolCards().ask({ toolCall: { toolCallId: 't', locations }, options });
  assert.deepEqual(asked?.question.toolCall.locations, [{ path: '/a' }, { path: '/b', line: 7 }]);
});

test('things that are no objects at all are skipped', () => {
  assert.deepEqual(read(undefined, null, 7, 'text', [], [{}]), []);
});

test('what a tool of an MCP server answered is shown where it is told only as its result', () => {
  const call = (more: object) => ({ sessionUpdate: 'tool_call_update', toolCallId: 't', ...more });
  const contents = (...updates: object[]) => {
    const last = read({ sessionUpdate: 'tool_call', toolCallId: 't' }, ...updates).at(-1);
    return last?.type === 'tool_update' ? last.content : undefined;
  };
  const text = (said: string) => ({ type: 'text', text: said });
  const image = (mimeType: string, data: string) => ({ type: 'image', mimeType, data });
  const result = {
    content: [
      text('three mailboxes'),
      image('image/png', 'AAAA'),
      image('image/svg+xml', 'AAAA'),
      image('image/png', 'no base64'),
      image('image/png', 'A'.repeat(192 * 1024)),
    ],
  };
  const over = { status: 'completed', rawOutput: { result, error: null } };
  assert.deepEqual(contents(call(over)), [
    text('three mailboxes'),
    { type: 'other', summary: 'image/png, 1 kB', image: { mimeType: 'image/png', data: 'AAAA' } },
    { type: 'other', summary: 'image/svg+xml, 1 kB' },
    { type: 'other', summary: 'image/png, 1 kB' },
    // With the first one there is no room for it.
    { type: 'other', summary: 'image/png, 147 kB' },
  ]);
  assert.deepEqual(
    contents(call({ status: 'failed', rawOutput: { error: { message: 'no such mailbox' } } })),
    [text('no such mailbox')],
  );
  const shown = [{ type: 'content', content: text('as it is shown') }];
  assert.deepEqual(contents(call({ ...over, content: shown })), [text('as it is shown')]);
  assert.equal(contents(call({ content: shown }), call(over)), undefined);
});

test('images and links are told in words', () => {
  const chunk = (content: unknown) => ({ sessionUpdate: 'agent_message_chunk', content });
  const said = read(
    chunk({ type: 'image', mimeType: 'image/png', data: 'A'.repeat(16_000) }),
    chunk({ type: 'resource_link', uri: 'file:///a.txt', name: 'a' }),
    chunk({ type: 'weird' }),
  );
  assert.deepEqual(
    said.map((update) => (update.type === 'message' ? update.text : update.type)),
    ['[image/png, 12 kB]', '[file:///a.txt]', '[weird]'],
  );
});

test('an update for a tool that nobody has announced makes its card', () => {
  const [card, news] = read(
    {
      sessionUpdate: 'tool_call_update',
      toolCallId: 't',
      title: 'Edit',
      kind: 'edit',
      status: 'in_progress',
    },
    { sessionUpdate: 'tool_call', toolCallId: 't', status: 'completed' },
  );
  assert.equal(card?.type, 'tool_use');
  assert.deepEqual(news, { type: 'tool_update', toolCallId: 't', status: 'completed' });
});

test('input that is nested too deeply to be written down is cut', () => {
  const deep: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
  const [card] = read({ sessionUpdate: 'tool_call', toolCallId: 't', rawInput: deep });
  assert.match(JSON.stringify(card), /\[nested too deeply\]/);
});

test('a mode and a model can be announced by config options', () => {
  const configOptions = [
    { id: 'a', category: 'mode', currentValue: 'plan' },
    { id: 'b', category: 'model', currentValue: 'large' },
  ];
  assert.deepEqual(read({ sessionUpdate: 'config_option_update', configOptions }), [
    { type: 'mode', modeId: 'plan' },
    { type: 'model', model: 'large' },
  ]);
});

test('a mode that Gemini tells in a chunk of its answer is a mode, and what others say of modes is text', () => {
  const said = (text: string, more: object = {}) =>
    read({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text }, ...more });
  assert.deepEqual(said('[MODE_UPDATE] autoEdit'), [{ type: 'mode', modeId: 'autoEdit' }]);
  for (const text of ['[MODE_UPDATE] is what it says', 'It says [MODE_UPDATE] yolo', '[MODE_UPDATE]'])
    assert.deepEqual(said(text), [{ type: 'message', text }]);
  assert.equal(said('[MODE_UPDATE] yolo', { messageId: 'm1' })[0]?.type, 'message');
});

test('a title is one line, as long as a person may make one', () => {
  const titled = (title: unknown) => read({ sessionUpdate: 'session_info_update', title });
  assert.deepEqual(titled('Mend\n  the  roof\n'), [{ type: 'title', title: 'Mend the roof' }]);
  const [cut] = titled(`${'x'.repeat(199)}😀${'y'.repeat(100_000)}`);
  assert.ok(cut?.type === 'title' && cut.title.length === 200 && cut.title.isWellFormed());
  for (const none of [null, '', ' \n']) assert.deepEqual(titled(none), []);
});

test('an id that was used in an earlier turn is another call, and what is asked about it is new', () => {
  const tools = new ToolCards();
  const tool = (kind: string, rest: object) =>
    readUpdate({ sessionUpdate: kind, toolCallId: 'call_0', ...rest }, tools);
  tool('tool_call', { title: 'List', status: 'pending' });
  tool('tool_call_update', { status: 'completed' });
  tools.endTurn();
  assert.deepEqual(
    tool('tool_call_update', { title: 'Listed' }).map(({ type }) => type),
    ['tool_update'],
    'news of what runs on in the background',
  );
  const [again] = tool('tool_call', { title: 'Remove', status: 'in_progress' });
  assert.deepEqual(again?.type === 'tool_use' && [again.title, again.status], ['Remove', 'in_progress']);
  tools.endTurn();
  const options = [{ optionId: 'yes', kind: 'allow_once' }];
  const asked = tools.ask({ toolCall: { toolCallId: 'call_0', kind: 'edit' }, options });
  assert.deepEqual(
    [asked?.question.title, asked?.question.toolCall.status, asked?.updates.map(({ type }) => type)],
    ['edit', 'pending', ['tool_use']],
  );
});

test('what is open when a turn ends is closed, once', () => {
  const tools = new ToolCards();
  for (const [toolCallId, status] of [
    ['a', 'completed'],
    ['b', 'in_progress'],
    ['c', 'pending'],
  ]) {
    readUpdate({ sessionUpdate: 'tool_call', toolCallId, status }, tools);
  }
  assert.deepEqual(tools.endTurn(), [
    { type: 'tool_update', toolCallId: 'b', status: 'failed' },
    { type: 'tool_update', toolCallId: 'c', status: 'failed' },
  ]);
  assert.deepEqual(tools.endTurn(), []);
});

test('a question keeps the options whose meaning is known, and none without any', () => {
  const tools = new ToolCards();
  const option = (kind: string) => ({ optionId: kind, name: `Do ${kind}`, kind });
  const asked = tools.ask({
    toolCall: { toolCallId: 't', title: 'Run' },
    options: [
      option('allow_once'),
      option('allow_for_a_week'),
      option('reject_and_sulk'),
      option('telepathy'),
    ],
  });
  assert.deepEqual(
    asked?.question.options.map(({ kind }) => kind),
    ['allow_once', 'allow_once', 'reject_once'],
  );
  assert.equal(asked.updates.length, 1);
  assert.equal(tools.ask({ toolCall: { toolCallId: 't' }, options: [option('telepathy')] }), undefined);
});

const codexOutput = (data: string, more: object = {}): object => ({
  sessionUpdate: 'tool_call_update',
  toolCallId: 'c1',
  ...more,
  _meta: { terminal_output_delta: { data, terminal_id: 'c1' } },
});

test('what a command prints beside the protocol is its card, told again only when it has doubled or is over', () => {
  const updates = read(
    { sessionUpdate: 'tool_call', toolCallId: 'c1', content: [{ type: 'terminal', terminalId: 'c1' }] },
    codexOutput('one '),
    codexOutput('2'),
    codexOutput('three '),
    codexOutput('4', { status: 'completed' }),
  );
  const shown = updates.map((update) => ('content' in update ? update.content : undefined));
  assert.deepEqual(shown.slice(1), [
    [{ type: 'text', text: 'one ' }],
    [{ type: 'text', text: 'one 2three ' }],
    [{ type: 'text', text: 'one 2three 4' }],
  ]);
});

test('the exit code of a command that fails stands below its output', () => {
  const failed = {
    ...codexOutput('no such file', { status: 'failed' }),
    _meta: { terminal_output_delta: { data: 'no such file' }, terminal_exit: { exit_code: 2 } },
  };
  const updates = read({ sessionUpdate: 'tool_call', toolCallId: 'c1' }, failed);
  assert.deepEqual(updates.at(-1), {
    type: 'tool_update',
    toolCallId: 'c1',
    status: 'failed',
    content: [{ type: 'text', text: 'no such file\n[exit code 2]' }],
  });
});

test('a card holds only so much, and says how much was cut', () => {
  const huge = 'x'.repeat(10_000_000);
  const [card] = read({
    sessionUpdate: 'tool_call',
    toolCallId: 't1',
    rawInput: { content: huge, again: huge },
    content: [
      { type: 'content', content: { type: 'text', text: huge } },
      { type: 'diff', path: '/a', oldText: huge, newText: huge },
    ],
  });
  const stored = JSON.stringify(card);
  assert.ok(stored.length < 300_000, String(stored.length));
  assert.equal(stored.match(/\[cut here: \d+ more characters are not shown\]/g)?.length, 5);
});

test('a text is never cut in the middle of a character', () => {
  const [card] = read({
    sessionUpdate: 'tool_call',
    toolCallId: 't1',
    content: [{ type: 'content', content: { type: 'text', text: `x${'😀'.repeat(100_000)}` } }],
  });
  assert.ok(card?.type === 'tool_use' && card.content[0]?.type === 'text');
  assert.ok(card.content[0].text.isWellFormed());
});
