// The panel at work: messages change what it knows, and each frame shows what it knows.
import { nothing, render } from 'lit';
import { CodeEvent } from './codeBlock.ts';
import { Composer, type Sent } from './composer.ts';
import { dockRoom } from './dockRoom.ts';
import { focused, isMotionReduced, refocus } from './focus.ts';
import { emptyLayout, sessionLayout } from './layout.ts';
import { MarkdownView } from './markdown.ts';
import { focusPart } from './moving.ts';
import { emptyPanel, receive, sessionOf, type OpenSession, type Panel } from './panel.ts';
import { isTicking } from './partView.ts';
import { wordsOf } from './parts.ts';
import { Reading } from './reading.ts';
import { asSent, joined } from './sending.ts';
import { readKept, type Kept } from './state.ts';
import { asksTo } from './toolText.ts';
import { keysIn, shownOf, type Shown } from './turns.ts';
import { isSound, isWorking, type Actions, type Editing, type View } from './view.ts';
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
  #editing: Editing | undefined;
  /** What was last saved: it may be refused. */
  #edited: Editing | undefined;
  /** The parts that a reader has had in front of him: they are not folded away until he is at the end. */
  #read: ReadonlySet<string>;
  #alert = '';
  #isDue = false;
  #isKeeping = false;

  constructor(root: HTMLElement, host: Host, now: () => number) {
    this.#root = root;
    this.#host = host;
    this.#now = now;
    this.#kept = readKept(host.kept());
    this.#folds = this.#kept.folds;
    this.#read = anchorKeys(this.#kept);
    this.#panel = { ...emptyPanel, unheard: this.#kept.unheard };
    this.#act = this.#actions();
    this.#reading = new Reading(root, {
      changed: () => this.#changed(),
      askEarlier: () => this.#askEarlier(),
      moved: () => this.#keepSoon(),
      items: () => this.#items(),
    });
    this.#composer = new Composer({
      send: (sent) => this.#send(sent),
      pickMode: () => this.#post({ type: 'pickMode', ...this.#here() }),
      pickModel: () => this.#post({ type: 'pickModel', ...this.#here() }),
      findFiles: (query) => this.#post({ type: 'findFiles', query }),
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
        this.#keepEdited();
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
      case 'focusPart':
        requestAnimationFrame(() => focusPart(message.part));
        break;
      case 'files':
        this.#composer.files(message.query, message.files);
        break;
      case 'attach':
        this.#composer.attach(message.attachment);
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
    this.#read = isSame ? anchorKeys(this.#kept) : new Set();
    this.#editing = undefined;
    this.#reading.open(isSame ? this.#kept.anchor : 'end');
    this.#composer.setText(
      isSame && this.#kept.draft !== '' ? this.#kept.draft : snapshot.draft,
      isSame ? this.#kept.attachments : [],
    );
    this.#sendAgain();
  }

  /** Nobody has heard of these prompts: the id makes sending them again harmless. */
  #sendAgain(): void {
    const open = sessionOf(this.#panel);
    if (open === undefined) return;
    const { sessionId } = open.session;
    for (const prompt of this.#panel.unheard) if (prompt.sessionId === sessionId) this.#post(asSent(prompt));
  }

  /** A prompt that was refused goes back into the field, before what has been written since; so does a refused edit. */
  #giveBack(before: Panel, promptId: string | undefined): void {
    const sent = before.unheard.find((unheard) => unheard.promptId === promptId);
    const lost = sent ?? (this.#edited?.promptId === promptId ? this.#edited : undefined);
    this.#edited = undefined;
    if (lost === undefined) return;
    const along = sent?.attachments ?? [];
    this.#composer.setText(joined(lost.text, this.#composer.text), [...along, ...this.#composer.attachments]);
  }

  /** A prompt that began to run, or was taken out, while it was edited: what was written goes into the field. */
  #keepEdited(): void {
    const editing = this.#editing;
    const queue = sessionOf(this.#panel)?.transcript.queue ?? [];
    if (editing === undefined || queue.some(({ promptId }) => promptId === editing.promptId)) return;
    this.#editing = undefined;
    this.#composer.setText(joined(editing.text, this.#composer.text));
  }

  // ---- out ----

  #post(message: Parameters<Host['post']>[0]): void {
    this.#host.post(message);
  }

  #here(): { sessionId?: string } {
    const open = sessionOf(this.#panel);
    return open === undefined ? {} : { sessionId: open.session.sessionId };
  }

  #send(sent: Sent): void {
    const open = sessionOf(this.#panel);
    if (open === undefined) return;
    const prompt = { sessionId: open.session.sessionId, promptId: crypto.randomUUID(), ...sent };
    this.#panel = { ...this.#panel, refusal: undefined, unheard: [...this.#panel.unheard, prompt] };
    this.#reading.toEnd(false);
    // Kept first: if the window goes now, the panel sends it again.
    this.#keep();
    this.#post(asSent(prompt));
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
      edit: (editing) => {
        this.#editing = editing;
        this.#changed();
      },
      saveEdit: () => this.#saveEdit(),
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

  #saveEdit(): void {
    const editing = this.#editing;
    if (editing === undefined || editing.text.trim() === '') return;
    this.#editing = undefined;
    this.#edited = editing;
    this.#panel = { ...this.#panel, refusal: undefined };
    this.#post({ type: 'edit', promptId: editing.promptId, message: editing.text, ...this.#here() });
    this.#changed();
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
    return { panel: this.#panel, open, now: this.#now(), act: this.#act, room, editing: this.#editing };
  }

  #items(): readonly Shown[] {
    const open = sessionOf(this.#panel);
    if (open === undefined) return [];
    const isAtEnd = this.#reading.isAtEnd;
    return shownOf(open.transcript.parts, {
      isOpen: (key) => this.#folds[key],
      isBeingRead: (key) => !isAtEnd && this.#read.has(key),
    });
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
    const before = focused();
    this.#read = this.#reading.isAtEnd ? keysIn(items) : new Set([...this.#read, ...keysIn(items)]);
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
    refocus(before);
    this.#keepSoon();
  }

  #updateComposer(view: View): void {
    const { panel, open } = view;
    this.#composer.update({
      agentName: open.agentName,
      mode: open.session.mode,
      model: open.session.model ?? open.transcript.model ?? 'Default model',
      commands: open.transcript.commands,
      isLinked: isSound(view),
      isWorking: isWorking(view),
      earlier: open.transcript.parts.flatMap((part) =>
        part.kind === 'prompt' ? [wordsOf(part.message)] : [],
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
      attachments: this.#composer.attachments,
      anchor: this.#reading.anchor(),
      folds: this.#folds,
      unheard: this.#panel.unheard,
    };
    this.#host.keep(this.#kept);
  }
}

/** What one was reading before a reload; a group stands for its first part. */
const anchorKeys = ({ anchor }: Kept): Set<string> =>
  new Set(anchor === 'end' ? [] : [anchor.key.replace(/^group:/, '')]);
