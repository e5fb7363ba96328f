// Permissions: questions of an agent that somebody must answer. They wait: silence is never consent.
import { z } from 'zod';
import { object, ok } from './shape.ts';
import { method, notification } from './contract.ts';
import { NO_SESSION } from './problems.ts';
import { Form, FormContent } from './form.ts';
import { ClientId, PermissionId, SessionId } from './ids.ts';

// ---- shapes ----

export const PermissionOption = object(() => ({
  optionId: z.string(),
  name: z.string().describe("The agent's own words"),
  kind: z.enum(['allow_once', 'allow_always', 'reject_once', 'reject_always']),
}));
export type PermissionOption = z.infer<typeof PermissionOption>;

/** Who did something, in words that other windows can show. */
export const Actor = z.object({
  clientId: ClientId,
  name: z.string().describe('"window docs-site", "a terminal"'),
});
export type Actor = z.infer<typeof Actor>;

export const Picture = z.object({ mimeType: z.string(), data: z.base64() });
export type Picture = z.infer<typeof Picture>;

export const ToolContent = z.union([
  z.object({ type: z.literal('text'), text: z.string() }),
  object(() => ({
    type: z.literal('diff'),
    path: z.string(),
    oldText: z.string().nullable(),
    newText: z.string(),
  })),
  z.object({
    type: z.literal('other'),
    summary: z.string().describe('What it is, for people: "image/png, 12 kB"'),
    image: Picture.optional().describe('The image itself, where it is small enough to be kept'),
  }),
]);
export type ToolContent = z.infer<typeof ToolContent>;

/** How a call of a tool stands. */
export const ToolStatus = z.enum(['pending', 'in_progress', 'completed', 'failed']);

/** A call of one of the agent's tools. `input` is what the agent gave the tool, as it is. */
export const ToolCall = object(() => ({
  toolCallId: z.string(),
  tool: z.string().describe("The tool's name, or its kind where the agent names none"),
  title: z.string(),
  kind: z.string().describe('read edit delete move search execute think fetch switch_mode other'),
  input: z.unknown(),
  status: ToolStatus,
  locations: z.array(z.object({ path: z.string(), line: z.int().optional() })),
  content: z.array(ToolContent),
}));
export type ToolCall = z.infer<typeof ToolCall>;

export const Permission = object(() => ({
  permissionId: PermissionId,
  sessionId: SessionId,
  title: z.string(),
  toolCall: ToolCall,
  options: z.array(PermissionOption),
  form: Form.optional().describe('To be filled in: an option that allows needs its content'),
  url: z
    .string()
    .optional()
    .describe('A page that the agent wants to be opened; an option that allows says it was'),
  digest: z
    .string()
    .describe('SHA-256 of what was asked (title, tool call, options, form): what an answer is bound to'),
  createdAt: z.iso.datetime(),
}));
export type Permission = z.infer<typeof Permission>;

// ---- methods ----

export const permissionMethods = {
  'permission.list': method('The open permissions of one session, or of all', () => ({
    access: 'read',
    params: z.strictObject({ sessionId: SessionId.optional() }),
    result: z.object({ permissions: z.array(Permission) }),
    problems: NO_SESSION,
  })),
  'permission.answer': method('Answers an open permission; the first answer wins', () => ({
    params: z.strictObject({
      permissionId: PermissionId,
      optionId: z.string(),
      content: FormContent.optional().describe('What was filled in, where the question has a form'),
      digest: z.string().optional().describe('When given, the answer counts only for exactly what was shown'),
    }),
    result: ok,
    problems: ['permission.unknown', 'permission.resolved', 'permission.option'],
  })),
};

// ---- notifications ----

const asked = z.object({ permissionId: PermissionId, sessionId: SessionId });

export const permissionNotifications = {
  'permission.announced': notification(
    'This client, and no other, is to tell people of an open permission; see client.presence',
    () =>
      asked.extend({
        isQuestion: z
          .literal(true)
          .optional()
          .describe('It has a form or a page: an answer is asked for, not leave'),
      }),
  ),
  'permission.settled': notification(
    'Nothing is to be told of it here any more: it is answered or void, or another window tells it now',
    () => asked,
  ),
};
