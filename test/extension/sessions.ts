// Sessions for tests: whole ones, of which a test writes down only what it is about.
import { Session } from '../../gateway/protocol/index.ts';

export const NOW = Date.parse('2026-11-20T12:00:00.000Z');

export const minutesAgo = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();

export const session = (sessionId: string, about: Partial<Record<keyof Session, unknown>> = {}): Session =>
  Session.parse({
    sessionId,
    title: sessionId,
    path: '/code/harbor-api',
    agent: 'demo',
    status: 'idle',
    mode: 'ask',
    model: null,
    agentSessionId: null,
    createdAt: minutesAgo(60),
    lastActivityAt: minutesAgo(5),
    pendingPermissions: 0,
    queued: 0,
    uncertain: 0,
    held: false,
    archived: false,
    readSeq: 0,
    unread: false,
    ...about,
  });
