// A thread at work: what the host says is shown, and what a person writes is sent once.
import { render } from 'lit';
import type { Door } from '../door.ts';
import type { ToMailHost, ToThread } from '../../mail/mailMessages.ts';
import { membersThat } from '../isRecord.ts';
import { Letter } from './letter.ts';
import { threadView, type Shown } from './threadView.ts';

/** So close to the end somebody reads the newest message. */
const AT_END_PX = 24;

/** What outlives a reload: unsent text, by thread. */
type Kept = Readonly<Record<string, string>>;
const MOST_KEPT = 20;

export class ThreadApp {
  readonly #root: HTMLElement;
  readonly #host: Door<ToMailHost, ToThread>;
  readonly #now: () => number;
  readonly #letter: Letter;
  #shown: Shown | undefined;
  #isLinked = true;
  /** Sent and not answered yet, by its id: the text comes back to its thread if it is refused. */
  readonly #sending = new Map<string, { readonly threadId: string; readonly text: string }>();
  #refusal: string | undefined;

  constructor(root: HTMLElement, host: Door<ToMailHost, ToThread>, now: () => number) {
    this.#root = root;
    this.#host = host;
    this.#now = now;
    this.#letter = new Letter({
      send: (text) => this.#send(text),
      pickTo: () => this.#host.post({ type: 'pickTo' }),
      pickPriority: () => this.#host.post({ type: 'pickPriority' }),
      changed: () => this.#typed(),
    });
  }

  start(): void {
    this.#host.receive((message) => this.#received(message));
    this.#host.post({ type: 'ready' });
  }

  #received(message: ToThread): void {
    switch (message.type) {
      case 'thread':
        this.#open(message);
        return;
      case 'reply':
        if (this.#shown !== undefined) this.#shown = { ...this.#shown, reply: message.reply };
        break;
      case 'link':
        this.#isLinked = message.isLinked;
        break;
      case 'sent':
        this.#sending.delete(message.clientMessageId);
        break;
      case 'refused':
        this.#refused(message);
        break;
      case 'focusInput':
        requestAnimationFrame(() => this.#letter.focus());
        break;
    }
    this.#draw();
  }

  #open({ type: _, ...shown }: Extract<ToThread, { type: 'thread' }>): void {
    const isOther = this.#shown?.thread.threadId !== shown.thread.threadId;
    this.#shown = shown;
    if (!isOther) return this.#draw();
    this.#refusal = undefined;
    this.#letter.text = this.#kept()[shown.thread.threadId] ?? '';
    this.#draw();
    // What asks for an answer stands in view; else a thread is read from its end on.
    const asks = this.#root.querySelector('.msg:has(.held)');
    if (asks === null) this.#scroller?.scrollTo({ top: this.#scroller.scrollHeight });
    else asks.scrollIntoView();
  }

  #refused({ clientMessageId, message }: Extract<ToThread, { type: 'refused' }>): void {
    this.#refusal = message;
    const lost = this.#sending.get(clientMessageId ?? '');
    if (clientMessageId === undefined || lost === undefined) return;
    this.#sending.delete(clientMessageId);
    // Before what was written meanwhile; another thread may be shown by now.
    const { threadId } = lost;
    const text = [lost.text, this.#kept()[threadId] ?? ''].filter(Boolean).join('\n\n');
    this.#keep(threadId, text);
    if (threadId === this.#shown?.thread.threadId) this.#letter.text = text;
  }

  #send(text: string): void {
    const threadId = this.#shown?.thread.threadId;
    if (threadId === undefined || !this.#isFree) return;
    const clientMessageId = crypto.randomUUID();
    this.#sending.set(clientMessageId, { threadId, text });
    this.#refusal = undefined;
    this.#letter.text = '';
    this.#host.post({ type: 'send', threadId, clientMessageId, text });
    this.#typed();
  }

  #typed(): void {
    const threadId = this.#shown?.thread.threadId;
    if (threadId !== undefined) this.#keep(threadId, this.#letter.text);
    this.#draw();
  }

  /** Nothing of this thread is on its way. */
  get #isFree(): boolean {
    return [...this.#sending.values()].every(({ threadId }) => threadId !== this.#shown?.thread.threadId);
  }

  #keep(threadId: string, text: string): void {
    const { [threadId]: _, ...others } = this.#kept();
    const latest = Object.entries(others).slice(0, MOST_KEPT - 1);
    this.#host.keep({ ...(text === '' ? {} : { [threadId]: text }), ...Object.fromEntries(latest) });
  }

  #kept(): Kept {
    return membersThat((text) => typeof text === 'string', this.#host.kept());
  }

  get #scroller(): HTMLElement | null {
    return this.#root.querySelector('.mail');
  }

  #draw(): void {
    if (this.#shown === undefined) return;
    const before = this.#scroller;
    const isAtEnd =
      before === null || before.scrollHeight - before.scrollTop - before.clientHeight <= AT_END_PX;
    this.#letter.update(this.#shown.reply, this.#isLinked && this.#isFree, this.#refusal);
    render(
      threadView(this.#shown, this.#letter.element, this.#now(), (message) => this.#host.post(message)),
      this.#root,
    );
    // New mail shows itself to whoever reads the end; nobody else is moved.
    if (isAtEnd) this.#scroller?.scrollTo({ top: this.#scroller.scrollHeight });
  }
}
