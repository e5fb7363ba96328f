// The tool cards of a conversation: what is known of each tool call, so that gaps can be filled.
import { ToolStatus, type PermissionOption, type ToolCall } from '../protocol/index.ts';
import type { AgentUpdate, Question } from './agent.ts';
import { cutContents, mcpContents, toolContents } from './acpContent.ts';
import { TerminalOutputs } from './acpTerminal.ts';
import { cut } from './cut.ts';
import { bounded, integer, list, object, shallow, text, word, type JsonObject } from './json.ts';

type Changes = Partial<Omit<ToolCall, 'toolCallId' | 'tool'>>;

const status = (value: unknown): ToolCall['status'] | undefined => ToolStatus.safeParse(value).data;

const location = (value: unknown): ToolCall['locations'] => {
  const path = word(object(value)['path']);
  const line = integer(object(value)['line']);
  if (path === undefined) return [];
  return [line === undefined ? { path } : { path, line: Math.trunc(line) }];
};

/** Agents name their tools in four places; none of them is in the protocol. */
const toolName = (raw: JsonObject): string | undefined => {
  const meta = object(raw['_meta']);
  return word(raw['name']) ?? word(object(meta['claudeCode'])['toolName']) ?? word(meta['toolName']);
};

/** What a tool_call, a tool_call_update or a permission's toolCall says, whole. An empty title says nothing. */
const changesIn = (raw: JsonObject): Changes => {
  const changes: Changes = {};
  const title = word(raw['title']);
  const kind = word(raw['kind']);
  const known = status(raw['status']);
  if (title !== undefined) changes.title = title;
  if (kind !== undefined) changes.kind = kind;
  if (known !== undefined) changes.status = known;
  if (raw['rawInput'] !== undefined && raw['rawInput'] !== null) changes.input = shallow(raw['rawInput']);
  if (Array.isArray(raw['locations'])) changes.locations = raw['locations'].flatMap(location);
  if (Array.isArray(raw['content'])) changes.content = toolContents(raw['content']);
  return changes;
};

const MAX_TITLE_CHARS = 4_096;

/** As it is told and logged: input and content only as long as a reader can bear. A question shows them whole. */
const clipped = <T extends Changes>(changes: T): T => ({
  ...changes,
  ...(changes.title === undefined ? {} : { title: cut(changes.title, MAX_TITLE_CHARS) }),
  ...(changes.input === undefined ? {} : { input: bounded(changes.input) }),
  ...(changes.content === undefined ? {} : { content: cutContents(changes.content) }),
});

const isOver = (status: ToolCall['status'] | undefined): boolean =>
  status === 'completed' || status === 'failed';

/** Nobody will be asked about a call that is over: what it was given and what it showed is in the log. */
const settled = (card: ToolCall): ToolCall =>
  isOver(card.status) ? { ...card, input: null, content: [] } : card;

const newCard = (toolCallId: string, raw: JsonObject): ToolCall => {
  const changes = changesIn(raw);
  const kind = changes.kind ?? 'other';
  const tool = toolName(raw) ?? kind;
  return {
    status: 'pending',
    locations: [],
    content: [],
    input: null,
    title: tool,
    ...changes,
    toolCallId,
    tool,
    kind,
  };
};

const optionKind = (value: unknown): PermissionOption['kind'] | undefined => {
  const kind = text(value) ?? '';
  if (kind.startsWith('allow')) return kind === 'allow_always' ? kind : 'allow_once';
  if (kind.startsWith('reject')) return kind === 'reject_always' ? kind : 'reject_once';
  return undefined;
};

/** An option whose meaning nobody knows is left out: it could not be offered as consent, nor as refusal. */
const permissionOption = (value: unknown): PermissionOption[] => {
  const option = object(value);
  const optionId = text(option['optionId']);
  const kind = optionKind(option['kind']);
  if (optionId === undefined || kind === undefined) return [];
  return [{ optionId, kind, name: word(option['name']) ?? optionId }];
};

/** Cards that outlive their turn, for agents that report on a command in the background. */
const REMEMBERED = 256;

export class ToolCards {
  /** Whole: a question may need what was told only in part. */
  readonly #cards = new Map<string, ToolCall>();
  readonly #outputs = new TerminalOutputs();
  /** Those that have begun since the last turn: some agents use the same ids again in every turn. */
  readonly #ofTurn = new Set<string>();

  /**
   * Calls that are still open when a turn ends will most likely never be finished: gemini says nothing of a refused tool.
   * `asked`: calls that somebody is being asked about stay open, whatever becomes of the turn.
   */
  endTurn(asked: ReadonlySet<string> = new Set()): AgentUpdate[] {
    const open = [...this.#cards.values()].filter(
      ({ toolCallId, status: is }) => !isOver(is) && !asked.has(toolCallId),
    );
    for (const card of open) this.#cards.set(card.toolCallId, settled({ ...card, status: 'failed' }));
    this.#ofTurn.clear();
    const tooMany = Math.max(0, this.#cards.size - REMEMBERED);
    for (const toolCallId of [...this.#cards.keys()].slice(0, tooMany)) {
      this.#cards.delete(toolCallId);
      this.#outputs.forget(toolCallId);
    }
    return open.map(({ toolCallId }) => ({ type: 'tool_update', toolCallId, status: 'failed' }));
  }

  /** A tool_call or tool_call_update. Its first sight makes the card: gemini sends no tool_call before an update. */
  update(raw: JsonObject): AgentUpdate[] {
    const toolCallId = word(raw['toolCallId']);
    if (toolCallId === undefined) return [];
    const card = this.#cards.get(toolCallId);
    const changes = changesIn(raw);
    const beginsAnew =
      raw['sessionUpdate'] === 'tool_call' && !this.#ofTurn.has(toolCallId) && !isOver(changes.status);
    if (card === undefined || beginsAnew) return [this.#add(newCard(toolCallId, raw))];
    const printed = this.#outputs.content(toolCallId, raw, isOver(changes.status));
    if (printed !== undefined) changes.content = printed;
    if (changes.content === undefined && card.content.length === 0) {
      const answered = mcpContents(raw['rawOutput']);
      if (answered.length > 0) changes.content = answered;
    }
    // claude-acp sends updates that hold only _meta: they are news to nobody.
    if (Object.keys(changes).length === 0) return [];
    this.#cards.set(toolCallId, settled({ ...card, ...changes }));
    return [{ type: 'tool_update', toolCallId, ...clipped(changes) }];
  }

  find(toolCallId: string): ToolCall | undefined {
    return this.#cards.get(toolCallId);
  }

  /** The question of a session/request_permission, and the card that it needs when the agent has sent none. */
  ask(params: JsonObject): { question: Question; updates: AgentUpdate[] } | undefined {
    const raw = object(params['toolCall']);
    const toolCallId = word(raw['toolCallId']);
    const options = list(params['options']).flatMap(permissionOption);
    if (toolCallId === undefined || options.length === 0) return undefined;
    // One of an earlier turn would show what was asked then.
    const known = this.#ofTurn.has(toolCallId) ? this.#cards.get(toolCallId) : undefined;
    const card = known ?? newCard(toolCallId, raw);
    const updates = known === undefined ? [this.#add(card)] : [];
    // The request often says more than the card (the diff, the whole command): it is what is being asked, whole.
    const toolCall = { ...card, ...changesIn(raw) };
    return { question: { title: toolCall.title, toolCall, options }, updates };
  }

  #add(card: ToolCall): AgentUpdate {
    this.#ofTurn.add(card.toolCallId);
    this.#outputs.forget(card.toolCallId);
    this.#cards.set(card.toolCallId, settled(card));
    return { type: 'tool_use', ...clipped(card) };
  }
}
