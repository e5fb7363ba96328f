// send and attach: a prompt on its way, and a session watched from a terminal.
import { randomUUID } from 'node:crypto';
import { withoutUndefined } from '../language.ts';
import { PromptId, SETTLED, type Cursor, type Event, type Session } from '../protocol/index.ts';
import { CLIENT_NAME, findSession, withGateway } from './client.ts';
import { Follower, type News } from './follow.ts';
import type { Output } from './output.ts';
import { howToAnswer } from './decisions.ts';
import { SESSION } from './sessions.ts';
import { textFrom } from './stdin.ts';
import { question, Transcript } from './transcript.ts';
import { numberOf, UsageError, type Call, type Verb } from './verb.ts';

export const sendVerbs: readonly Verb[] = [
  {
    name: 'send',
    summary: 'Put a prompt into the queue of a session; it is on disk when this ends',
    args: [SESSION, ['<text>', 'the prompt; - reads it from standard input']],
    options: [
      ['--follow', 'show the answer until the turn ends'],
      ['--steer', 'send now: stops the running turn and goes before all that waits'],
      ['--prompt-id <id>', 'sending the same id again does nothing; minted when absent'],
      ['--expires-in <seconds>', 'take it out if it has not started by then'],
    ],
    more: [
      'With --follow the exit code is 0 when the turn ended well, 1 when it failed or was stopped.',
      'A text that begins with - stands after --: holdfast send SESSION -- TEXT',
    ].join('\n'),
    run: send,
  },
  {
    name: 'attach',
    summary: 'Show a session and follow it until Ctrl-C',
    args: [SESSION],
    run: attach,
  },
];

async function send(call: Call): Promise<number> {
  const message = await textFrom(call.arg(1) ?? '');
  if (message.trim() === '') throw new UsageError('The prompt is empty: nothing was sent.');
  const promptId = PromptId.safeParse(call.option('promptId') ?? randomUUID());
  if (!promptId.success)
    throw new UsageError(`--prompt-id ${promptId.error.issues[0]?.message ?? 'is no id'}.`);
  const expiresInS = numberOf(call, 'expiresIn');
  return withGateway(async (client) => {
    const session = await findSession(client, call.arg(0) ?? '');
    const { sessionId } = session;
    const steer = call.flag('steer') ?? false;
    const accepted = await client.call(
      'session.send',
      withoutUndefined({ sessionId, message, promptId: promptId.data, steer, expiresInS }),
    );
    const { state, position, cursor } = accepted;
    if (call.flag('follow') === true && !SETTLED.has(state)) {
      return followPrompt(call, session, promptId.data, cursor);
    }
    const where = state === 'queued' ? ` as number ${position}` : '';
    call.out.answer(accepted, `${promptId.data} ${state}${where}`);
    return 0;
  }, call.program);
}

/** Shows what one prompt leads to, from where it was written down to the end of its turn. */
async function followPrompt(
  call: Call,
  session: Session,
  promptId: PromptId,
  cursor: Cursor,
): Promise<number> {
  const { out, program } = call;
  await using follower = new Follower({ program, sessionId: session.sessionId, cursor });
  const show = new Printer(out, session);
  let isMine = false;
  for await (const news of follower.news) {
    if (news.what !== 'events') {
      show.news(news);
      continue;
    }
    for (const event of news.events) {
      const isOfPrompt = 'promptId' in event && event.promptId === promptId;
      if (event.type === 'prompt') isMine = isOfPrompt;
      // While its turn runs, other prompts are sent, edited and taken out: these events are not about it.
      if (!isOfPrompt && (!isMine || 'promptId' in event)) continue;
      // The sender knows what it sent: its own prompt is not shown again.
      if (event.type !== 'prompt' || out.json) show.events([event]);
      if (event.type === 'dequeued') show.note('It was taken out of the queue before its turn.');
      const code = isOfPrompt ? ENDS[event.type] : undefined;
      if (code !== undefined) return code;
    }
  }
  return 1;
}

/** Events that are the last of their prompt, and the exit code that they mean. */
const ENDS: Readonly<Partial<Record<Event['type'], number>>> = {
  result: 0,
  error: 1,
  interrupted: 1,
  uncertain: 1,
  dequeued: 1,
};

async function attach(call: Call): Promise<number> {
  const session = await withGateway((client) => findSession(client, call.arg(0) ?? ''), call.program);
  await using follower = new Follower({ program: call.program, sessionId: session.sessionId });
  // Ctrl-C only leaves: the session goes on.
  const leave = (): void => void follower[Symbol.asyncDispose]();
  process.once('SIGINT', leave).once('SIGTERM', leave);
  const show = new Printer(call.out, session);
  for await (const news of follower.news) {
    show.news(news);
    if (news.what === 'removed') return 1;
  }
  return 0;
}

/** News as lines of JSON, or as text. */
class Printer {
  readonly #out: Output;
  readonly #transcript: Transcript;

  constructor(out: Output, session: Session) {
    this.#out = out;
    this.#transcript = new Transcript({ agent: session.agent, me: CLIENT_NAME });
  }

  news(news: News): void {
    switch (news.what) {
      case 'snapshot':
        if (news.gap) this.note('Some events are missing: this is the session as it is now.');
        if (this.#out.json) this.#out.answer(news.snapshot, '');
        else this.#text(this.#transcript.add(news.snapshot.messages));
        for (const asked of news.snapshot.permissions) this.#asks(asked);
        return;
      case 'events':
        return this.events(news.events);
      case 'lost':
        return this.note(news.stopped ? 'The gateway was stopped.' : 'Reconnecting');
      case 'found':
        return this.note('Reconnected.');
      case 'removed':
        return this.note('The session was removed.');
    }
  }

  events(events: readonly Event[]): void {
    for (const event of events) {
      if (this.#out.json) this.#out.answer(event, '');
      else this.#text(this.#transcript.add([event]));
      if (event.type === 'permission') this.#asks(event);
    }
  }

  #asks(asked: Parameters<typeof question>[0] & Parameters<typeof howToAnswer>[0]): void {
    this.note(`${question(asked)}\n  It waits. Answer: ${howToAnswer(asked)}`);
  }

  /** For people only: programs see what they need in the events. */
  note(text: string): void {
    if (!this.#out.json) this.#text(this.#transcript.note(text));
  }

  #text(text: string): void {
    if (text !== '') this.#out.write(text);
  }
}
