// Questions of agents, each step as one that writes row and event together. Run these inside a transaction.
import { judge, type Verdict } from '../core/permission.ts';
import {
  isSecret,
  Problem,
  withoutSecrets,
  type Actor,
  type FormContent,
  type Permission,
  type PermissionId,
  type PromptId,
  type SessionId,
} from '../protocol/index.ts';
import type { LogOf } from './log.ts';
import type { Store } from './store.ts';

/**
 * Writes down what an agent asks while it works on a prompt. Answers what somebody has said to the same question already,
 * if the previous gateway ended while it was open.
 */
export function askPermission(
  store: Store,
  log: LogOf,
  { permission, promptId }: { permission: Permission; promptId: PromptId | undefined },
  now: string,
): { optionId: string; content?: FormContent } | undefined {
  const { sessionId: _, createdAt: __, ...asked } = permission;
  const { permissionId } = permission;
  const known = promptId === undefined ? undefined : store.permissions.takeUnheard(log, asked, promptId);
  store.permissions.insert(log, permission, promptId);
  store.log.append(log, now, [{ type: 'permission', ...asked }]);
  store.sessions.change(log, { lastActivityAt: now });
  if (known === undefined) return undefined;
  const { optionId, content, by } = known;
  const answer = { optionId, ...(content === undefined ? {} : { content }) };
  store.permissions.resolve(permissionId, known, now);
  store.log.append(log, now, [{ type: 'permission_resolved', permissionId, ...answer, by }]);
  return answer;
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
  const { permission, state, promptId } = store.permissions.get(permissionId);
  const judged = judge(permission, state, answer);
  if (judged.verdict !== 'accept') throw problemOf(judged, permission, optionId);
  const { verdict: _, ...filled } = judged;
  const accepted = { optionId, ...filled };
  const { form, sessionId } = permission;
  const { content } = accepted;
  const kept = form && content ? { optionId, content: withoutSecrets(form, content) } : accepted;
  const session = store.sessions.get(sessionId);
  // Its gateway has ended, and its agent will ask again. A secret is kept nowhere, so its question has to be asked again.
  const isLeft = promptId !== undefined && store.queue.running(session) === undefined;
  const isUnheard = isLeft && form?.fields.some(isSecret) !== true;
  store.permissions.resolve(permissionId, { state: 'answered', ...kept, by }, now, isUnheard);
  store.log.append(session, now, [{ type: 'permission_resolved', permissionId, ...kept, by }]);
  store.sessions.change(session, { lastActivityAt: now });
  return { sessionId, accepted };
}

/** Why an answer does not count, in words that say what to do. */
function problemOf(
  judged: Exclude<Verdict, { verdict: 'accept' }>,
  { permissionId, options, digest, form }: Permission,
  optionId: string,
): Problem {
  switch (judged.verdict) {
    case 'resolved': {
      const first = judged.state.state === 'answered' ? judged.state : undefined;
      const how =
        first === undefined ? 'The agent took this question back' : `Already answered by ${first.by.name}`;
      const known = { permissionId, optionId: first?.optionId ?? null, by: first?.by ?? null };
      return new Problem('permission.resolved', `${how}. Nothing is left to do.`, known);
    }
    case 'noSuchOption': {
      const offered = options.map((option) => option.optionId);
      const words = `There is no option ${optionId}. Offered: ${offered.join(', ')}.`;
      return new Problem('permission.option', words, { offered });
    }
    case 'changed': {
      const words = 'What is asked is not what you were shown. Read it again, then answer.';
      return new Problem('permission.option', words, { digest });
    }
    case 'misfit': {
      const { why } = judged;
      const words = `This form cannot be sent as it is. ${why.join('. ')}. Correct it, or decline.`;
      return new Problem('permission.option', words, { why, fields: form?.fields });
    }
  }
}

/**
 * After a start: a question waits with its uncertain prompt. When that runs again, its agent asks again, and hears what was
 * answered.
 */
export function recoverQuestions(store: Store, log: LogOf, now: string): void {
  const uncertain = new Set<PromptId | undefined>(
    store.queue.live(log).flatMap(({ promptId, state }) => (state === 'uncertain' ? [promptId] : [])),
  );
  for (const { permissionId } of store.permissions.listOpen(log))
    if (!uncertain.has(store.permissions.get(permissionId).promptId))
      withdrawPermission(store, log, permissionId, now);
}

/** Nobody will ask any more what was open, or was answered unheard, when the previous gateway ended. */
export function forgetQuestions(store: Store, log: LogOf, now: string): void {
  for (const { permissionId } of store.permissions.listOpen(log))
    withdrawPermission(store, log, permissionId, now);
  store.permissions.forgetUnheard(log);
}

/** The agent took its question back, or is gone. */
export function withdrawPermission(store: Store, log: LogOf, permissionId: PermissionId, now: string): void {
  if (store.permissions.get(permissionId).state.state !== 'open') return;
  store.permissions.resolve(permissionId, { state: 'withdrawn' }, now);
  store.log.append(log, now, [{ type: 'permission_resolved', permissionId, optionId: null, by: null }]);
  store.sessions.touch(log);
}
