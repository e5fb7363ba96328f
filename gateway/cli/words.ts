// How the answers of some methods are told to people; every other answer is described member by member.
import {
  addressOf,
  methods,
  textOf,
  type Event,
  type MethodName,
  type NotificationName,
  type NotificationParams,
  type Permission,
  type Result,
} from '../protocol/index.ts';
import { inboxTable, outboxTable } from './mail.ts';
import { describe, megabytes, table } from './output.ts';
import { harmless, inertJson, oneLine } from './plainText.ts';
import { at } from './client.ts';
import { nearbyLines, peerLines } from './peers.ts';
import { sessionTable, stateOf } from './sessions.ts';
import { question, Transcript } from './transcript.ts';

/** Something that happened, as the gateway tells it. */
export interface Notice {
  readonly method: NotificationName;
  readonly params: unknown;
}

type Words = { readonly [M in MethodName]?: (result: Result<M>) => string | string[] };

const allSessions = ({ sessions }: Result<'session.list'>): string | string[] =>
  sessions.length === 0 ? 'No sessions.' : sessionTable(sessions, Date.now());

const WORDS: Words = {
  'session.list': allSessions,
  'session.watch': allSessions,
  'session.history': ({ messages, before }) => [
    ...(before === undefined ? [] : [`Older: --before ${before}`]),
    transcript(messages),
  ],
  'session.reconnect': ({ bufferedEvents, cursor }) => [
    transcript(bufferedEvents),
    `Confirm with: --cursor ${cursor}`,
  ],
  'session.draft': ({ text }) => harmless(text),
  'session.export': (page) => inertJson(page),
  'queue.list': ({ prompts, held }) => [
    ...(prompts.length === 0
      ? ['Nothing runs or waits.']
      : table(
          prompts.map(({ promptId, state, from, message }) => [
            promptId.slice(0, 8),
            state,
            `From ${from.name}`,
            oneLine(textOf(message), 100),
          ]),
        )),
    ...(held ? ['Held: nothing new starts until you say so. Go on: holdfast queue resume SESSION'] : []),
  ],
  'permission.list': ({ permissions }) =>
    permissions.length === 0 ? 'Nobody asks.' : permissions.map(openQuestion).join('\n\n'),
  'monitor.sessions': ({ sessions }) =>
    table([
      ['ID', 'TITLE', 'STATE', 'QUEUED', 'FOLLOWED', 'PROCESS', 'MEMORY'],
      ...sessions.map((session) => [
        session.sessionId.slice(0, 8),
        oneLine(session.title, 40),
        stateOf(session),
        String(session.queue.userPending),
        session.queue.clientConnected ? 'yes' : 'no',
        String(session.process?.pid ?? '-'),
        session.process?.rss ? megabytes(session.process.rss) : '-',
      ]),
    ]),
  'mail.outbox': ({ messages }) => outboxTable(messages),
  'mail.inbox': ({ messages }) => inboxTable(messages),
  'mail.receive': ({ messages }) => inboxTable(messages),
  'mailbox.list': ({ mailboxes }) =>
    table([
      ['NAME', 'KIND', 'PRESENCE', 'POLICY', 'UNREAD', 'HELD', 'TOPICS', 'SUMMARY'],
      ...mailboxes.map(({ kind, profile, policy, unread, held, topics, ...mailbox }) => [
        addressOf(mailbox),
        kind,
        profile.status,
        policy,
        String(unread),
        String(held),
        topics.join(','),
        oneLine(profile.summary, 60),
      ]),
    ]),
  'peers.list': peerLines,
  'peers.discover': nearbyLines,
  'rpc.discover': (document) => JSON.stringify(document, undefined, 2),
  'agent.sessions': ({ sessions }) =>
    sessions.length === 0
      ? 'It remembers none.'
      : table([
          ['ID', 'TITLE', 'FOLDER', 'LAST'],
          ...sessions.map(({ agentSessionId, title, path, updatedAt, sessionId }) => [
            oneLine(agentSessionId),
            oneLine(title ?? '-', 50),
            oneLine(path),
            `${oneLine(updatedAt ?? '-')}${sessionId === null ? '' : '  (open here)'}`,
          ]),
        ]),
  'agent.check': ({ detail }) => oneLine(detail),
};

/** The answer of a method as lines for people. What agents wrote in it is harmless. */
export function say(method: string, result: unknown): string | string[] {
  if (!(method in WORDS) || !(method in methods)) return describe(result);
  // The gateway answers by the contract, which says this type under this very name.
  const words = WORDS[method as MethodName] as ((result: unknown) => string | string[]) | undefined;
  return words?.(result) ?? describe(result);
}

const NEWS: { readonly [N in NotificationName]?: (params: NotificationParams<N>) => string | string[] } = {
  'session.events': ({ events }) => transcript(events),
  'session.changed': ({ session }) => sessionTable([session], Date.now()).slice(1),
};

/** Something that happened as lines for people. */
export function tell({ method, params }: Notice): string | string[] {
  // The gateway tells it by the contract, which says this type under this very name.
  const words = NEWS[method] as ((params: unknown) => string | string[]) | undefined;
  return words?.(params) ?? `${method}  ${oneLine(JSON.stringify(params))}`;
}

function openQuestion(permission: Permission): string {
  const { permissionId, sessionId } = permission;
  const { peer } = at({ permissionId });
  const where = peer === undefined ? '' : ` on ${peer}`;
  return `${permissionId}  in session ${sessionId}${where}\n${question(permission)}`;
}

const transcript = (events: readonly Event[]): string => {
  const show = new Transcript({ agent: 'The agent' });
  return (show.add(events) + show.endLine()).trim();
};
