// Sessions: one conversation with one agent in one folder, owned by the gateway.
import { z } from 'zod';
import { method } from './contract.ts';
import { AgentId, SessionId } from './ids.ts';

// ---- shapes ----

/** waiting: a permission is open. stopped: no agent process; the next prompt starts one. */
export const SessionStatus = z.enum(['starting', 'idle', 'busy', 'waiting', 'stopped', 'error']);
export type SessionStatus = z.infer<typeof SessionStatus>;

export const Mode = z
  .enum(['auto', 'code', 'plan', 'ask'])
  .describe(
    'auto: asks nothing. code: edits without asking. plan: changes nothing. ask: asks before each change',
  );
export type Mode = z.infer<typeof Mode>;

export const Usage = z.object({
  used: z.number().describe('Tokens in the context'),
  size: z.number().describe('Tokens that fit'),
  cost: z.object({ amount: z.number(), currency: z.string() }).optional(),
});
export type Usage = z.infer<typeof Usage>;

export const Session = z.object({
  sessionId: SessionId,
  title: z.string(),
  path: z.string().describe('The folder, absolute, symbolic links resolved'),
  agent: AgentId,
  status: SessionStatus,
  mode: Mode,
  model: z.string().nullable().describe("null: the agent's own choice"),
  agentSessionId: z.string().nullable().describe("The agent's name for the conversation"),
  createdAt: z.iso.datetime(),
  lastActivityAt: z.iso.datetime(),
  pendingPermissions: z.int().nonnegative(),
  queued: z.int().nonnegative(),
  uncertain: z.int().nonnegative().describe('Prompts that wait for a decision after a crash'),
  archived: z.boolean(),
  usage: Usage.optional(),
});
export type Session = z.infer<typeof Session>;

const ok = z.object({ ok: z.literal(true) });
const one = z.strictObject({ sessionId: SessionId });

// ---- methods (session.send is in queue.ts; subscribe and history are in log.ts) ----

export const sessionMethods = {
  'session.create': method('Creates a session; the agent starts with the first prompt', {
    params: z.strictObject({
      path: z.string().min(1).describe('An existing folder; ~ is the home folder'),
      agent: AgentId.optional().describe('Absent: the first installed agent of the catalogue'),
      cli_type: AgentId.optional().describe('The same as agent'),
      mode: Mode.optional(),
      model: z.string().min(1).optional(),
      title: z.string().min(1).max(200).optional().describe('Absent: made from the first prompt'),
    }),
    result: z.object({ sessionId: SessionId }),
    problems: ['path.missing', 'agent.unknown', 'agent.missing', 'storage.full'],
  }),
  'session.list': method('All sessions, the last active first', {
    params: z.strictObject({}),
    result: z.object({ sessions: z.array(Session) }),
  }),
  'session.get': method('One session', { params: one, result: Session, problems: ['session.unknown'] }),
  'session.rename': method('Gives a session another title', {
    params: z.strictObject({ sessionId: SessionId, title: z.string().trim().min(1).max(200) }),
    result: ok,
    problems: ['session.unknown'],
  }),
  'session.archive': method('Moves a session out of sight, or back', {
    params: z.strictObject({ sessionId: SessionId, archived: z.boolean().default(true) }),
    result: ok,
    problems: ['session.unknown'],
  }),
  'session.interrupt': method(
    'Stops the running turn; queue and log stay. Cancel, then SIGTERM, then SIGKILL',
    {
      params: one,
      result: z.object({ ok: z.literal(true), interrupted: z.boolean() }),
      problems: ['session.unknown'],
    },
  ),
  'session.destroy': method('Ends the agent with all its children and removes the session with its log', {
    params: one,
    result: ok,
    problems: ['session.unknown'],
  }),
  'session.watch': method('All sessions now, then session.changed and session.removed as they happen', {
    params: z.strictObject({}),
    result: z.object({ sessions: z.array(Session) }),
  }),
  'session.unwatch': method('Ends session.watch', { params: z.strictObject({}), result: ok }),
  'session.draft': method('The unsent text of a session, shared by all windows: sets it when text is given', {
    params: z.strictObject({ sessionId: SessionId, text: z.string().max(100_000).optional() }),
    result: z.object({ text: z.string() }),
    problems: ['session.unknown'],
  }),
};
