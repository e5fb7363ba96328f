// The queue: prompts that people sent to a session, in the order in which they will run.
import { z } from 'zod';
import { method } from './contract.ts';
import { NO_SESSION } from './problems.ts';
import { Cursor, PeerName, PromptId, SessionId } from './ids.ts';
import { Actor } from './permission.ts';
import { Origin } from './provenance.ts';
import { object, ok } from './shape.ts';

// ---- shapes ----

/** Text that can be stored and compared: two different ill-formed strings would become the same SQLite TEXT. */
export const Text = z.string().refine((text) => text.isWellFormed(), 'must be well-formed Unicode');

/** A part of a message, as ACP has it. */
export const ContentBlock = z.lazy(() =>
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text'), text: Text }),
    z.strictObject({ type: z.literal('image'), data: z.base64(), mimeType: Text }),
    z.strictObject({ type: z.literal('resource_link'), uri: Text, name: Text }),
    z.strictObject({
      type: z.literal('resource'),
      resource: z.strictObject({ uri: Text, text: Text, mimeType: Text.optional() }),
    }),
  ]),
);
export type ContentBlock = z.infer<typeof ContentBlock>;

/** What a person sends: text, or ACP content blocks. */
export const Message = z.union(
  [Text.min(1), z.array(ContentBlock).min(1)],
  'must be text, or a list of content blocks of the types text, image, resource_link and resource',
);
export type Message = z.infer<typeof Message>;

/** The same as text; what is no text is named. */
export const textOf = (message: Message): string =>
  typeof message === 'string'
    ? message
    : message.map((block) => (block.type === 'text' ? block.text : `[${block.type}]`)).join('\n');

/** running: the agent has it. uncertain: nobody knows whether it ran, and a person decides. */
export const PromptState = z.enum(['queued', 'running', 'uncertain', 'done', 'failed', 'cancelled']);
export type PromptState = z.infer<typeof PromptState>;

/** States in which nothing more will be heard of a prompt. */
export const SETTLED: ReadonlySet<PromptState> = new Set(['done', 'failed', 'cancelled', 'uncertain']);

export const Prompt = object(() => ({
  promptId: PromptId,
  sessionId: SessionId,
  state: PromptState,
  message: Message,
  from: Actor,
  origin: Origin.optional().describe('It is mail; no person wrote it here'),
  createdAt: z.iso.datetime(),
}));
export type Prompt = z.infer<typeof Prompt>;

// ---- methods ----

export const queueMethods = {
  'session.send': method(
    'Puts a prompt into the queue of a session; it is on disk when this answers',
    () => ({
      params: z.strictObject({
        sessionId: SessionId,
        message: Message,
        promptId: PromptId.optional().describe(
          'Idempotency key, one of its kind over all sessions; minted when absent',
        ),
        steer: z
          .boolean()
          .default(false)
          .describe('Send now: stops the running turn and goes before all that waits'),
        expiresInS: z
          .number()
          .positive()
          .max(30 * 86_400)
          .optional()
          .describe('Seconds after which it is taken out if it has not started'),
      }),
      result: z.object({
        sessionId: SessionId,
        promptId: PromptId,
        state: PromptState,
        position: z
          .int()
          .nonnegative()
          .describe('Its place among those that wait, from 1 on; 0 when it runs'),
        cursor: Cursor.describe('Where the session stood when the prompt was written down'),
        peer: PeerName.optional().describe('The gateway that runs it, when that is not this one'),
      }),
      problems: [
        ...NO_SESSION,
        'prompt.conflict',
        'queue.full',
        'storage.full',
        'storage.damaged',
        'gateway.stopping',
      ],
      streams: true,
    }),
  ),
  'queue.list': method('The prompts of a session that are running, waiting or uncertain, in order', () => ({
    access: 'read',
    params: z.strictObject({ sessionId: SessionId }),
    result: z.object({
      prompts: z.array(Prompt).describe('As many as fit into 8 MiB; session.get counts them all'),
      held: z.boolean(),
    }),
    problems: NO_SESSION,
  })),
  'queue.edit': method('Gives a waiting prompt another text', () => ({
    params: z.strictObject({ sessionId: SessionId, promptId: PromptId, message: Message }),
    result: ok,
    problems: [...NO_SESSION, 'prompt.unknown', 'prompt.state'],
  })),
  'queue.move': method('Puts a waiting prompt elsewhere among those that wait', () => ({
    params: z.strictObject({
      sessionId: SessionId,
      promptId: PromptId,
      position: z.int().nonnegative().describe('0: it runs next'),
    }),
    result: ok,
    problems: [...NO_SESSION, 'prompt.unknown', 'prompt.state'],
  })),
  'queue.remove': method('Takes a waiting prompt out, or leaves an uncertain one as it is', () => ({
    params: z.strictObject({ sessionId: SessionId, promptId: PromptId }),
    result: ok,
    problems: [...NO_SESSION, 'prompt.unknown', 'prompt.state'],
  })),
  'queue.retry': method(
    "Runs an uncertain or failed prompt again: a person's decision, never the gateway's",
    () => ({
      params: z.strictObject({ sessionId: SessionId, promptId: PromptId }),
      result: ok,
      problems: [...NO_SESSION, 'prompt.unknown', 'prompt.state'],
    }),
  ),
  'queue.pause': method('Holds the queue: what runs goes on, nothing new starts', () => ({
    params: z.strictObject({ sessionId: SessionId }),
    result: ok,
    problems: NO_SESSION,
  })),
  'queue.resume': method('Lets a held queue go on', () => ({
    params: z.strictObject({ sessionId: SessionId }),
    result: ok,
    problems: NO_SESSION,
  })),
};
