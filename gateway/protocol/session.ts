// Sessions: one conversation with one agent in one folder, owned by the gateway.
import { z } from 'zod';
import { object, ok } from './shape.ts';
import { method } from './contract.ts';
import { NO_AGENT, NO_SESSION } from './problems.ts';
import { AgentId, PeerName, PromptId, SessionId } from './ids.ts';
import { Text } from './queue.ts';

// ---- shapes ----

export const SessionStatus = z
  .enum(['starting', 'idle', 'busy', 'waiting', 'stopped', 'error'])
  .describe('waiting: a permission is open. stopped: no agent process; the next prompt starts one');
export type SessionStatus = z.infer<typeof SessionStatus>;

export const Mode = z
  .enum(['auto', 'code', 'plan', 'ask'])
  .describe(
    'auto: asks nothing. code: edits without asking. plan: changes nothing. ask: asks before each change',
  );
export type Mode = z.infer<typeof Mode>;

export const Usage = object(() => ({
  used: z.number().describe('Tokens in the context'),
  size: z.number().describe('Tokens that fit'),
  cost: z
    .object({ amount: z.number(), currency: z.string().describe('ISO 4217, like USD') })
    .optional()
    .describe('Of the whole conversation, as its agent counts'),
}));
export type Usage = z.infer<typeof Usage>;

/** Where a turn is in the plan of its agent. */
export const Step = object(() => ({
  at: z.int().positive().describe('The number of the step, from 1 on'),
  of: z.int().positive().describe('How many steps the plan has'),
  content: z.string().describe('What it does, in its own words, cut at 200 characters'),
}));
export type Step = z.infer<typeof Step>;

export const Session = object(() => ({
  sessionId: SessionId,
  title: z.string().describe('By a person, else by the agent, else the beginning of the first prompt'),
  path: z.string().describe('The folder, absolute, symbolic links resolved'),
  agent: AgentId,
  status: SessionStatus,
  mode: Mode,
  model: z.string().nullable().describe("null: the agent's own choice"),
  agentSessionId: z.string().nullable().describe("The agent's name for the conversation"),
  createdAt: z.iso.datetime(),
  lastActivityAt: z.iso
    .datetime()
    .describe('When a prompt came, a question was asked or answered, or a turn ended'),
  pendingPermissions: z.int().nonnegative().describe('Questions of its agent that are open'),
  pendingQuestions: z
    .int()
    .positive()
    .optional()
    .describe('So many of them have a form or a page: an answer is asked for, not leave'),
  queued: z.int().nonnegative().describe('Prompts that wait'),
  uncertain: z.int().nonnegative().describe('Prompts that wait for a decision after a crash'),
  held: z.boolean().describe('The queue waits for a person: nothing new starts'),
  archived: z.boolean().describe('A person has put it away: lists leave it out'),
  readSeq: z.int().nonnegative().describe('The seq up to which it was read, in whatever window'),
  unread: z.boolean().describe('A turn has ended after readSeq'),
  usage: Usage.optional(),
  step: Step.optional().describe('Of a running turn, when its agent has a plan'),
  peer: PeerName.optional().describe('The gateway that owns it, when that is not this one'),
}));
export type Session = z.infer<typeof Session>;

export const QueueStats = object(() => ({
  userPending: z.int().nonnegative().describe('Prompts that wait'),
  responsePending: z.int().nonnegative().describe('Events that the calling client has not confirmed'),
  clientConnected: z.boolean().describe('Somebody follows the session now'),
}));
export type QueueStats = z.infer<typeof QueueStats>;

/** A session that can be carried to another gateway. Events are as in the log; an import takes those that it knows. */
export const Bundle = object(() => ({
  holdfast: z
    .literal(1, 'must be 1: what a newer Holdfast has exported, it has to import')
    .describe('The version of this form'),
  session: Session.pick({
    title: true,
    path: true,
    agent: true,
    mode: true,
    model: true,
    agentSessionId: true,
  }),
  events: z.array(z.looseObject({ type: z.string().max(64), ts: z.iso.datetime() })).max(5000),
})).strict();
export type Bundle = z.infer<typeof Bundle>;

/** As long as any system allows. */
const Path = z.string().min(1).max(32_767);
const Title = Text.trim().min(1).max(200);
/** An agent's own name for something. */
const Name = Text.min(1).max(500);

const one = z.strictObject({ sessionId: SessionId });

/** Of two names for one thing only one can be meant. */
const isOneThing = (first: string | undefined, second: string | undefined): boolean =>
  first === undefined || second === undefined || first === second;

// ---- methods (session.send is in queue.ts; subscribe and history are in log.ts) ----

export const sessionMethods = {
  'session.create': method('Creates a session; the agent starts with the first prompt', () => ({
    params: z
      .strictObject({
        path: Path.describe(
          'An existing folder, absolute; ~ is the home folder, a name alone a folder of ~/Projects',
        ),
        agent: AgentId.optional().describe('Absent: the first installed agent of the catalogue'),
        cli_type: AgentId.optional().describe('The same as agent'),
        mode: Mode.optional(),
        model: Name.optional(),
        title: Title.optional().describe('Absent: made from the first prompt'),
        agentSessionId: Name.optional().describe(
          'A conversation that the agent remembers (agent.sessions): the session goes on with it, at once. ' +
            'If a session does so already, that one is the answer, as it is',
        ),
      })
      .refine(
        ({ agent, cli_type }) => isOneThing(agent, cli_type),
        'agent and cli_type are the same thing: give one',
      ),
    result: z.object({ sessionId: SessionId }),
    problems: ['path.missing', ...NO_AGENT, 'storage.full', 'storage.damaged'],
  })),
  'session.list': method('All sessions, the last active first', () => ({
    access: 'read',
    params: z.strictObject({}),
    result: z.object({ sessions: z.array(Session) }),
  })),
  'session.get': method('One session', () => ({
    access: 'read',
    params: one,
    result: Session,
    problems: NO_SESSION,
  })),
  'session.rename': method('Gives a session another title', () => ({
    params: z.strictObject({ sessionId: SessionId, title: Title }),
    result: ok,
    problems: NO_SESSION,
  })),
  'session.mark_read': method(
    'Notes for all windows that somebody has read a session up to an event',
    () => ({
      params: z.strictObject({ sessionId: SessionId, seq: z.int().nonnegative() }),
      result: ok,
      problems: NO_SESSION,
    }),
  ),
  'session.archive': method('Moves a session out of sight, or back', () => ({
    params: z.strictObject({ sessionId: SessionId, archived: z.boolean().default(true) }),
    result: ok,
    problems: NO_SESSION,
  })),
  'session.set_mode': method(
    'Changes the mode; a running agent follows at once, another one when it starts',
    () => ({
      params: z.strictObject({ sessionId: SessionId, mode: Mode }),
      result: ok,
      problems: [...NO_SESSION, 'mode.unsupported', 'agent.failed'],
    }),
  ),
  'session.set_model': method(
    "Changes the model; null: the agent's own choice, from its next start on",
    () => ({
      params: z.strictObject({ sessionId: SessionId, model: Name.nullable().default(null) }),
      result: ok,
      problems: [...NO_SESSION, 'model.unsupported', 'agent.failed'],
    }),
  ),
  'session.resume': method(
    'Brings the agent back, with its own memory of the conversation where it can',
    () => ({
      params: z
        .strictObject({
          sessionId: SessionId,
          agentSessionId: Name.optional().describe("The agent's own session to go on with"),
          sdkSessionId: Name.optional().describe('The same as agentSessionId'),
        })
        .refine(
          ({ agentSessionId, sdkSessionId }) => isOneThing(agentSessionId, sdkSessionId),
          'agentSessionId and sdkSessionId are the same thing: give one',
        ),
      result: z.object({
        ok: z.literal(true),
        fallback: z
          .boolean()
          .describe('A fresh agent session was opened; the history goes along with the next prompt'),
      }),
      problems: [...NO_SESSION, ...NO_AGENT],
    }),
  ),
  'session.fork': method(
    'A second session that goes its own way from here; the agent remembers all so far',
    () => ({
      params: z.strictObject({
        sessionId: SessionId,
        title: Title.optional(),
      }),
      result: z.object({ sessionId: SessionId }),
      problems: [...NO_SESSION, 'prompt.state', ...NO_AGENT, 'storage.full', 'storage.damaged'],
    }),
  ),
  'session.interrupt': method(
    'Stops the running turn; queue and log stay. Cancel, then SIGTERM, then SIGKILL',
    () => ({
      params: one.extend({
        promptId: PromptId.optional().describe('Only if the turn is of this prompt: another may have begun'),
      }),
      result: z.object({ ok: z.literal(true), interrupted: z.boolean() }),
      problems: NO_SESSION,
    }),
  ),
  'session.destroy': method(
    'Ends the agent with all its children and removes the session with its log',
    () => ({
      params: one,
      result: ok,
      problems: NO_SESSION,
    }),
  ),
  'session.watch': method(
    'All sessions now, then session.changed and session.removed as they happen',
    () => ({
      access: 'read',
      params: z.strictObject({}),
      result: z.object({ sessions: z.array(Session) }),
    }),
  ),
  'session.unwatch': method('Ends session.watch', () => ({
    access: 'read',
    params: z.strictObject({}),
    result: ok,
  })),
  'session.queue_stats': method('How much waits, for the agent and for this client', () => ({
    access: 'read',
    params: one,
    result: QueueStats,
    problems: NO_SESSION,
  })),
  'monitor.sessions': method('All sessions with their queue and their process', () => ({
    access: 'read',
    params: z.strictObject({}),
    result: z.object({
      sessions: z.array(
        Session.extend({
          queue: QueueStats,
          process: z
            .object({
              pid: z.int(),
              rss: z.int().nullable().describe('Bytes; null where the system does not tell'),
            })
            .nullable(),
        }),
      ),
      totalSessions: z.int(),
      uptime: z.number().describe('Seconds'),
    }),
  })),
  'session.search': method(
    'Full text over the prompts and answers of all sessions, the best match first',
    () => ({
      access: 'read',
      params: z.strictObject({
        query: z
          .string()
          .trim()
          .min(1)
          .max(200)
          .describe('Words; all of them must occur. Nothing is an operator'),
        limit: z.int().min(1).max(200).default(50),
      }),
      result: z.object({
        hits: z.array(
          z.object({
            sessionId: SessionId,
            title: z.string(),
            seq: z.int(),
            type: z.enum(['prompt', 'text']),
            messageId: z.string().optional().describe('Of a text'),
            snippet: z.string().describe('The words around the first match'),
          }),
        ),
      }),
    }),
  ),
  'session.export': method('A session as a portable bundle, by pages', () => ({
    access: 'read',
    params: z.strictObject({
      sessionId: SessionId,
      after: z.int().nonnegative().default(0).describe('Only events with a greater seq'),
      limit: z.int().min(1).max(5000).default(1000),
    }),
    result: z.object({
      bundle: Bundle,
      next: z.int().optional().describe('Give this as after; absent: all is said'),
    }),
    problems: NO_SESSION,
  })),
  'session.import': method(
    'Makes a session from a bundle, to be read also where its agent is unknown, or adds a page',
    () => ({
      params: z.strictObject({
        bundle: Bundle,
        path: Path.optional().describe('Where it goes on; the folder of the bundle when absent'),
        sessionId: SessionId.optional().describe('Add to this session, which a page before has made'),
      }),
      result: z.object({ sessionId: SessionId }),
      problems: ['path.missing', ...NO_SESSION, 'prompt.state', 'storage.full', 'storage.damaged'],
    }),
  ),
  'session.draft': method(
    'The unsent text of a session, shared by all windows: sets it when text is given',
    () => ({
      params: z.strictObject({ sessionId: SessionId, text: z.string().max(100_000).optional() }),
      result: z.object({ text: z.string() }),
      problems: NO_SESSION,
    }),
  ),
};
