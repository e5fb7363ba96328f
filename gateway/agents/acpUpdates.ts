// Reads session/update notifications of any agent: unknown kinds and fields are skipped, nothing known is lost.
import { PlanEntry } from '../protocol/index.ts';
import type { AgentUpdate } from './agent.ts';
import { blockText } from './acpContent.ts';
import type { ToolCards } from './acpTools.ts';
import { list, number, object, text, word, type JsonObject } from './json.ts';

type Reader = (update: JsonObject, tools: ToolCards) => AgentUpdate[];

/** Gemini tells its mode as a message, in a chunk of its own that names none. */
const GEMINI_MODE = /^\[MODE_UPDATE\] (\S{1,100})$/;

const chunk =
  (type: 'message' | 'thought'): Reader =>
  (update) => {
    const said = blockText(update['content']);
    const key = word(update['messageId']);
    // qwen ends each block with an empty chunk.
    if (said === '') return [];
    const modeId = key === undefined ? GEMINI_MODE.exec(said)?.[1] : undefined;
    if (modeId !== undefined) return [{ type: 'mode', modeId }];
    return [key === undefined ? { type, text: said } : { type, text: said, key }];
  };

type Entry = Extract<AgentUpdate, { type: 'plan' }>['entries'][number];

/** An entry of a plan, in the form that ACP and Claude's own tool have in common. */
export const planEntry = (value: unknown): Entry[] => {
  const entry = object(value);
  const content = word(entry['content']);
  const status = PlanEntry.shape.status.safeParse(entry['status']).data ?? 'pending';
  return content === undefined ? [] : [{ content, status }];
};

type Command = Extract<AgentUpdate, { type: 'commands' }>['commands'][number];

/** A slash command, likewise. */
export const command = (value: unknown): Command[] => {
  const name = word(object(value)['name']);
  return name === undefined ? [] : [{ name, description: text(object(value)['description']) ?? '' }];
};

/** The current value of a select option of one category: modes and models are announced that way too. */
export const configValue = (options: unknown, category: string): string | undefined => {
  const option = list(options)
    .map(object)
    .find((candidate) => candidate['category'] === category);
  return word(option?.['currentValue']);
};

const configChange: Reader = (update) => {
  const modeId = configValue(update['configOptions'], 'mode');
  const model = configValue(update['configOptions'], 'model');
  return [
    ...(modeId === undefined ? [] : [{ type: 'mode' as const, modeId }]),
    ...(model === undefined ? [] : [{ type: 'model' as const, model }]),
  ];
};

const usage: Reader = (update) => {
  const used = number(update['used']);
  const size = number(update['size']);
  if (used === undefined || size === undefined) return [];
  const amount = number(object(update['cost'])['amount']);
  const currency = word(object(update['cost'])['currency']);
  const cost = amount === undefined || currency === undefined ? {} : { cost: { amount, currency } };
  return [{ type: 'usage', used, size, ...cost }];
};

const MAX_TITLE_CHARS = 200;

/** What each kind of update becomes. A kind that is not here (user_message_chunk: our own words) becomes nothing. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['agent_message_chunk', chunk('message')],
  ['agent_thought_chunk', chunk('thought')],
  ['tool_call', (update, tools) => tools.update(update)],
  ['tool_call_update', (update, tools) => tools.update(update)],
  ['plan', (update) => [{ type: 'plan', entries: list(update['entries']).flatMap(planEntry) }]],
  [
    'available_commands_update',
    (update) => [{ type: 'commands', commands: list(update['availableCommands']).flatMap(command) }],
  ],
  [
    'current_mode_update',
    (update) => {
      const modeId = word(update['currentModeId']) ?? word(update['modeId']);
      return modeId === undefined ? [] : [{ type: 'mode', modeId }];
    },
  ],
  ['config_option_update', configChange],
  ['usage_update', usage],
  [
    'session_info_update',
    (update) => {
      // Codex takes the whole prompt.
      const title = word(text(update['title'])?.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_TITLE_CHARS));
      return title === undefined ? [] : [{ type: 'title', title: title.toWellFormed() }];
    },
  ],
]);

/** What one session/update says; nothing where it is of a kind that is not known. */
export const readUpdate = (value: unknown, tools: ToolCards): AgentUpdate[] => {
  const update = object(value);
  return READERS.get(text(update['sessionUpdate']) ?? '')?.(update, tools) ?? [];
};

/** What a replay of an old conversation consists of: it is in the log already, so it is not told again. */
export const isConversation = (update: AgentUpdate): boolean =>
  ['message', 'thought', 'tool_use', 'tool_update', 'plan'].includes(update.type);
