// Agents: the programs that hold conversations, as the catalogue describes them.
import { z } from 'zod';
import { method } from './contract.ts';
import { AgentId } from './ids.ts';

// ---- shapes ----

export const Agent = z
  .object({
    agent: AgentId,
    name: z.string().describe('For people: "Claude Code"'),
    icon: z.string().describe('A codicon'),
    state: z.enum(['installed', 'installable', 'missing', 'broken']),
    detail: z.string().describe('Where it was found, or how to mend it'),
  })
  .describe('A row of the agents catalogue');
export type Agent = z.infer<typeof Agent>;

// ---- methods ----

export const agentMethods = {
  'agent.list': method('The catalogue: what is installed, what can be, what is missing, and how to mend it', {
    access: 'read',
    params: z.strictObject({}),
    result: z.object({ agents: z.array(Agent), defaultAgent: AgentId }),
  }),
  'agent.check': method('Starts the agent, asks what it is, and ends it', {
    params: z.strictObject({ agent: AgentId }),
    result: z.object({ ok: z.boolean(), detail: z.string() }),
    problems: ['agent.unknown'],
  }),
};
