// The panel at work: messages change what it knows, and each frame shows what it knows.
import { nothing, render } from 'lit';
import { CodeEvent } from './codeBlock.ts';
import { Composer } from './composer.ts';
import { dockRoom } from './dockRoom.ts';
import { grouped, type Item } from './groups.ts';
import { emptyLayout, sessionLayout } from './layout.ts';
import { MarkdownView } from './markdown.ts';
import { emptyPanel, receive, sessionOf, type OpenSession, type Panel } from './panel.ts';
import { isTicking } from './partView.ts';
import { textOf } from './parts.ts';
import { Reading } from './reading.ts';
import { readKept, type Kept } from './state.ts';
import { asksTo } from './toolText.ts';
import { isSound, isWorking, type Actions, type View } from './view.ts';
import type { Host, ToPanel } from './host.ts';

const KEEP_MS = 250;

export class App {
  readonly #root: HTMLElement;
  readonly #host: Host;
  readonly #now: () => number;
  readonly #composer: Composer;
  readonly #reading: Reading;
  readonly #markdown = new Map<string, MarkdownView>();
  readonly #act: Actions;
  #panel: Panel = emptyPanel;
  #folds: Readonly<Record<string, boolean>>;
  #kept: Kept;
  #asked = new Set<string>();
  #alert = '';
  #isDue = false;
  #isKeeping = false;

  constructor(root: HTMLElement, host: Host, now: () => number) {
    this.#root = root;
    this.#host = host;
    this.#now = now;
    this.#kept = readKept(host.kept());
    this.#folds = this.#kept.folds;
    this.#panel = { ...emptyPanel, unheard: this.#kept.unheard };
    this.#act = this.#actions();
    this.#reading = new Reading(root, {
      changed: () => this.#changed(),
      askEarlier: () => this.#askEarlier(),
      moved: () => this.#keepSoon(),
      items: () => this.#items(),
    });
    this.#composer = new Composer({
      send: (text) => this.#send(text),
      stop: () => this.#post({ type: 'interrupt', ...this.#here() }),
      draft: (text) => this.#post({ type: 'draft', text, ...this.#here() }),
      changed: () => this.#changed(),
    });
  }

  start(): void {
    this.#root.addEventListener('hf-code', (event) => {
      if (event instanceof CodeEvent) this.#post({ type: event.action, text: event.text });
    });
    this.#root.addEventListener('click', (event) => this.#link(event));
    this.#root.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.#link(event);
    });
    this.#host.receive((message) => this.#received(message));
    // What room the dock has depends on both.
    const sizes = new ResizeObserver(() => this.#changed());
    sizes.observe(this.#root);
    sizes.observe(this.#composer.element);
    setInterval(() => {
      const view = this.#view();
      if (view !== undefined && isTicking(view)) this.#changed();
    }, 1000);
    this.#post({ type: 'ready' });
  }

  // ---- in ----

  #received(message: ToPanel): void {
    const before = this.#panel;
    this.#panel = receive(before, message);
    switch (message.type) {
      case 'session':
        this.#opened(before, message);
        break;
      case 'events':
        if (this.#panel !== before) this.#reading.added();
        break;
      case 'draft':
        if (message.sessionId === sessionOf(this.#panel)?.session.sessionId && this.#composer.isFree) {
          this.#composer.setText(message.text);
        }
        break;
      case 'refused':
        this.#giveBack(before, message.promptId);
        break;
      case 'focusInput':
        // The session may have come with the same breath: its field is drawn with the next frame, before this.
        requestAnimationFrame(() => this.#composer.focus());
        break;
      case 'link':
        if (message.link.state === 'connected') this.#sendAgain();
        break;
      default:
        break;
    }
    this.#changed();
  }

  #opened(before: Panel, { snapshot }: Extract<ToPanel, { type: 'session' }>): void {
    const { sessionId } = snapshot.session;
    if (sessionOf(before)?.session.sessionId === sessionId) return this.#sendAgain();
    this.#markdown.clear();
    const isSame = this.#kept.sessionId === sessionId;
    if (!isSame) this.#folds = {};
    this.#reading.open(isSame ? this.#kept.anchor : 'end');
    this.#composer.setText(isSame && this.#kept.draft !== '' ? this.#kept.draft : snapshot.draft);
    this.#sendAgain();
  }

  /** Nobody has heard of these prompts: the id makes sending them again harmless. */
  #sendAgain(): void {
    const open = sessionOf(this.#panel);
    if (open === undefined) return;
    const { sessionId } = open.session;
    for (const { promptId, text, sessionId: sentTo } of this.#panel.unheard) {
      if (sentTo === sessionId) this.#post({ type: 'send', promptId, message: text, sessionId });
    }
  }

  /** A prompt that was refused goes back into the field, before what has been written since. */
  #giveBack(before: Panel, promptId: string | undefined): void {
    const prompt = before.unheard.find((unheard) => unheard.promptId === promptId);
    if (prompt === undefined) return;
    this.#composer.setText([prompt.text, this.#composer.text].filter((text) => text !== '').join('\n\n'));
  }

  // ---- out ----

  #post(message: Parameters<Host['post']>[0]): void {
    this.#host.post(message);
  }

  #here(): { sessionId?: string } {
    const open = sessionOf(this.#panel);
    return open === undefined ? {} : { sessionId: open.session.sessionId };
  }

  #send(text: string): void {
    const open = sessionOf(this.#panel);
    if (open === undefined) return;
    const { sessionId } = open.session;
    const promptId = crypto.randomUUID();
    this.#panel = {
      ...this.#panel,
      refusal: undefined,
      unheard: [...this.#panel.unheard, { sessionId, promptId, text }],
    };
    this.#reading.toEnd(false);
    // Kept first: if the window goes now, the panel sends it again.
    this.#keep();
    this.#post({ type: 'send', sessionId, promptId, message: text });
    this.#changed();
  }

  #actions(): Actions {
    return {
      post: (message) => this.#post(message),
      isOpen: (key, byDefault) => this.#folds[key] ?? byDefault,
      fold: (key, isOpen) => {
        this.#folds = { ...this.#folds, [key]: isOpen };
        this.#changed();
      },
      markdown: (key) => {
        const known = this.#markdown.get(key) ?? new MarkdownView();
        this.#markdown.set(key, known);
        return known;
      },
      answer: (permissionId, optionId, digest) => {
        // A double click comes before the card has been drawn again.
        if (this.#panel.answering.has(permissionId)) return;
        this.#panel = {
          ...this.#panel,
          answering: new Set([...this.#panel.answering, permissionId]),
          refusal: undefined,
        };
        this.#post({ type: 'answer', permissionId, optionId, digest });
        this.#changed();
      },
    };
  }

  #link(event: Event): void {
    const link = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-url]') : null;
    const url = link?.dataset['url'];
    if (url === undefined) return;
    event.preventDefault();
    this.#post({ type: 'openLink', url });
  }

  // ---- showing ----

  #view(): View | undefined {
    const open = sessionOf(this.#panel);
    if (open === undefined) return undefined;
    const { plan, queue } = open.transcript;
    const room = dockRoom(
      this.#root.clientHeight,
      this.#composer.element.offsetHeight,
      plan.length,
      queue.length,
    );
    return { panel: this.#panel, open, now: this.#now(), act: this.#act, room };
  }

  #items(): readonly Item[] {
    const open = sessionOf(this.#panel);
    return open === undefined ? [] : grouped(open.transcript.parts, (key) => this.#folds[key] === true);
  }

  /** Many messages may come in one frame; it is drawn once. */
  #changed(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#draw();
    });
  }

  #draw(): void {
    const view = this.#view();
    if (view === undefined) {
      this.#reading.close();
      const isKnown = this.#panel.shows !== undefined || this.#panel.link !== undefined;
      render(isKnown ? emptyLayout(this.#panel, this.#act, this.#now()) : nothing, this.#root);
      return;
    }
    const items = this.#reading.before(this.#items());
    const answering = focusedQuestion();
    this.#updateComposer(view);
    render(
      sessionLayout(view, {
        items,
        folds: this.#folds,
        composer: this.#composer.element,
        isTyping: this.#composer.text !== '',
        isStopping: this.#composer.isStopping,
        isNewBelow: this.#reading.isNewBelow,
        toEnd: () => this.#reading.toEnd(!isMotionReduced()),
        alert: this.#newQuestion(view.open),
      }),
      this.#root,
    );
    this.#reading.after();
    if (answering !== undefined && document.activeElement === document.body) focusVerdict(answering);
    this.#keepSoon();
  }

  #updateComposer(view: View): void {
    const { panel, open } = view;
    this.#composer.update({
      agentName: open.agentName,
      isLinked: isSound(view),
      isWorking: isWorking(view),
      earlier: open.transcript.parts.flatMap((part) =>
        part.kind === 'prompt' ? [textOf(part.message)] : [],
      ),
      refusal: panel.refusal?.about === '' ? panel.refusal.message : undefined,
    });
  }

  /** A question is said aloud once. */
  #newQuestion({ transcript, agentName }: OpenSession): string {
    for (const part of transcript.parts.slice(-20)) {
      if (part.kind !== 'tool' || part.ask === undefined || part.ask.verdict !== undefined) continue;
      if (this.#asked.has(part.ask.permissionId)) continue;
      this.#asked.add(part.ask.permissionId);
      this.#alert = `${agentName} asks to ${asksTo(part.ask.call)}`;
    }
    return this.#alert;
  }

  #askEarlier(): void {
    const open = sessionOf(this.#panel);
    if (open === undefined || open.isLoadingEarlier) return;
    if (open.before === undefined) {
      this.#reading.giveUp();
      return;
    }
    this.#panel = { ...this.#panel, shows: { ...open, isLoadingEarlier: true } };
    this.#post({ type: 'earlier', before: open.before });
    this.#changed();
  }

  // ---- keeping ----

  #keepSoon(): void {
    if (this.#isKeeping) return;
    this.#isKeeping = true;
    setTimeout(() => {
      this.#isKeeping = false;
      this.#keep();
    }, KEEP_MS);
  }

  #keep(): void {
    const open = sessionOf(this.#panel);
    if (open === undefined) return;
    this.#kept = {
      sessionId: open.session.sessionId,
      draft: this.#composer.text,
      anchor: this.#reading.anchor(),
      folds: this.#folds,
      unheard: this.#panel.unheard,
    };
    this.#host.keep(this.#kept);
  }
}

/** The question whose options have the focus. */
const focusedQuestion = (): string | undefined =>
  document.activeElement?.closest('.options')?.closest<HTMLElement>('[data-permission-id]')?.dataset[
    'permissionId'
  ];

const focusVerdict = (permissionId: string): void =>
  document.querySelector<HTMLElement>(`[data-permission-id="${CSS.escape(permissionId)}"] .verdict`)?.focus();

const isMotionReduced = (): boolean =>
  matchMedia('(prefers-reduced-motion: reduce)').matches ||
  document.body.classList.contains('vscode-reduce-motion');
