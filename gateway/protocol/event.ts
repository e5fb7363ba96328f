// Events: what happened in a session, numbered, in the order in which it was written down.
import { z } from 'zod';
import { object } from './shape.ts';
import { Form, FormContent } from './form.ts';
import { ClientId, PermissionId, PromptId, SessionId } from './ids.ts';
import { Command } from './offers.ts';
import { Actor, PermissionOption, ToolCall, ToolContent, ToolStatus } from './permission.ts';
import { Origin } from './provenance.ts';
import { Message } from './queue.ts';
import { SessionStatus, Usage } from './session.ts';

/** A step of an agent's plan. */
export const PlanEntry = z.object({
  content: z.string(),
  status: z.enum(['pending', 'in_progress', 'completed']),
});

const event = <T extends string, S extends z.ZodRawShape>(type: T, docs: string, shape: S) =>
  z.object({ type: z.literal(type), ...shape }).describe(docs);

/**
 * What an event says. Deltas (`partial`, `thought`) carry the offset, in UTF-16 units, at which they belong in their
 * message, so applying one twice is harmless. When a turn ends its deltas become whole messages (`text`, `thought` at
 * offset 0) that keep the last `seq`.
 */
export const EventBody = z.lazy(() =>
  z.discriminatedUnion('type', [
    event('system', 'The agent opened or resumed its own session', {
      subtype: z.enum(['init', 'resumed', 'fallback']),
      session_id: z.string().nullable(),
      model: z.string().nullable(),
    }),
    event('queued', 'A prompt waits', {
      promptId: PromptId,
      position: z.int(),
      message: Message,
      from: Actor,
      origin: Origin.optional(),
    }),
    event('dequeued', 'A waiting prompt was taken out', { promptId: PromptId }),
    event('prompt', 'A prompt enters the conversation; with an origin, it is mail', {
      promptId: PromptId,
      message: Message,
      from: Actor,
      clientId: ClientId.optional().describe('The one in from, for whoever needs no more'),
      origin: Origin.optional(),
      earlier: z
        .literal(true)
        .optional()
        .describe('From before this session: the agent told this turn when it took the conversation up'),
    }),
    event('partial', 'A piece of the answer', {
      messageId: z.string(),
      offset: z.int(),
      content: z.string(),
    }),
    event('text', 'A whole message of the agent; it keeps the seq of its last piece', {
      messageId: z.string(),
      content: z.string(),
    }),
    event('thought', 'A piece of reasoning, or at offset 0 all of it', {
      messageId: z.string(),
      offset: z.int(),
      content: z.string(),
    }),
    event('tool_use', 'The agent calls a tool', ToolCall.shape),
    event('tool_update', 'News of a tool call; absent members stay as they were', {
      toolCallId: z.string(),
      title: z.string().optional(),
      kind: z.string().optional(),
      input: z.unknown().optional(),
      status: ToolStatus.optional(),
      locations: ToolCall.shape.locations.optional(),
      content: z.array(ToolContent).optional(),
    }),
    event('plan', "The agent's plan, whole each time", { entries: z.array(PlanEntry) }),
    event('permission', 'The agent asks', {
      permissionId: PermissionId,
      title: z.string(),
      toolCall: ToolCall,
      options: z.array(PermissionOption),
      form: Form.optional(),
      url: z.string().optional(),
      digest: z.string(),
    }),
    event('permission_resolved', 'Answered, or taken back by the agent (both null)', {
      permissionId: PermissionId,
      optionId: z.string().nullable(),
      content: FormContent.optional().describe('What was filled in, but for secrets'),
      by: Actor.nullable(),
    }),
    event('mode', "The session's mode", { mode: z.string() }),
    event('model', "The session's model", { model: z.string() }),
    event('commands', 'The slash commands that the agent offers now', { commands: z.array(Command) }),
    event('usage', 'How full the context is', Usage.shape),
    event('status', "The session's status changed", { status: SessionStatus }),
    event('result', 'The turn ended', {
      promptId: PromptId,
      stopReason: z.string(),
      usage: z.unknown().optional(),
      session_id: z.string().nullable(),
    }),
    event('error', 'The turn, or the agent, failed', {
      promptId: PromptId.optional(),
      code: z.string(),
      message: z.string(),
    }),
    event('interrupted', 'Somebody stopped the turn', { promptId: PromptId }),
    event('uncertain', 'The gateway died while this prompt ran: it may or may not have finished', {
      promptId: PromptId,
    }),
    event('gap', 'Events of this range are gone', { from: z.int(), to: z.int() }),
  ]),
);
export type EventBody = z.infer<typeof EventBody>;
export type EventType = EventBody['type'];

/** The part that every event has. `seq` counts up by one in its session, starting at 1. */
export const EventHead = object(() => ({
  seq: z.int().positive(),
  ts: z.iso.datetime(),
  sessionId: SessionId,
}));

export type Event = z.infer<typeof EventHead> & EventBody;
export const Event = z
  .intersection(EventHead, EventBody)
  .describe('One thing that happened in a session; clients must skip types that they do not know');
