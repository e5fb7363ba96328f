// Questions of agents, each step as one that writes row and event together. Run these inside a transaction.
import { judge } from '../core/permission.ts';
import {
  Problem,
  withoutSecrets,
  type Actor,
  type FormContent,
  type Permission,
  type PermissionId,
  type SessionId,
} from '../protocol/index.ts';
import type { LogOf } from './log.ts';
import type { Store } from './store.ts';

/** Writes down what an agent asks. */
export function askPermission(store: Store, log: LogOf, permission: Permission, now: string): void {
  const { sessionId: _, createdAt: __, ...asked } = permission;
  store.permissions.insert(log, permission);
  store.log.append(log, now, [{ type: 'permission', ...asked }]);
  store.sessions.change(log, { lastActivityAt: now });
}

/** The first answer wins; a later one is told who was first. */
export function answerPermission(
  store: Store,
  answer: {
    permissionId: PermissionId;
    optionId: string;
    content?: FormContent | undefined;
    digest?: string | undefined;
  },
  by: Actor,
  now: string,
): { sessionId: SessionId; accepted: { optionId: string; content?: FormContent } } {
  const { permissionId, optionId } = answer;
  const { permission, state } = store.permissions.get(permissionId);
  const judged = judge(permission, state, answer);
  switch (judged.verdict) {
    case 'resolved': {
      const first = judged.state.state === 'answered' ? judged.state : undefined;
      throw new Problem(
        'permission.resolved',
        first === undefined
          ? 'The agent took this question back. Nothing is left to do.'
          : `Already answered by ${first.by.name}. Nothing is left to do.`,
        { permissionId, optionId: first?.optionId ?? null, by: first?.by ?? null },
      );
    }
    case 'noSuchOption': {
      const offered = permission.options.map((option) => option.optionId);
      throw new Problem(
        'permission.option',
        `There is no option ${optionId}. Offered: ${offered.join(', ')}.`,
        { offered },
      );
    }
    case 'changed':
      throw new Problem(
        'permission.option',
        'What is asked is not what you were shown. Read it again, then answer.',
        {
          digest: permission.digest,
        },
      );
    case 'misfit':
      throw new Problem(
        'permission.option',
        `This form cannot be sent as it is. ${judged.why.join('. ')}. Correct it, or decline.`,
        { why: judged.why, fields: permission.form?.fields },
      );
    case 'accept': {
      const { verdict: _, ...filled } = judged;
      const accepted = { optionId, ...filled };
      const { form } = permission;
      const { content } = accepted;
      const kept = form && content ? { optionId, content: withoutSecrets(form, content) } : accepted;
      const session = store.sessions.get(permission.sessionId);
      store.permissions.resolve(permissionId, { state: 'answered', ...kept, by }, now);
      store.log.append(session, now, [{ type: 'permission_resolved', permissionId, ...kept, by }]);
      store.sessions.change(session, { lastActivityAt: now });
      return { sessionId: permission.sessionId, accepted };
    }
  }
}

/** The agent took its question back, or is gone. */
export function withdrawPermission(store: Store, log: LogOf, permissionId: PermissionId, now: string): void {
  if (store.permissions.get(permissionId).state.state !== 'open') return;
  store.permissions.resolve(permissionId, { state: 'withdrawn' }, now);
  store.log.append(log, now, [{ type: 'permission_resolved', permissionId, optionId: null, by: null }]);
  store.sessions.touch(log);
}
