// What a session's agent offers: models, modes, commands and settings of its own, so that nobody has to guess.
import { z } from 'zod';
import { object, ok } from './shape.ts';
import { method } from './contract.ts';
import { NO_SESSION } from './problems.ts';
import { SessionId } from './ids.ts';
import { Mode } from './session.ts';

// ---- shapes ----

/** A slash command of the agent. */
export const Command = z.object({ name: z.string(), description: z.string() });

export const Choosable = object(() => ({
  value: z.string().describe("The agent's name for it"),
  name: z.string().describe('For people'),
  description: z.string().optional(),
}));
export type Choosable = z.infer<typeof Choosable>;

export const AgentOption = object(() => ({
  optionId: z.string(),
  name: z.string(),
  description: z.string().optional(),
  value: z.string().optional().describe('As it is set now, where the agent has said so in this session'),
  values: z.array(Choosable),
})).describe('A setting of the agent itself: how hard it thinks, whether it is fast');
export type AgentOption = z.infer<typeof AgentOption>;

export const Offers = object(() => ({
  modes: z.array(Mode).describe('Those that the agent can honour'),
  models: z.array(Choosable).describe('Empty: the agent offers no choice, or has not said'),
  options: z.array(AgentOption),
  commands: z.array(Command),
  fork: z.boolean().optional().describe('The agent can go on with a conversation in a second session'),
}));
export type Offers = z.infer<typeof Offers>;

// ---- methods ----

export const offerMethods = {
  'session.offers': method(
    'What its agent offers; before its first start, what the agent offered elsewhere',
    () => ({
      access: 'read',
      params: z.strictObject({ sessionId: SessionId }),
      result: z.object({ offers: Offers.nullable().describe('null: nobody has started this agent yet') }),
      problems: NO_SESSION,
    }),
  ),
  'session.set_option': method(
    'Sets an option of the agent; a running agent follows at once, another one when it starts',
    () => ({
      params: z.strictObject({ sessionId: SessionId, optionId: z.string().min(1), value: z.string() }),
      result: ok,
      problems: [...NO_SESSION, 'option.unsupported', 'agent.failed'],
    }),
  ),
};
