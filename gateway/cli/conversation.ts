// A conversation in the terminal, in a session that editor windows show at the same time.
import { randomUUID } from 'node:crypto';
import {
  isSecret,
  Problem,
  PromptId,
  type Event,
  type ParamsIn,
  type Permission,
  type Session,
  type SessionId,
  type Snapshot,
} from '../protocol/index.ts';
import { at, CLIENT_NAME } from './client.ts';
import { ask, DECLINE, decide, decisionsOf, howToAnswer, optionsOf, type Decision } from './decisions.ts';
import type { Follower, News } from './follow.ts';
import { FormEntry } from './formEntry.ts';
import { table, type Output } from './output.ts';
import { oneLine } from './plainText.ts';
import { openScreen, type Screen } from './screen.ts';
import { Transcript } from './transcript.ts';
import { UsageError } from './verb.ts';

/** How many turns of the past are shown at the start. */
const TURNS_SHOWN = 3;

export class Conversation {
  readonly #follower: Follower;
  readonly #sessionId: SessionId;
  readonly #agent: string;
  readonly #out: Output;
  readonly #screen: Screen;
  /** Prompts that stand on the screen because they were typed there. */
  readonly #typed = new Set<PromptId>();
  /** Prompts of ours that have not ended. */
  readonly #open = new Set<PromptId>();
  #transcript: Transcript;
  #decisions: readonly Decision[] = [];
  #asked: Decision | undefined;
  /** The form of what is asked, as far as it is filled in. */
  #entry: FormEntry | undefined;
  #commands: readonly { readonly name: string; readonly description: string }[] = [];
  #isBusy = false;
  #isKnown = Promise.withResolvers<void>();
  #interrupts = 0;
  #isLeaving = false;
  /** Resolved, and replaced, whenever something has happened. */
  #changed = Promise.withResolvers<void>();

  constructor(follower: Follower, session: Session, out: Output) {
    this.#follower = follower;
    this.#sessionId = session.sessionId;
    this.#agent = session.agent;
    this.#out = out;
    this.#transcript = this.#newTranscript();
    this.#screen = openScreen(process.stdin, process.stdout, () => this.#interrupted());
  }

  /** Until the input ends, the person leaves, or the session is gone. */
  async run(): Promise<void> {
    using screen = this.#screen;
    const telling = this.#tell().finally(() => this.#leave());
    await Promise.race([this.#isKnown.promise, telling]);
    await this.#listen();
    if (!this.#isLeaving) await this.#until(() => this.#isCalm());
    await this.#follower[Symbol.asyncDispose]();
    await telling;
    this.#farewell();
    screen.close();
  }

  // ---- what the gateway tells ----

  async #tell(): Promise<void> {
    for await (const news of this.#follower.news) {
      this.#take(news);
      if (news.what === 'removed') return;
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }

  #take(news: News): void {
    switch (news.what) {
      case 'snapshot':
        return this.#start(news.snapshot, news.gap);
      case 'events':
        for (const event of news.events) this.#event(event);
        return this.#askNext();
      case 'lost':
        return this.#note(
          news.stopped ? 'The gateway was stopped. It starts again with your next prompt.' : 'Reconnecting',
        );
      case 'found':
        return this.#note('Reconnected.');
      case 'removed':
        return this.#note('The session was removed.');
    }
  }

  #start(snapshot: Snapshot, gap: boolean): void {
    const { session, messages, queue } = snapshot;
    this.#transcript = this.#newTranscript();
    if (this.#out.json) this.#out.answer(snapshot, '');
    if (gap) this.#note('Some events are missing: this is the session as it is now.');
    this.#note(`"${oneLine(session.title, 80)}" with ${session.agent} in ${oneLine(session.path)}`);
    if (this.#screen.isTerminal) this.#note('Ctrl-C stops the turn, twice leaves: the session goes on.');
    const prompts = messages.filter(({ type }) => type === 'prompt');
    const first = prompts.at(-TURNS_SHOWN)?.seq ?? 0;
    if (snapshot.before !== undefined || prompts.length > TURNS_SHOWN)
      this.#note(`Earlier turns: holdfast session history ${session.sessionId}`);
    this.#decisions = decisionsOf(snapshot);
    this.#isBusy = queue.some(({ state }) => state === 'running');
    for (const event of messages) if (event.type === 'commands') this.#commands = event.commands;
    if (!this.#out.json) this.#show(this.#transcript.add(messages.filter(({ seq }) => seq >= first)));
    this.#askNext();
    this.#screen.ready();
    this.#isKnown.resolve();
  }

  #event(event: Event): void {
    if (this.#out.json) this.#out.answer(event, '');
    else this.#show(this.#transcript.add([event]));
    this.#decisions = decide(this.#decisions, event);
    switch (event.type) {
      case 'commands':
        this.#commands = event.commands;
        break;
      case 'prompt':
        this.#isBusy = true;
        this.#interrupts = 0;
        break;
      case 'result':
      case 'error':
      case 'interrupted':
      case 'uncertain':
        this.#isBusy = false;
        if (event.promptId !== undefined) this.#open.delete(event.promptId);
        break;
      case 'dequeued':
        this.#open.delete(event.promptId);
        break;
      default:
        break;
    }
  }

  #askNext(): void {
    const [first] = this.#decisions;
    if (first?.id === this.#asked?.id) return;
    this.#asked = first;
    const form = first?.kind === 'permission' ? first.asked.form : undefined;
    this.#entry = form === undefined ? undefined : new FormEntry(form);
    if (first !== undefined) this.#note(ask(first));
    if (this.#entry !== undefined) this.#note(this.#entry.hint);
    this.#screen.hide(isSecret(this.#entry?.field));
  }

  // ---- what a person enters ----

  async #listen(): Promise<void> {
    let begun = '';
    for await (const line of this.#screen.lines) {
      if (!this.#screen.isTerminal) await this.#until(() => this.#isCalm());
      if (this.#isLeaving) return;
      this.#interrupts = 0;
      if (line.endsWith('\\')) {
        begun += `${line.slice(0, -1)}\n`;
      } else {
        const text = begun + line;
        begun = '';
        await this.#enter(text).catch((error: unknown) => this.#refused(error));
      }
      this.#screen.ready();
    }
  }

  async #enter(text: string): Promise<void> {
    const line = text.trim();
    const [decision] = this.#decisions;
    if (decision !== undefined && this.#entry !== undefined) return this.#fill(decision, this.#entry, line);
    if (line === '') return;
    if (line === '/') return this.#listCommands();
    if (decision !== undefined && /^\d+$/.test(line)) return this.#decideOn(decision, Number(line));
    await this.#send(text);
  }

  async #send(message: string): Promise<void> {
    const promptId = PromptId.parse(randomUUID());
    this.#open.add(promptId);
    // One that has to wait is told again when its turn comes.
    if (this.#screen.isTerminal && !this.#isBusy) this.#typed.add(promptId);
    try {
      const sent = { sessionId: this.#sessionId, message, promptId };
      const { state, position } = await this.#follower.call('session.send', sent);
      if (state === 'queued') this.#note(`Queued as number ${position}.`);
    } catch (error) {
      this.#open.delete(promptId);
      throw error;
    }
  }

  async #decideOn(decision: Decision, number: number): Promise<void> {
    if (number < 1 || number > optionsOf(decision)) {
      return this.#note(`Choose 1 to ${optionsOf(decision)}.`);
    }
    // It is dealt with, however that ends; what the gateway tells later may only add to it.
    this.#decisions = this.#decisions.filter(({ id }) => id !== decision.id);
    const sessionId = this.#sessionId;
    if (decision.kind === 'uncertain') {
      const method = number === 1 ? 'queue.retry' : 'queue.remove';
      if (number === 1) this.#open.add(decision.id);
      await this.#follower.call(method, { sessionId, promptId: decision.id });
    } else {
      await this.#answer(decision.asked, { optionId: decision.asked.options[number - 1]?.optionId ?? '' });
    }
    this.#askNext();
  }

  async #answer(
    { permissionId, digest }: Pick<Permission, 'permissionId' | 'digest'>,
    answer: Pick<ParamsIn<'permission.answer'>, 'optionId' | 'content'>,
  ): Promise<void> {
    const where = at({ sessionId: this.#sessionId });
    await this.#follower.call('permission.answer', { ...where, permissionId, digest, ...answer });
  }

  /** Takes a line as the value of the next field; the last one sends the form. */
  async #fill(decision: Decision, entry: FormEntry, line: string): Promise<void> {
    if (decision.kind !== 'permission') return;
    const isDeclined = line === DECLINE;
    if (!isDeclined) entry.enter(line);
    this.#screen.hide(!isDeclined && isSecret(entry.field));
    if (!isDeclined && entry.field !== undefined) return this.#note(entry.hint);
    const kind = isDeclined ? 'reject' : 'allow';
    const optionId = decision.asked.options.find((option) => option.kind.startsWith(kind))?.optionId ?? '';
    this.#decisions = this.#decisions.filter(({ id }) => id !== decision.id);
    await this.#answer(decision.asked, { optionId, ...(isDeclined ? {} : { content: entry.content }) });
    this.#askNext();
  }

  #listCommands(): void {
    if (this.#commands.length === 0)
      return this.#note('The agent offers no commands. It may after its first turn.');
    this.#note(table(this.#commands.map(({ name, description }) => [`/${name}`, description])).join('\n'));
  }

  #refused(error: unknown): void {
    // A refusal leaves the chat as it is; anything else ends it.
    const isRefusal = error instanceof Problem || error instanceof UsageError;
    if (!isRefusal && !(error instanceof Error && 'code' in error)) throw error;
    this.#note(oneLine(error.message));
  }

  #interrupted(): void {
    this.#interrupts += 1;
    if (this.#interrupts > 1) return this.#leave();
    if (!this.#isBusy) return this.#note('Ctrl-C again to leave. The session goes on.');
    this.#note('Stopping the turn. Ctrl-C again to leave.');
    this.#follower
      .call('session.interrupt', { sessionId: this.#sessionId })
      .catch((error: unknown) => this.#note(oneLine(String(error))));
  }

  // ---- the end ----

  /** Nothing of ours runs, or a person has to decide first: a program's next line may come. */
  #isCalm(): boolean {
    return this.#open.size === 0 || this.#decisions.length > 0;
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo() && !this.#isLeaving) await this.#changed.promise;
  }

  #leave(): void {
    this.#isLeaving = true;
    this.#changed.resolve();
    this.#isKnown.resolve();
    this.#screen.close();
  }

  #farewell(): void {
    const [decision] = this.#decisions;
    if (decision?.kind === 'permission') this.#note(`It waits for an answer: ${howToAnswer(decision.asked)}`);
    this.#note(`The session goes on. Come back: holdfast chat ${this.#sessionId}`);
  }

  // ---- showing ----

  #newTranscript(): Transcript {
    const isShown = (promptId: PromptId): boolean => this.#typed.has(promptId);
    return new Transcript({ agent: this.#agent, me: CLIENT_NAME, isShown });
  }

  #note(text: string): void {
    if (!this.#out.json) this.#show(this.#transcript.note(text));
  }

  #show(text: string): void {
    if (text !== '') this.#screen.write(text);
  }
}
