// The life of a delegated task, on both sides: what it is at the one who runs it, and which news of it still count.
import type { PromptState, Task } from '../protocol/index.ts';

export type TaskState = Task['state'];

/** Nothing more will come. */
export const isOver = (state: TaskState): boolean =>
  state === 'completed' || state === 'failed' || state === 'stopped';

/** What a task is, seen from the prompt that it became. */
export function stateOf(prompt: PromptState, openPermissions: number): TaskState {
  switch (prompt) {
    case 'queued':
      return 'sent';
    case 'running':
      return openPermissions > 0 ? 'waiting' : 'running';
    case 'uncertain':
      // A person at that gateway decides whether it runs again.
      return 'waiting';
    case 'done':
      return 'completed';
    case 'failed':
      return 'failed';
    case 'cancelled':
      return 'stopped';
  }
}
