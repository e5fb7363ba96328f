// Delegated tasks as rows, at the gateway that gave them and at the one that runs them.
import { z } from 'zod';
import { object } from '../protocol/shape.ts';
import { Problem, PromptId, Task, TaskId, type SessionId } from '../protocol/index.ts';
import type { Database, Row } from './database.ts';

const TaskRow = object(() => ({
  task_id: TaskId,
  peer_key: z.int(),
  peer: Task.shape.peer,
  direction: Task.shape.direction,
  state: Task.shape.state,
  prompt_id: PromptId,
  prompt: z.string(),
  path: z.string().nullable(),
  agent: z.string().nullable(),
  session_id: Task.shape.sessionId,
  result: z.string().nullable(),
  error: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  offered: z.int(),
  stopping: z.int(),
}));

export interface StoredTask {
  readonly task: Task;
  readonly peerKey: number;
  /** Of a task that was given away: its idempotency key. Of one that runs here: the prompt that it is. */
  readonly promptId: PromptId;
  readonly path: string | null;
  readonly agent: string | null;
  /** Of a task that was given away: the peer may have it. */
  readonly isOffered: boolean;
  /** Of such a task: somebody has stopped it, and the peer has not said yet that it is over. */
  readonly isStopping: boolean;
}

/** What can change; absent members stay. */
export type TaskChange = Partial<Pick<Task, 'state' | 'sessionId' | 'result' | 'error'>>;

const OPEN = `state IN ('sent', 'running', 'waiting')`;
/** What is over is kept until so many newer ones are. */
const MOST = 1000;

export class TaskStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  insert({ task, peerKey, promptId, path, agent, isOffered, isStopping }: StoredTask): void {
    this.#db.run(
      'INSERT INTO task VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      task.taskId,
      peerKey,
      task.peer,
      task.direction,
      task.state,
      promptId,
      task.prompt,
      path,
      agent,
      task.sessionId,
      task.result,
      task.error,
      task.createdAt,
      task.updatedAt,
      Number(isOffered),
      Number(isStopping),
    );
    this.#db.run(
      `DELETE FROM task WHERE rowid IN
         (SELECT rowid FROM task WHERE NOT ${OPEN} ORDER BY created_at DESC LIMIT -1 OFFSET ?)`,
      MOST,
    );
  }

  /** Newest first. */
  list(): StoredTask[] {
    return this.#all('SELECT * FROM task ORDER BY created_at DESC, rowid DESC');
  }

  open(direction: Task['direction']): StoredTask[] {
    return this.#all(`SELECT * FROM task WHERE direction = ? AND ${OPEN} ORDER BY created_at`, direction);
  }

  find(taskId: TaskId, direction: Task['direction'], peerKey: number): StoredTask | undefined {
    const where = 'task_id = ? AND direction = ? AND peer_key = ?';
    return this.#all(`SELECT * FROM task WHERE ${where}`, taskId, direction, peerKey)[0];
  }

  /** Throws the problem task.unknown. */
  get(taskId: TaskId): StoredTask {
    const [found] = this.#all('SELECT * FROM task WHERE task_id = ? ORDER BY direction DESC', taskId);
    if (found !== undefined) return found;
    throw new Problem('task.unknown', `No task ${taskId}. task.list names those there are.`);
  }

  given(promptId: PromptId): StoredTask | undefined {
    return this.#all(`SELECT * FROM task WHERE direction = 'out' AND prompt_id = ?`, promptId)[0];
  }

  /** The open tasks that run in a session. */
  inSession(sessionId: SessionId): StoredTask[] {
    return this.#all(`SELECT * FROM task WHERE direction = 'in' AND session_id = ? AND ${OPEN}`, sessionId);
  }

  /** The peer may have all that is open from now on. */
  offer(peerKey: number): void {
    this.#db.run(
      `UPDATE task SET offered = 1 WHERE direction = 'out' AND peer_key = ? AND offered = 0 AND ${OPEN}`,
      peerKey,
    );
  }

  /** A task that was given away is to be stopped, and is at once if it was never offered. */
  stop({ task, peerKey }: StoredTask, now: string): void {
    this.#db.run(
      `UPDATE task SET stopping = 1, state = iif(offered, state, 'stopped'), updated_at = ?
       WHERE task_id = ? AND direction = 'out' AND peer_key = ? AND ${OPEN}`,
      now,
      task.taskId,
      peerKey,
    );
  }

  change({ task, peerKey }: StoredTask, change: TaskChange, now: string): void {
    const { state, sessionId, result, error } = { ...task, ...change };
    this.#db.run(
      `UPDATE task SET state = ?, session_id = ?, result = ?, error = ?, updated_at = ?
       WHERE task_id = ? AND direction = ? AND peer_key = ?`,
      state,
      sessionId,
      result,
      error,
      now,
      task.taskId,
      task.direction,
      peerKey,
    );
  }

  #all(sql: string, ...values: (string | number)[]): StoredTask[] {
    return this.#db.all(sql, ...values).map((row) => fromRow(row));
  }
}

function fromRow(row: Row): StoredTask {
  const r = TaskRow.parse(row);
  return {
    task: {
      taskId: r.task_id,
      peer: r.peer,
      direction: r.direction,
      state: r.state,
      prompt: r.prompt,
      sessionId: r.session_id,
      result: r.result,
      error: r.error,
      createdAt: r.created_at,
      updatedAt: r.updated_at,
    },
    peerKey: r.peer_key,
    promptId: r.prompt_id,
    path: r.path,
    agent: r.agent,
    isOffered: r.offered === 1,
    isStopping: r.stopping === 1,
  };
}
