// chat: finds or makes the session that a terminal talks in.
import { existsSync, realpathSync } from 'node:fs';
import type { Session } from '../protocol/index.ts';
import type { GatewayClient } from '../rpc/connect.ts';
import { findSession, isAt, withGateway } from './client.ts';
import { Conversation } from './conversation.ts';
import { Follower } from './follow.ts';
import { NEW_OPTIONS, newSessionOf, SESSION } from './sessions.ts';
import { oneLine } from './plainText.ts';
import { UsageError, type Call, type Verb } from './verb.ts';

export const chatVerbs: readonly Verb[] = [
  {
    name: 'chat',
    summary: 'Talk with an agent here; windows that show the session see it too',
    args: [['[session]', `${SESSION[1]}; else a new session`]],
    options: [['--last', 'the session of this folder that was active last'], ...NEW_OPTIONS],
    more: [
      'Enter sends; a \\ at the end of a line goes on with the next one. / lists what the agent offers.',
      'Questions are answered by their number. Ctrl-C stops the turn, twice leaves: the session goes on.',
      'From a pipe each line is a prompt, sent when the one before it has ended, or the answer to a question.',
    ].join('\n'),
    async run(call) {
      const wanted = newSessionOf(call);
      const session = await withGateway((client) => sessionFor(call, wanted, client), call.program);
      await using follower = new Follower({ program: call.program, sessionId: session.sessionId });
      await new Conversation(follower, session, call.out).run();
    },
  },
];

type NewSession = ReturnType<typeof newSessionOf>;

async function sessionFor(call: Call, wanted: NewSession, client: GatewayClient): Promise<Session> {
  const named = call.arg(0);
  if (named !== undefined) return asItIs(call, await findSession(client, named));
  if (call.flag('last') === true) {
    const { sessions } = await client.call('session.list', {});
    // The gateway knows folders by their real path; one that does not exist is refused below.
    const here = existsSync(wanted.path) ? realpathSync(wanted.path) : wanted.path;
    const last = sessions.find(
      (session) => session.peer === undefined && session.path === here && !session.archived,
    );
    if (last !== undefined) return asItIs(call, last);
  }
  const { sessionId } = await client.call('session.create', wanted);
  if (wanted.peer !== undefined) isAt(sessionId, wanted.peer);
  return client.call('session.get', { sessionId });
}

/** Whoever asks for a mode that changes nothing shall not talk in another one without a word. */
function asItIs(call: Call, session: Session): Session {
  const other = (['agent', 'mode', 'model'] as const).find(
    (name) => ![undefined, session[name]].includes(call.option(name)),
  );
  if (other === undefined) return session;
  throw new UsageError(
    `"${oneLine(session.title)}" has the ${other} ${session[other] ?? 'of its agent'}, and --${other} is for a new session. Leave it out, or change the session first: holdfast session --help`,
  );
}
