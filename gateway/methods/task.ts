// task.*: prompts that are given to peers.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Params, taskMethods } from '../protocol/index.ts';
import type { Handlers } from '../rpc/dispatch.ts';
import type { Agents } from '../live/agents.ts';
import type { DelegationParts } from '../live/delegation.ts';
import { existingFolder } from './folder.ts';
import type { Gateway } from './parts.ts';

export const taskHandlers = ({ delegation }: Gateway): Handlers<keyof typeof taskMethods> => ({
  'task.delegate': async (params: Params<'task.delegate'>) => ({ taskId: await delegation.delegate(params) }),
  'task.list': ({ peer }) => ({ tasks: delegation.list(peer) }),
  'task.stop': async ({ taskId }) => {
    const { state, error } = await delegation.stop(taskId);
    return { ok: true, state, error };
  },
});

/** Where a task runs that a peer gave: where it says, else in a folder of its own. */
export const placeTasksIn =
  (home: string, agents: Agents, prepareFolder: Gateway['prepareFolder']): DelegationParts['place'] =>
  ({ taskId, path: given, agent = agents.default }) => {
    agents.mustBeInstalled(agent);
    const folder = given === undefined ? path.join(home, 'tasks', taskId) : existingFolder(given);
    if (given === undefined) mkdirSync(folder, { recursive: true, mode: 0o700 });
    prepareFolder(folder);
    return { path: folder, agent };
  };
