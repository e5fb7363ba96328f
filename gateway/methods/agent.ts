// agent.*: the catalogue.
import type { agentMethods } from '../protocol/index.ts';
import type { Handlers } from '../rpc/dispatch.ts';
import { existingFolder } from './folder.ts';
import type { Gateway } from './parts.ts';

export const agentHandlers = ({ agents, store }: Gateway): Handlers<keyof typeof agentMethods> => ({
  'agent.list': () => ({
    agents: [...agents.list()],
    defaultAgent: agents.default,
    registryDate: agents.registryDate,
  }),
  'agent.refresh': async () => {
    const before = new Set(agents.list().map(({ agent }) => agent));
    await agents.refresh();
    const added = agents.list().flatMap(({ agent }) => (before.has(agent) ? [] : [agent]));
    return { registryDate: agents.registryDate, added };
  },
  'agent.check': ({ agent }) => agents.check(agent),
  'agent.sessions': async ({ agent, path }) => {
    const past = await agents.pastSessions(agent, path === undefined ? undefined : existingFolder(path));
    const ours = new Map(
      store.sessions
        .list()
        .filter(({ session }) => session.agent === agent)
        .map(({ session }) => [session.agentSessionId, session.sessionId]),
    );
    return { sessions: past.map((one) => ({ ...one, sessionId: ours.get(one.agentSessionId) ?? null })) };
  },
});
