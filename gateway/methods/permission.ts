// permission.*: questions of agents and the answers of people.
import type { permissionMethods } from '../protocol/index.ts';
import type { Handlers } from '../rpc/dispatch.ts';
import { answerPermission } from '../store/questions.ts';
import type { Gateway } from './parts.ts';

export const permissionHandlers = ({
  store,
  live,
  clock,
}: Gateway): Handlers<keyof typeof permissionMethods> => ({
  'permission.list': ({ sessionId }) => ({
    permissions: store.permissions.listOpen(
      sessionId === undefined ? undefined : store.sessions.get(sessionId),
    ),
  }),

  'permission.answer': async (answer, caller) => {
    const { sessionId, accepted } = await store.synced(() =>
      answerPermission(store, answer, caller.actor, clock.now()),
    );
    live.find(sessionId)?.answer(answer.permissionId, accepted);
    return { ok: true };
  },
});
