// Permissions as rows: what was asked, word for word, and who answered what.
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { object } from '../protocol/shape.ts';
import type { PermissionState } from '../core/permission.ts';
import { Actor, FormContent, Permission, Problem, PromptId, type PermissionId } from '../protocol/index.ts';
import type { Database, Row } from './database.ts';
import type { LogOf } from './log.ts';

const StoredState = z.discriminatedUnion('state', [
  z.object({ state: z.literal('open') }),
  object(() => ({
    state: z.literal('answered'),
    optionId: z.string(),
    content: FormContent.optional(),
    by: Actor,
  })),
  z.object({ state: z.literal('withdrawn') }),
]) satisfies z.ZodType<PermissionState>;

export interface StoredPermission {
  readonly permission: Permission;
  readonly state: PermissionState;
  /** What the agent worked on when it asked; undefined: nothing, or nobody has noted it. */
  readonly promptId: PromptId | undefined;
}

type Asked = Omit<Permission, 'digest' | 'permissionId' | 'sessionId' | 'createdAt'>;

/** The columns of a stored permission. */
const COLUMNS = 'request, state, prompt_id';

/** What an answer is bound to. */
export const digestOf = ({ title, toolCall, options, form, url }: Asked): string =>
  createHash('sha256')
    .update(JSON.stringify([title, toolCall, options, form, url]))
    .digest('hex');

/** Whether two questions are the same for whoever is asked: the call has another id when its agent comes to it again. */
function isLike(one: Asked, other: Asked): boolean {
  const shown = ({ title, toolCall, options, form, url }: Asked): string | undefined =>
    canonicalize({ title, toolCall: { ...toolCall, toolCallId: '' }, options, form, url });
  return shown(one) === shown(other);
}

export class PermissionStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  insert({ key }: LogOf, permission: Permission, promptId: PromptId | undefined): void {
    this.#db.run(
      `INSERT INTO permission (permission_id, session_key, request, state, is_open, prompt_id)
       VALUES (?, ?, ?, '{"state":"open"}', 1, ?)`,
      permission.permissionId,
      key,
      JSON.stringify(permission),
      promptId ?? null,
    );
  }

  /** Throws the problem permission.unknown. */
  get(permissionId: PermissionId): StoredPermission {
    const row = this.#db.get(`SELECT ${COLUMNS} FROM permission WHERE permission_id = ?`, permissionId);
    if (row === undefined) {
      throw new Problem(
        'permission.unknown',
        `No permission ${permissionId}. permission.list names the open ones.`,
        {
          permissionId,
        },
      );
    }
    return fromRow(row);
  }

  /** The open ones, of one session or of all, oldest first. */
  listOpen(log?: LogOf): Permission[] {
    const rows =
      log === undefined
        ? this.#db.all(`SELECT ${COLUMNS} FROM permission WHERE is_open = 1 ORDER BY rowid`)
        : this.#db.all(
            `SELECT ${COLUMNS} FROM permission WHERE is_open = 1 AND session_key = ? ORDER BY rowid`,
            log.key,
          );
    return rows.map((row) => fromRow(row).permission);
  }

  /** What was answered to the same question, about the same prompt, while no agent was there to hear it: it is heard now. */
  takeUnheard(
    { key }: LogOf,
    asked: Asked,
    promptId: PromptId,
  ): Extract<PermissionState, { state: 'answered' }> | undefined {
    const found = this.#db
      .all(`SELECT ${COLUMNS} FROM permission WHERE is_unheard = 1 AND session_key = ? ORDER BY rowid`, key)
      .map((row) => fromRow(row))
      .find((one) => one.promptId === promptId && isLike(one.permission, asked));
    if (found?.state.state !== 'answered') return undefined;
    const { permissionId } = found.permission;
    this.#db.run('UPDATE permission SET is_unheard = 0 WHERE permission_id = ?', permissionId);
    return found.state;
  }

  /** No agent will ask for what was answered while none was there. */
  forgetUnheard({ key }: LogOf): void {
    this.#db.run('UPDATE permission SET is_unheard = 0 WHERE is_unheard = 1 AND session_key = ?', key);
  }

  resolve(
    permissionId: PermissionId,
    state: Exclude<PermissionState, { state: 'open' }>,
    now: string,
    isUnheard = false,
  ): void {
    this.#db.run(
      'UPDATE permission SET state = ?, is_open = 0, is_unheard = ?, resolved_at = ? WHERE permission_id = ?',
      JSON.stringify(state),
      Number(isUnheard),
      now,
      permissionId,
    );
  }
}

const StoredRow = object(() => ({ request: z.string(), state: z.string(), prompt_id: PromptId.nullable() }));

function fromRow(row: Row): StoredPermission {
  const { request, state, prompt_id: promptId } = StoredRow.parse(row);
  return {
    permission: Permission.parse(JSON.parse(request)),
    state: StoredState.parse(JSON.parse(state)),
    promptId: promptId ?? undefined,
  };
}
