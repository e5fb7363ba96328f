// agent.*: the catalogue.
import type { agentMethods } from '../protocol/index.ts';
import type { Handlers } from '../rpc/dispatch.ts';
import type { Gateway } from './methods.ts';

export const agentHandlers = ({ agents }: Gateway): Handlers<keyof typeof agentMethods> => ({
  'agent.list': () => ({ agents: [...agents.list()], defaultAgent: agents.defaultAgent() }),
  'agent.check': ({ agent }) => agents.check(agent),
});
