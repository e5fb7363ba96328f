// An ACP agent that offers everything the protocol has: it lists, resumes, forks and closes sessions, which it keeps in
// a folder, and has models and options that depend on each other. `node richAgent.ts <folder>`
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { list, object, text } from '../../gateway/agents/json.ts';
import { onMessage, say, send, update } from './acpLines.ts';

const [folder = '.'] = process.argv.slice(2);

interface Kept {
  readonly sessionId: string;
  readonly cwd: string;
  readonly title: string;
  readonly said: readonly string[];
  readonly model: string;
  readonly effort: string;
  readonly fast: boolean;
}

const file = (sessionId: string): string => path.join(folder, `${sessionId}.json`);
const keep = (kept: Kept): Kept => {
  writeFileSync(file(kept.sessionId), JSON.stringify(kept));
  return kept;
};
// Written by the line above.
const find = (sessionId: string): Kept => JSON.parse(readFileSync(file(sessionId), 'utf8')) as Kept;
const all = (): Kept[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => find(path.basename(name, '.json')));

const select = (id: string, category: string, currentValue: string, values: readonly string[]): object => ({
  id,
  name: `The ${id}`,
  category,
  type: 'select',
  currentValue,
  options: [
    { group: 'all', name: 'All', options: values.map((value) => ({ value, name: value.toUpperCase() })) },
  ],
});

const configOptions = ({ model, effort, fast }: Kept): object[] => [
  select('model', 'model', model, ['small', 'large']),
  select('effort', 'thought_level', effort, model === 'large' ? ['low', 'high', 'max'] : ['low', 'high']),
  { id: 'fast', name: 'Fast', category: 'model_config', type: 'boolean', currentValue: fast },
];

const opened = (kept: Kept): object => ({
  sessionId: kept.sessionId,
  configOptions: configOptions(kept),
  modes: {
    currentModeId: 'default',
    availableModes: [
      { id: 'default', name: 'Default' },
      { id: 'plan', name: 'Plan' },
    ],
  },
});

const PAGE = 2;

const HANDLERS: Readonly<Record<string, (params: Readonly<Record<string, unknown>>) => object | undefined>> =
  {
    initialize: () => ({
      protocolVersion: 1,
      agentCapabilities: {
        loadSession: true,
        sessionCapabilities: { list: {}, resume: {}, fork: {}, close: {} },
      },
      authMethods: [],
    }),
    'session/new': ({ cwd }) => {
      const sessionId = `rich-${String(all().length + 1).padStart(3, '0')}`;
      const settings = { model: 'small', effort: 'low', fast: false };
      return opened(keep({ sessionId, cwd: text(cwd) ?? '', title: 'Nothing said', said: [], ...settings }));
    },
    'session/resume': ({ sessionId }) => opened(find(text(sessionId) ?? '')),
    'session/load': ({ sessionId }) => {
      const kept = find(text(sessionId) ?? '');
      kept.said.forEach((words, at) => {
        const content = { type: 'text', text: words };
        update(kept.sessionId, { sessionUpdate: 'user_message_chunk', messageId: `u${at}`, content });
        const toolCallId = `call${at}`;
        const call = { toolCallId, title: `Look for ${words}`, kind: 'search', status: 'completed' };
        update(kept.sessionId, { sessionUpdate: 'tool_call', ...call });
        const told = { type: 'text', text: kept.said.slice(0, at).join(', ') };
        update(kept.sessionId, { sessionUpdate: 'agent_message_chunk', messageId: `a${at}`, content: told });
      });
      return opened(kept);
    },
    'session/fork': ({ sessionId, cwd }) => {
      const from = find(text(sessionId) ?? '');
      const fork = keep({
        ...from,
        sessionId: `${from.sessionId}-fork${all().length}`,
        cwd: text(cwd) ?? '',
      });
      // As OpenCode does: the history is told again before the fork has a name.
      say(fork.sessionId, 'told before');
      return opened(fork);
    },
    'session/list': ({ cwd, cursor }) => {
      const start = Number(cursor ?? 0);
      const found = all().filter((kept) => cwd === undefined || kept.cwd === cwd);
      const sessions = found.slice(start, start + PAGE).map(({ sessionId, cwd: where, title }) => ({
        sessionId,
        cwd: where,
        title,
        updatedAt: '2026-11-21T08:00:00Z',
      }));
      return start + PAGE < found.length ? { sessions, nextCursor: String(start + PAGE) } : { sessions };
    },
    'session/close': ({ sessionId }) => {
      appendFileSync(path.join(folder, 'closed'), `${text(sessionId)}\n`);
      return {};
    },
    'session/set_mode': () => ({}),
    'session/set_config_option': ({ sessionId, configId, value, type }) => {
      const kept = find(text(sessionId) ?? '');
      if (configId === 'fast' && type !== 'boolean') throw new Error('a toggle wants a boolean');
      const changed = keep({ ...kept, [text(configId) ?? '']: value });
      // "max" is only for the large model.
      const fits = changed.model === 'large' || changed.effort !== 'max';
      return { configOptions: configOptions(fits ? changed : keep({ ...changed, effort: 'high' })) };
    },
    'session/prompt': ({ sessionId, prompt }) => {
      const kept = find(text(sessionId) ?? '');
      const words = text(object(list(prompt).at(-1))['text']) ?? '';
      const { model, effort, fast } = kept;
      const isRetold = list(prompt).length > 1;
      const answers = new Map([
        ['settings', `${model} ${effort} ${fast ? 'fast' : 'slow'}`],
        ['retold?', isRetold ? 'yes' : 'no'],
      ]);
      const answer = answers.get(words) ?? kept.said.join(', ');
      keep({ ...kept, said: [...kept.said, words], title: kept.said[0] ?? words });
      say(kept.sessionId, answer);
      return words === 'wait' ? undefined : { stopReason: 'end_turn' };
    },
  };

/** A prompt that is only answered when it is cancelled. */
let waiting: unknown;

onMessage(({ id, method, params }) => {
  const handler = HANDLERS[text(method) ?? ''];
  if (method === 'session/cancel') send({ id: waiting, result: { stopReason: 'cancelled' } });
  if (id === undefined) return;
  try {
    const result = handler?.(object(params));
    if (handler === undefined) send({ id, error: { code: -32601, message: 'Method not found' } });
    else if (result === undefined) waiting = id;
    else send({ id, result });
  } catch (error) {
    send({ id, error: { code: -32603, message: String(error) } });
  }
});
