// A thread at work: what the host says is shown, and what a person writes is sent once.
import { render } from 'lit';
import type { Door } from '../door.ts';
import type { ToMailHost, ToThread } from '../../mail/mailMessages.ts';
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
  /** Sent and not answered yet: the text comes back if it is refused. */
  #sending: { readonly clientMessageId: string; readonly text: string } | undefined;
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
        if (this.#sending?.clientMessageId === message.clientMessageId) this.#sending = undefined;
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
    this.#sending = undefined;
    this.#letter.text = this.#kept()[shown.thread.threadId] ?? '';
    this.#draw();
    // What asks for an answer stands in view; else a thread is read from its end on.
    const asks = this.#root.querySelector('.msg:has(.held)');
    if (asks === null) this.#scroller?.scrollTo({ top: this.#scroller.scrollHeight });
    else asks.scrollIntoView();
  }

  #refused({ clientMessageId, message }: Extract<ToThread, { type: 'refused' }>): void {
    this.#refusal = message;
    if (this.#sending === undefined || this.#sending.clientMessageId !== clientMessageId) return;
    // What was written meanwhile is not overwritten.
    if (this.#letter.text === '') this.#letter.text = this.#sending.text;
    this.#sending = undefined;
  }

  #send(text: string): void {
    const threadId = this.#shown?.thread.threadId;
    if (threadId === undefined || this.#sending !== undefined) return;
    const clientMessageId = crypto.randomUUID();
    this.#sending = { clientMessageId, text };
    this.#refusal = undefined;
    this.#letter.text = '';
    this.#host.post({ type: 'send', threadId, clientMessageId, text });
    this.#typed();
  }

  #typed(): void {
    const threadId = this.#shown?.thread.threadId;
    if (threadId !== undefined) {
      const { [threadId]: _, ...others } = this.#kept();
      const text = this.#letter.text;
      const latest = Object.entries(others).slice(0, MOST_KEPT - 1);
      this.#host.keep({ ...(text === '' ? {} : { [threadId]: text }), ...Object.fromEntries(latest) });
    }
    this.#draw();
  }

  #kept(): Kept {
    const kept = this.#host.kept();
    if (typeof kept !== 'object' || kept === null) return {};
    return Object.fromEntries(
      Object.entries(kept).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  }

  get #scroller(): HTMLElement | null {
    return this.#root.querySelector('.mail');
  }

  #draw(): void {
    if (this.#shown === undefined) return;
    const before = this.#scroller;
    const isAtEnd =
      before === null || before.scrollHeight - before.scrollTop - before.clientHeight <= AT_END_PX;
    this.#letter.update(this.#shown.reply, this.#isLinked && this.#sending === undefined, this.#refusal);
    render(
      threadView(this.#shown, this.#letter.element, this.#now(), (message) => this.#host.post(message)),
      this.#root,
    );
    // New mail shows itself to whoever reads the end; nobody else is moved.
    if (isAtEnd) this.#scroller?.scrollTo({ top: this.#scroller.scrollHeight });
  }
}
