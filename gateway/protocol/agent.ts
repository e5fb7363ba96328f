// Agents: the programs that hold conversations, as the catalogue describes them.
import { z } from 'zod';
import { object } from './shape.ts';
import { method } from './contract.ts';
import { AgentId, SessionId } from './ids.ts';

// ---- shapes ----

export const Agent = object(() => ({
  agent: AgentId,
  name: z.string().describe('For people: "Claude Code"'),
  icon: z.string().describe('A codicon'),
  state: z.enum(['installed', 'installable', 'missing', 'broken']),
  detail: z.string().describe('Where it was found, or how to mend it'),
  source: z
    .enum(['known', 'configured', 'registry'])
    .default('known')
    .describe('Who knows it: this build, the configuration, or the ACP registry'),
})).describe('A row of the agents catalogue');
export type Agent = z.infer<typeof Agent>;

/** A conversation that an agent remembers by itself, whoever had it. */
export const AgentSession = object(() => ({
  agentSessionId: z.string().describe('Give this to session.create to go on with it here'),
  path: z.string(),
  title: z.string().nullable(),
  updatedAt: z.string().nullable(),
  sessionId: SessionId.nullable().describe('The session of this gateway that it belongs to'),
}));
export type AgentSession = z.infer<typeof AgentSession>;

// ---- methods ----

export const agentMethods = {
  'agent.list': method(
    'The catalogue: what is installed, what can be, what is missing, and how to mend it',
    () => ({
      access: 'read',
      params: z.strictObject({}),
      result: z.object({
        agents: z.array(Agent),
        defaultAgent: AgentId,
        registryDate: z.string().default('').describe('The day of which the registry tells'),
      }),
    }),
  ),
  'agent.refresh': method('Fetches the ACP registry, which nothing does unasked, and keeps it', () => ({
    params: z.strictObject({}),
    result: z.object({
      registryDate: z.string(),
      added: z.array(AgentId).describe('Agents that the list did not have before'),
    }),
    problems: ['registry.unreachable'],
  })),
  'agent.check': method('Starts the agent, asks what it is, and ends it', () => ({
    params: z.strictObject({ agent: AgentId }),
    result: z.object({ ok: z.boolean(), detail: z.string() }),
    problems: ['agent.unknown', 'agent.missing'],
  })),
  'agent.sessions': method('The conversations that an agent remembers by itself, where it tells', () => ({
    params: z.strictObject({
      agent: AgentId,
      path: z.string().min(1).optional().describe('Only those of this folder'),
    }),
    result: z.object({ sessions: z.array(AgentSession) }),
    problems: ['agent.unknown', 'agent.missing', 'agent.unable', 'agent.failed', 'path.missing'],
  })),
};
