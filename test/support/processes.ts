// Whether processes live, and waiting for their end.
import { startTime } from '../../gateway/agents/processTree.ts';
import { waitFor } from './waitFor.ts';

/** A zombie that nobody has read yet counts as gone: it runs nothing. */
export const isAlive = (pid: number): boolean => startTime(pid) !== undefined;

export const untilGone = (pid: number): Promise<true> =>
  waitFor(`the end of process ${pid}`, () => !isAlive(pid));
