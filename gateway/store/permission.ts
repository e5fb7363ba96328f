// Permissions as rows: what was asked, word for word, and who answered what.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { PermissionState } from '../core/permission.ts';
import { Actor, FormContent, Permission, Problem, type PermissionId } from '../protocol/index.ts';
import type { Database, Row } from './database.ts';
import type { LogOf } from './log.ts';

const StoredState = z.discriminatedUnion('state', [
  z.object({ state: z.literal('open') }),
  z.object({
    state: z.literal('answered'),
    optionId: z.string(),
    content: FormContent.optional(),
    by: Actor,
  }),
  z.object({ state: z.literal('withdrawn') }),
]) satisfies z.ZodType<PermissionState>;

export interface StoredPermission {
  readonly permission: Permission;
  readonly state: PermissionState;
}

/** What an answer is bound to. */
export const digestOf = ({
  title,
  toolCall,
  options,
  form,
  url,
}: Omit<Permission, 'digest' | 'permissionId' | 'sessionId' | 'createdAt'>): string =>
  createHash('sha256')
    .update(JSON.stringify([title, toolCall, options, form, url]))
    .digest('hex');

export class PermissionStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  insert({ key }: LogOf, permission: Permission): void {
    this.#db.run(
      `INSERT INTO permission (permission_id, session_key, request, state, is_open) VALUES (?, ?, ?, '{"state":"open"}', 1)`,
      permission.permissionId,
      key,
      JSON.stringify(permission),
    );
  }

  /** Throws the problem permission.unknown. */
  get(permissionId: PermissionId): StoredPermission {
    const row = this.#db.get('SELECT request, state FROM permission WHERE permission_id = ?', permissionId);
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
        ? this.#db.all('SELECT request, state FROM permission WHERE is_open = 1 ORDER BY rowid')
        : this.#db.all(
            'SELECT request, state FROM permission WHERE is_open = 1 AND session_key = ? ORDER BY rowid',
            log.key,
          );
    return rows.map((row) => fromRow(row).permission);
  }

  resolve(permissionId: PermissionId, state: Exclude<PermissionState, { state: 'open' }>, now: string): void {
    this.#db.run(
      'UPDATE permission SET state = ?, is_open = 0, resolved_at = ? WHERE permission_id = ?',
      JSON.stringify(state),
      now,
      permissionId,
    );
  }
}

function fromRow(row: Row): StoredPermission {
  const { request, state } = z.object({ request: z.string(), state: z.string() }).parse(row);
  return { permission: Permission.parse(JSON.parse(request)), state: StoredState.parse(JSON.parse(state)) };
}
