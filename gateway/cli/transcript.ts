// A conversation as terminal text: what to write for each event, so that answers stream and nothing is written twice.
import { withoutUndefined } from '../language.ts';
import {
  textOf,
  type Event,
  type Permission,
  type PromptId,
  type ToolCall,
  type ToolContent,
} from '../protocol/index.ts';
import { fieldLines } from './formEntry.ts';
import { harmless, oneLine } from './plainText.ts';

export interface TranscriptOptions {
  /** The agent's name, for people. */
  readonly agent: string;
  /** What we are called: only prompts from elsewhere say where they are from. */
  readonly me?: string;
  /** Prompts that stand on the screen already, because they were just typed. */
  readonly isShown?: (promptId: PromptId) => boolean;
}

type ToolNews = Partial<Pick<ToolCall, 'title' | 'status' | 'locations'>>;

export class Transcript {
  readonly #options: TranscriptOptions;
  /** How much of each message was written, in UTF-16 units. */
  readonly #written = new Map<string, number>();
  readonly #tools = new Map<string, ToolNews>();
  /** The message that is being written and that more may be added to. */
  #open: string | undefined;
  #atLineStart = true;
  #plan = '';

  constructor(options: TranscriptOptions) {
    this.#options = options;
  }

  /** What is to be written for these events, ready for a terminal. */
  add(events: readonly Event[]): string {
    return events.map((event) => this.#event(event)).join('');
  }

  /** A line of our own between those of the conversation. */
  note(text: string): string {
    return this.#block(`${text}\n`);
  }

  /** Ends the line that is being written, if there is one. */
  endLine(): string {
    if (this.#atLineStart) return '';
    this.#atLineStart = true;
    return '\n';
  }

  #event(event: Event): string {
    switch (event.type) {
      case 'partial':
        return this.#message(event.messageId, event.offset, event.content);
      case 'text':
        return this.#message(event.messageId, 0, event.content);
      case 'thought':
        return this.#thought(event.messageId);
      case 'prompt':
        return this.#options.isShown?.(event.promptId) === true ? this.#block('') : this.#prompt(event);
      case 'tool_use':
      case 'tool_update':
        return this.#tool(event);
      case 'plan':
        return this.#planOf(event.entries);
      case 'permission_resolved':
        return this.note(verdict(event));
      case 'error':
        return this.note(`The turn failed: ${oneLine(event.message)}`);
      case 'interrupted':
        return this.note('Stopped.');
      case 'uncertain':
        return this.note('May not have finished. The gateway stopped while this prompt ran.');
      case 'result':
        return this.#end(event.stopReason);
      case 'gap':
        return this.note(`Events ${event.from} to ${event.to} are missing.`);
      case 'system':
        return event.subtype === 'fallback'
          ? this.note(`${this.#options.agent} has forgotten the conversation; it is told it again.`)
          : '';
      default:
        return '';
    }
  }

  #prompt({ message, from }: Extract<Event, { type: 'prompt' }>): string {
    const whose = from.name === this.#options.me ? '' : `  From ${oneLine(from.name, 80)}\n`;
    return this.#block(`\n${harmless(textOf(message)).replaceAll(/^/gm, '> ')}\n${whose}`);
  }

  /** Only what was not written yet: after a lost link, whole messages come for pieces that were seen. */
  #message(messageId: string, offset: number, content: string): string {
    const written = this.#written.get(messageId) ?? 0;
    const news = content.slice(Math.max(0, written - offset));
    if (news === '') return '';
    this.#written.set(messageId, offset + content.length);
    const opening = this.#open === messageId ? '' : `${this.endLine()}\n`;
    this.#open = messageId;
    const text = harmless(news);
    this.#atLineStart = text.endsWith('\n');
    return opening + text;
  }

  #thought(messageId: string): string {
    if (this.#written.has(messageId)) return '';
    this.#written.set(messageId, 0);
    return this.#block('Thinking\n');
  }

  /** One line when a call begins, one when it ends. */
  #tool(event: Extract<Event, { type: 'tool_use' | 'tool_update' }>): string {
    const before = this.#tools.get(event.toolCallId);
    const { title = before?.title, status = before?.status, locations = before?.locations } = event;
    this.#tools.set(event.toolCallId, withoutUndefined({ title, status, locations }));
    const isNews = before === undefined || (before.status !== status && STATUS[status ?? ''] !== undefined);
    if (!isNews) return '';
    const where = locations?.[0]?.path;
    const name = oneLine(title ?? event.toolCallId, 160);
    const place = where === undefined || name.includes(where) ? '' : `  ${oneLine(where, 100)}`;
    return this.#block(`${STATUS[status ?? ''] ?? '-'} ${name}${place}\n`);
  }

  #planOf(entries: Extract<Event, { type: 'plan' }>['entries']): string {
    const done = entries.filter(({ status }) => status === 'completed').length;
    const current = entries.find(({ status }) => status === 'in_progress');
    const line =
      current === undefined
        ? `Plan, ${done} of ${entries.length} done`
        : `Plan, step ${done + 1} of ${entries.length}: ${oneLine(current.content, 120)}`;
    if (line === this.#plan) return '';
    this.#plan = line;
    return this.#block(`${line}\n`);
  }

  #end(stopReason: string): string {
    const why = stopReason === 'end_turn' ? '' : this.note(`The turn ended: ${oneLine(stopReason)}.`);
    return why + this.#block('');
  }

  /** Text that stands on lines of its own and closes the message before it. */
  #block(text: string): string {
    const end = this.endLine();
    this.#open = undefined;
    return end + text;
  }
}

const STATUS: Readonly<Record<string, string>> = { completed: '✓', failed: '✗' };

function verdict({ optionId, content, by }: Extract<Event, { type: 'permission_resolved' }>): string {
  if (optionId === null || by === null) return 'Withdrawn by the agent.';
  const filled = content === undefined ? '' : ` ${oneLine(JSON.stringify(content), 300)}`;
  return `Answered in ${oneLine(by.name, 80)}: ${oneLine(optionId, 80)}${filled}.`;
}

/** A question in full, with its options numbered: nothing that is asked for is cut. */
export function question({
  title,
  toolCall,
  options,
  form,
  url,
}: Pick<Permission, 'title' | 'toolCall' | 'options' | 'form' | 'url'>): string {
  return [
    harmless(title),
    ...(url === undefined ? [] : indented(url)),
    // What a form asks stands in its fields, in better words than in what the tool was given.
    ...(form === undefined ? inputLines(toolCall.input) : fieldLines(form)),
    ...toolCall.locations.map(
      ({ path, line }) => `  In ${oneLine(path)}${line === undefined ? '' : `:${line}`}`,
    ),
    ...toolCall.content.flatMap(contentLines),
    ...options.map(({ name }, index) => `  ${index + 1}  ${oneLine(name)}`),
  ].join('\n');
}

const indented = (text: string, by = '    '): string[] =>
  harmless(text.replace(/\n$/, ''))
    .split('\n')
    .map((line) => by + line);

function inputLines(input: unknown): string[] {
  if (input === undefined || input === null) return [];
  if (typeof input === 'string') return indented(input);
  // A command is shown as it would be typed; everything else that the tool is given, too.
  const { command, ...rest } = { command: undefined, ...input };
  const all = Object.keys(rest).length === 0 ? [] : indented(JSON.stringify(rest, undefined, 2));
  return typeof command === 'string'
    ? [...indented(command, '    $ '), ...all]
    : indented(JSON.stringify(input, undefined, 2));
}

function contentLines(content: ToolContent): string[] {
  switch (content.type) {
    case 'text':
      return indented(content.text);
    case 'diff':
      return [
        `  ${oneLine(content.path)}`,
        ...(content.oldText ? indented(content.oldText, '  - ') : []),
        ...(content.newText ? indented(content.newText, '  + ') : []),
      ];
    case 'other':
      return [`  ${oneLine(content.summary)}`];
  }
}
