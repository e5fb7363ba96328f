// Writes the events of a session the way the gateway does, for tests that replay them to the panel.
import type { z } from 'zod';
import type { Event, EventBody, Snapshot } from '../../gateway/protocol/index.ts';
import type { ToPanel } from '../../extension/chatMessages.ts';

/** Ids of a story are plain text; only the gateway's schemas brand them. */
type Plain<T> = T extends string & z.core.$brand<infer _>
  ? string
  : T extends readonly (infer E)[]
    ? Plain<E>[]
    : T extends object
      ? { [K in keyof T]: Plain<T[K]> }
      : T;
export type Body = Plain<EventBody>;

export const SESSION = 's1';
export const ME = { clientId: 'window-me', name: 'window harbor-api' };
export const OTHER = { clientId: 'window-docs', name: 'window docs-site' };

export class Story {
  readonly events: Event[] = [];
  #at: number;

  constructor(start: number) {
    this.#at = start;
  }

  /** Lets time pass. */
  wait(ms: number): this {
    this.#at += ms;
    return this;
  }

  add(...bodies: Body[]): this {
    for (const body of bodies) {
      const head = { seq: this.events.length + 1, ts: new Date(this.#at).toISOString(), sessionId: SESSION };
      // The bodies are checked by Body; what is missing are the brands of their ids.
      this.events.push({ ...head, ...body } as Event);
    }
    return this;
  }

  prompt(promptId: string, message: string, from = ME): this {
    return this.add({ type: 'prompt', promptId, message, from }, { type: 'status', status: 'busy' });
  }

  /** An answer in pieces of so many characters. */
  says(messageId: string, content: string, size = 7): this {
    for (let offset = 0; offset < content.length; offset += size) {
      this.add({ type: 'partial', messageId, offset, content: content.slice(offset, offset + size) });
    }
    return this;
  }

  thinks(messageId: string, content: string): this {
    return this.add({ type: 'thought', messageId, offset: 0, content });
  }

  tool(toolCallId: string, fields: Partial<Extract<Body, { type: 'tool_use' }>> = {}): this {
    return this.add({
      type: 'tool_use',
      toolCallId,
      tool: 'Bash',
      title: 'Run tests',
      kind: 'execute',
      input: { command: 'npm test' },
      status: 'in_progress',
      locations: [],
      content: [],
      ...fields,
    });
  }

  ends(promptId: string, stopReason = 'end_turn'): this {
    return this.add(
      { type: 'result', promptId, stopReason, session_id: null },
      { type: 'status', status: 'idle' },
    );
  }
}

export function snapshot(fields: Partial<Plain<Snapshot>> & { messages?: Event[] }, now: number): Snapshot {
  const time = new Date(now).toISOString();
  const whole = {
    session: {
      sessionId: SESSION,
      title: 'Add login rate limits',
      path: '/home/ann/code/harbor-api',
      agent: 'claude',
      status: 'idle',
      mode: 'ask',
      model: null,
      agentSessionId: null,
      createdAt: time,
      lastActivityAt: time,
      pendingPermissions: 0,
      queued: 0,
      uncertain: 0,
      held: false,
      archived: false,
    },
    messages: [],
    queue: [],
    held: false,
    permissions: [],
    draft: '',
    ...fields,
  };
  // As above: the shapes fit, the brands are missing.
  return whole as unknown as Snapshot;
}

export const showing = (of: Snapshot): ToPanel =>
  ({
    type: 'session',
    snapshot: of,
    cursor: 'log00000:0',
    agentName: 'Claude Code',
    me: ME,
    home: '/home/ann',
  }) as unknown as ToPanel;

export const happening = (events: readonly Event[]): ToPanel =>
  ({
    type: 'events',
    sessionId: SESSION,
    events,
    cursor: `log00000:${events.at(-1)?.seq ?? 0}`,
  }) as unknown as ToPanel;

/** A permission of one tool call. */
export const asking = (
  permissionId: string,
  toolCallId: string,
  command: string,
): Extract<Body, { type: 'permission' }> => ({
  type: 'permission',
  permissionId,
  title: `\`${command}\``,
  toolCall: {
    toolCallId,
    tool: 'Bash',
    title: 'Run a command',
    kind: 'execute',
    input: { command },
    status: 'pending',
    locations: [],
    content: [],
  },
  options: [
    { optionId: 'once', name: 'Allow once', kind: 'allow_once' },
    { optionId: 'always', name: 'Always allow gh secret set', kind: 'allow_always' },
    { optionId: 'no', name: 'Reject', kind: 'reject_once' },
  ],
  digest: 'd1',
});
