// new, sessions, interrupt, destroy, search and agents: sessions as a list.
import path from 'node:path';
import { withoutUndefined } from '../language.ts';
import { AgentId, Mode, PeerName, type Agent, type Peer, type Session } from '../protocol/index.ts';
import { findSession, withGateway } from './client.ts';
import { ago, table } from './output.ts';
import { oneLine } from './plainText.ts';
import { numberOf, UsageError, type Call, type Verb } from './verb.ts';

export const SESSION = ['<session>', 'an id, the beginning of one, or a title'] as const;
export const NEW_OPTIONS = [
  ['--agent <agent>', 'a key of `holdfast agents`; else the first that is installed'],
  ['--path <folder>', 'where the agent works; else this folder'],
  ['--title <title>', 'else made from the first prompt'],
  [
    '--mode <mode>',
    'auto: asks nothing. code: edits without asking. plan: changes nothing. ask: asks before each change',
  ],
  ['--model <model>', "else the agent's own choice"],
  ['--peer <peer>', 'on this linked machine; --path is a folder there'],
] as const;

/** The linked machine that is meant, if one is. */
function peerOf(call: Call): PeerName | undefined {
  const peer = PeerName.optional().safeParse(call.option('peer'));
  if (!peer.success)
    throw new UsageError('--peer is the name of a linked machine. List them: holdfast peers list');
  return peer.data;
}

/** What `new` and `chat` make a session of. */
export function newSessionOf(call: Call) {
  const mode = Mode.optional().safeParse(call.option('mode'));
  if (!mode.success) throw new UsageError(`--mode is one of: ${Mode.options.join(', ')}.`);
  const agent = AgentId.optional().safeParse(call.option('agent'));
  if (!agent.success)
    throw new UsageError('--agent is a key of the agents catalogue. List it: holdfast agents');
  const peer = peerOf(call);
  const folder = call.option('path') ?? (peer === undefined ? '.' : undefined);
  if (folder === undefined) throw new UsageError(`Say in which folder of ${peer}: --path FOLDER.`);
  return withoutUndefined({
    // The gateway has a working folder of its own; ~, and what is a folder elsewhere, are left to it.
    path: /^~(?:[\\/]|$)/.test(folder) || peer !== undefined ? folder : path.resolve(folder),
    peer,
    agent: agent.data,
    mode: mode.data,
    title: call.option('title'),
    model: call.option('model'),
  });
}

export const sessionVerbs: readonly Verb[] = [
  {
    name: 'new',
    summary: 'Create a session; its agent starts with the first prompt',
    options: NEW_OPTIONS,
    async run(call) {
      const wanted = newSessionOf(call);
      await withGateway(async (client) => {
        const created = await client.call('session.create', wanted);
        call.out.answer(created, created.sessionId);
      }, call.program);
    },
  },
  {
    name: 'sessions',
    summary: 'List the sessions, the last active first',
    options: [['--archived', 'also those that were archived']],
    run: (call) =>
      withGateway(async (client) => {
        const { sessions } = await client.call('session.list', {});
        const shown = sessions.filter(({ archived }) => !archived || call.flag('archived') === true);
        const hidden = sessions.length - shown.length;
        const isElsewhere = shown.some(({ peer }) => peer !== undefined);
        const { peers } = isElsewhere ? await client.call('peers.list', {}) : { peers: [] };
        call.out.answer({ sessions: shown }, [
          ...(shown.length === 0
            ? ['No sessions. Start one: holdfast new']
            : sessionTable(shown, Date.now(), peers)),
          ...(hidden === 0 ? [] : [`${hidden} archived. Show all: holdfast sessions --archived`]),
        ]);
      }),
  },
  {
    name: 'interrupt',
    summary: 'Stop the running turn; queue and log stay',
    args: [SESSION],
    run: (call) =>
      withGateway(async (client) => {
        const { sessionId } = await findSession(client, call.arg(0) ?? '');
        const answer = await client.call('session.interrupt', { sessionId });
        call.out.answer(answer, answer.interrupted ? 'Stopped.' : 'No turn was running.');
      }),
  },
  {
    name: 'destroy',
    summary: 'End the agent with all its children, and remove the session with its log',
    args: [SESSION],
    run: (call) =>
      withGateway(async (client) => {
        const { sessionId, title } = await findSession(client, call.arg(0) ?? '');
        call.out.answer(await client.call('session.destroy', { sessionId }), `Removed "${oneLine(title)}".`);
      }),
  },
  {
    name: 'search',
    summary: 'Find words in the prompts and answers of all sessions',
    args: [['<words...>', 'all of them must occur']],
    options: [['--limit <n>', 'at most so many hits (50)']],
    run: (call) =>
      withGateway(async (client) => {
        const query = call.args.join(' ');
        const found = await client.call(
          'session.search',
          withoutUndefined({ query, limit: numberOf(call, 'limit') }),
        );
        const rows = found.hits.map(({ sessionId, title, seq, snippet }) => [
          sessionId.slice(0, 8),
          oneLine(title, 32),
          `#${seq}`,
          oneLine(snippet, 120),
        ]);
        call.out.answer(found, rows.length === 0 ? 'Nothing found.' : table(rows));
        return rows.length === 0 ? 1 : 0;
      }),
  },
  {
    name: 'agents',
    summary: 'The agents catalogue: what is installed, and how to mend what is not',
    options: [
      ['--all', 'all that the ACP registry has, too'],
      ['--peer <peer>', 'of this linked machine'],
    ],
    more: 'The list of the registry is refreshed by: holdfast agent refresh',
    run: (call) =>
      withGateway(async (client) => {
        const catalogue = await client.call('agent.list', withoutUndefined({ peer: peerOf(call) }));
        const { agents, defaultAgent } = catalogue;
        const isShown = ({ source, state }: Agent): boolean =>
          source !== 'registry' || state === 'installed' || call.flag('all') === true;
        const rows = agents
          .filter(isShown)
          .map(({ agent, name, state, detail }) => [
            agent === defaultAgent ? `${agent} *` : agent,
            oneLine(name, 40),
            state,
            oneLine(detail, 200),
          ]);
        const more = agents.length - rows.length;
        call.out.answer(catalogue, [
          ...table(rows),
          '* is taken when none is named',
          ...(more === 0 ? [] : [`${more} more in the ACP registry: holdfast agents --all`]),
        ]);
      }),
  },
];

/** Sessions for people. */
export function sessionTable(
  sessions: readonly Session[],
  now: number,
  peers: readonly Pick<Peer, 'name' | 'state'>[] = [],
): string[] {
  // What was heard last of a machine is not how it is now.
  const away = new Map(
    peers
      .filter(({ state }) => state !== 'connected')
      .map(({ name, state }): [PeerName, string] => [name, state === 'stale' ? 'silent' : 'offline']),
  );
  const standingOf = (session: Session): string => {
    const how = session.peer === undefined ? undefined : away.get(session.peer);
    return how === undefined ? stateOf(session) : `${stateOf(session)} (${session.peer} is ${how})`;
  };
  return table([
    ['ID', 'TITLE', 'STATE', 'AGENT', 'ACTIVE', 'FOLDER'],
    ...sessions.map((session) => [
      session.sessionId.slice(0, 8),
      oneLine(session.title, 40),
      standingOf(session),
      session.agent,
      ago(session.lastActivityAt, now),
      // As in scp: what stands before the colon is another machine.
      session.peer === undefined ? session.path : `${session.peer}:${session.path}`,
    ]),
  ]);
}

/** The state in a word or two: what needs a person comes first. */
export function stateOf({ status, pendingPermissions, queued, uncertain, archived }: Session): string {
  const facts = [
    ...(pendingPermissions > 0 ? ['needs your answer'] : []),
    ...(uncertain > 0 ? ['may not have finished'] : []),
    ...(queued > 0 ? [`${queued} queued`] : []),
    ...(archived ? ['archived'] : []),
  ];
  const word = status === 'busy' ? 'working' : status;
  return facts.length === 0 ? word : `${word}, ${facts.join(', ')}`;
}
