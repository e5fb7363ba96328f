// mail.threads and mail.thread: mail as people read it.
import type { mailThreadMethods } from '../protocol/index.ts';
import type { Handlers } from '../rpc/dispatch.ts';
import type { Gateway } from './parts.ts';

export const mailThreadHandlers = ({ store }: Gateway): Handlers<keyof typeof mailThreadMethods> => ({
  'mail.threads': ({ limit }) => ({ threads: store.mailThreads.list(limit) }),
  'mail.thread': ({ threadId, limit }) => store.mailThreads.get(threadId, limit),
});
