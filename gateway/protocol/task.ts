// Tasks: prompts that are given to a peer, to be run there, with what came of them.
import { z } from 'zod';
import { object } from './shape.ts';
import { method, notification } from './contract.ts';
import { AgentId, PeerName, PromptId, SessionId } from './ids.ts';
import { Text } from './queue.ts';

// ---- ids ----

export const TaskId = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,64}$/)
  .brand<'TaskId'>()
  .describe('A prompt that was delegated to a peer');
export type TaskId = z.infer<typeof TaskId>;

// ---- shapes ----

export const Task = object(() => ({
  taskId: TaskId,
  peer: PeerName,
  direction: z.enum(['out', 'in']).describe('out: given to the peer. in: given to us'),
  state: z.enum(['sent', 'running', 'waiting', 'completed', 'failed', 'stopped']),
  prompt: z.string(),
  sessionId: SessionId.nullable().describe('Where it runs, at the peer that runs it'),
  result: z.string().nullable().describe('The last message of the agent'),
  error: z.string().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
}));
export type Task = z.infer<typeof Task>;

// ---- methods ----

export const taskMethods = {
  'task.delegate': method(
    'Gives a prompt to a peer, to be run there; its status and result come back',
    () => ({
      params: z.strictObject({
        peer: PeerName,
        prompt: Text.min(1).max(100_000),
        path: z.string().optional().describe('A folder there; absent: one that the peer chooses'),
        agent: AgentId.optional(),
        promptId: PromptId.optional().describe('Idempotency key; minted when absent'),
      }),
      result: z.object({ taskId: TaskId }),
      problems: ['peer.unknown', 'peer.forbidden', 'prompt.conflict'],
    }),
  ),
  'task.list': method('Delegated tasks, newest first', () => ({
    access: 'read',
    params: z.strictObject({ peer: PeerName.optional() }),
    result: z.object({ tasks: z.array(Task) }),
  })),
  'task.stop': method('Stops a delegated task, also one whose peer is away', () => ({
    params: z.strictObject({ taskId: TaskId }),
    result: object(() => ({
      ok: z.literal(true),
      state: Task.shape.state.describe(
        'How it stands now. What the peer never had is stopped at once; what a peer that is away may have is ' +
          'stopped as soon as that is linked again, and error says so',
      ),
      error: Task.shape.error,
    })),
    problems: ['task.unknown'],
  })),
};

// ---- notifications ----

export const taskNotifications = {
  'task.changed': notification(
    'A delegated task is new or has changed; told to whoever follows peers.watch',
    () => z.object({ task: Task }),
  ),
};
