// What every agent is to the gateway, whatever it speaks: a conversation that takes prompts and says what it does.
import type {
  AgentSession,
  EventBody,
  Form,
  FormContent,
  Message,
  Mode,
  Offers,
  PermissionOption,
  ToolCall,
  Usage,
} from '../protocol/index.ts';

/** What an agent says in one update. `key` is the agent's own message id, where it names one. */
export type AgentUpdate =
  | { readonly type: 'message'; readonly text: string; readonly key?: string }
  | { readonly type: 'thought'; readonly text: string; readonly key?: string }
  | ({ readonly type: 'tool_use' } & ToolCall)
  | Extract<EventBody, { type: 'tool_update' }>
  | Extract<EventBody, { type: 'plan' | 'commands' | 'model' }>
  | ({ readonly type: 'usage' } & Usage)
  | { readonly type: 'mode'; readonly modeId: string }
  /** What can be chosen now, as far as the agent speaks of it. */
  | { readonly type: 'offers'; readonly offers: Partial<Offers> }
  | { readonly type: 'title'; readonly title: string };

/** What an agent tells of a conversation from before: what a person said in it, and what it said and did itself. */
export type EarlierUpdate =
  AgentUpdate | { readonly type: 'prompt'; readonly text: string; readonly key?: string };

export interface Question {
  readonly title: string;
  /** As complete as the agent made it; drivers fill gaps from what they have seen of this tool call. */
  readonly toolCall: ToolCall;
  readonly options: readonly PermissionOption[];
  /** To be filled in; the content comes with the answer. */
  readonly form?: Form;
  /** A page that a person is to open. */
  readonly url?: string;
}

/** What a person answered. */
export interface Answer {
  readonly optionId: string;
  /** What a form was filled in with: it fits the form. */
  readonly content?: FormContent;
}

/** The gateway's ear at an agent. */
export interface AgentListener {
  /** All that one read of the agent's output held, in order: becomes one transaction and one frame. */
  updates(updates: readonly AgentUpdate[]): void;
  /** Resolves when somebody answers; undefined: cancelled. `signal` aborts when the question is void: the agent
   * took it back, its turn was cancelled or ended, or its process is gone. An answer after that goes nowhere. */
  permission(question: Question, signal: AbortSignal): Promise<Answer | undefined>;
}

export interface TurnEnd {
  /** end_turn max_tokens max_turn_requests refusal cancelled, or the agent's own word. */
  readonly stopReason: string;
  readonly usage?: unknown;
}

/** How an agent process ended. `detail` is for people: the last lines of its stderr, or why it could not start. */
export interface AgentEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly detail: string;
}

/** A failure of the agent, in words that say what to do. `code` is for programs: agent.failed, agent.auth ... */
export class AgentError extends Error {
  readonly code: string;
  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AgentError';
    this.code = code;
  }
}

/** A running conversation. Disposing it ends the process and all its children; disposing twice is fine. */
export interface AgentConversation extends AsyncDisposable {
  readonly pid: number;
  readonly agentSessionId: string | null;
  /** How the conversation was opened: with the agent's own memory of it, or without. */
  readonly opened: 'new' | 'resumed' | 'fallback';
  readonly model: string | null;
  /** What `tellEarlier` asked for, once. Absent: this agent tells nothing of what was before. */
  takeEarlier?(): readonly EarlierUpdate[];
  /** Runs one turn. Rejects with AgentError when the agent fails or ends. One at a time. */
  prompt(message: Message): Promise<TurnEnd>;
  /** Changes the mode of the running agent. Rejects with AgentError mode.unsupported when it has nothing like it. */
  setMode(mode: Mode): Promise<void>;
  /** Changes the model of the running agent. Rejects with AgentError model.unsupported. */
  setModel(model: string): Promise<void>;
  /** Sets an option of the running agent. Rejects with AgentError option.unsupported. */
  setOption(optionId: string, value: string): Promise<void>;
  /** Asks the agent to stop its turn; the turn then ends as cancelled. The caller escalates by disposing. */
  cancel(): void;
  /** Resolves when the process is gone, whoever ended it. */
  readonly ended: Promise<AgentEnd>;
}

/** A program that gives an agent tools, over MCP on its stdio. Secrets are in its environment, never in its arguments. */
export interface ToolServer {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The same over HTTP, for an agent that starts no programs for us. undefined: the gateway has no port open. */
  readonly http: () => { readonly url: string; readonly token: string } | undefined;
}

/** Tools that are an agent's for as long as it runs. Disposing takes them back. */
export interface LentTools extends Disposable {
  readonly servers: readonly ToolServer[];
}

export interface OpenOptions {
  readonly cwd: string;
  readonly mode: Mode;
  readonly model: string | null;
  /** Options of the agent that a person has set; those that it does not offer any more are left alone. */
  readonly options?: Readonly<Record<string, string>>;
  /** The agent's own session to go on with, if there is one. Where it cannot, it opens a new one: `fallback`. */
  readonly resume: string | null;
  /** What was said in that session is not known here: what the agent tells of it is wanted. */
  readonly tellEarlier?: boolean;
  /** Not to go on with that session but to fork it. Rejects with AgentError agent.unable where that is not offered. */
  readonly fork?: boolean;
  /** Besides the agent's own. Agents that speak no MCP go without. */
  readonly tools: readonly ToolServer[];
  /** Told as soon as the process runs, so that it can be reaped if the gateway dies. */
  readonly onSpawn: (pid: number) => void;
}

/** A conversation that an agent remembers by itself. */
export type PastSession = Omit<AgentSession, 'sessionId'>;

/** A way to speak with agents: ACP, Claude's stream-json, a plain command. Throws AgentError when it cannot start. */
export interface AgentDriver {
  open(options: OpenOptions, listener: AgentListener, signal: AbortSignal): Promise<AgentConversation>;
  /** The conversations that the agent remembers, of a folder or of all. Absent: there is no way to ask. */
  pastSessions?(home: string, cwd: string | undefined, signal: AbortSignal): Promise<PastSession[]>;
}
