// The panel at work: messages change what it knows, and each frame shows what it knows.
import { nothing, render } from 'lit';
import { Announcing } from './announcing.ts';
import { CodeEvent } from './codeBlock.ts';
import { Composer, type Sent } from './composer.ts';
import { composerState } from './composerState.ts';
import { dockRoom } from './dockRoom.ts';
import { focused, isMotionReduced, refocus } from './focus.ts';
import { Folds } from './folds.ts';
import { acceptDrops } from './intake.ts';
import { Keeping } from './keeping.ts';
import { emptyLayout, sessionLayout } from './layout.ts';
import { MarkdownView } from './markdown.ts';
import { focusPart } from './moving.ts';
import { keyOf } from './parts.ts';
import { emptyPanel, receive, sessionOf, type Panel } from './panel.ts';
import { isTicking } from './partView.ts';
import { Reading } from './reading.ts';
import { asSent, Sending } from './sending.ts';
import type { Kept } from './state.ts';
import type { Shown } from './turns.ts';
import { isSound, type Actions, type View } from './view.ts';
import type { Host, ToHost, ToPanel } from './host.ts';

type Opened = Extract<ToPanel, { type: 'session' }>;

export class App {
  readonly #root: HTMLElement;
  readonly #host: Host;
  readonly #now: () => number;
  readonly #composer: Composer;
  readonly #reading: Reading;
  readonly #sending: Sending;
  readonly #keeping: Keeping;
  readonly #folds: Folds;
  #forms: Kept['forms'];
  readonly #announcing = new Announcing();
  /** The cards of changes that the host watches for this panel, with so many edits. */
  readonly #watched = new Map<string, number>();
  readonly #markdown = new Map<string, MarkdownView>();
  readonly #act: Actions;
  /** The drafts as all windows share them, as far as this page knows, by their sessions. */
  readonly #shared = new Map<string, string>();
  /** The draft that last came from another window. */
  #foreign: string | undefined;
  #panel: Panel;
  #isDue = false;

  constructor(root: HTMLElement, host: Host, now: () => number) {
    this.#root = root;
    this.#host = host;
    this.#now = now;
    this.#keeping = new Keeping(host, () => this.#toKeep());
    this.#folds = new Folds(this.#keeping.last);
    this.#forms = this.#keeping.last.forms;
    this.#panel = { ...emptyPanel, unheard: this.#keeping.last.unheard };
    this.#act = this.#actions();
    this.#reading = new Reading(root, {
      changed: () => this.#changed(),
      askEarlier: () => this.#askEarlier(),
      moved: () => this.#keeping.soon(),
      items: () => this.#items(),
    });
    this.#composer = new Composer({
      send: (sent) => this.#send(sent),
      pickMode: () => this.#post({ type: 'pickMode', ...this.#here() }),
      pickModel: () => this.#post({ type: 'pickModel', ...this.#here() }),
      findFiles: (query) => this.#post({ type: 'findFiles', query }),
      addImage: (image) => this.#post({ type: 'addImage', ...image }),
      addContext: (kind) => this.#post({ type: 'addContext', kind }),
      refuse: (message) => this.#become({ ...this.#panel, refusal: { about: '', message } }),
      stop: () => this.#post({ type: 'interrupt', ...this.#here() }),
      draft: (text) => this.#post({ type: 'draft', text, ...this.#here() }),
      changed: () => this.#changed(),
    });
    this.#sending = new Sending({
      panel: () => this.#panel,
      become: (panel) => this.#become(panel),
      post: (message) => this.#post(message),
      composer: this.#composer,
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
    acceptDrops(this.#root, {
      images: (files) => void this.#composer.addImages(files),
      uris: (uris) => this.#post({ type: 'addFiles', uris: uris.slice(0, 20) }),
    });
    // What room the dock has depends on both.
    const sizes = new ResizeObserver(() => this.#changed());
    sizes.observe(this.#root);
    sizes.observe(this.#composer.element);
    setInterval(() => {
      const view = this.#view();
      if (view !== undefined && isTicking(view)) this.#changed();
    }, 1000);
    const tellFocus = (): void => this.#post({ type: 'focused' });
    window.addEventListener('focus', tellFocus);
    window.addEventListener('blur', () => this.#post({ type: 'blurred' }));
    this.#post({ type: 'ready' });
    // VS Code may have brought the keyboard here before anybody listened.
    if (document.hasFocus()) tellFocus();
  }

  // ---- in ----

  #received(message: ToPanel): void {
    const before = this.#panel;
    if (message.type === 'session' || message.type === 'nothing') {
      // What is left behind: a moment later nobody could say it.
      this.#composer.tellDraft();
      this.#keeping.now();
    }
    if (message.type === 'session' && before.shows === undefined) this.#remember(message);
    this.#panel = receive(this.#panel, message);
    switch (message.type) {
      case 'session':
        this.#opened(before, message);
        break;
      case 'events':
        if (this.#panel !== before) this.#reading.added();
        this.#sending.keepEdited();
        break;
      case 'draft':
      case 'drafted':
        this.#drafted(message);
        break;
      case 'refused':
        this.#sending.giveBack(before, message.promptId);
        // It may have been the earlier page: asked for by itself again and again, it would be refused as often.
        if (sessionOf(before)?.isLoadingEarlier) this.#reading.giveUp();
        break;
      case 'focusInput':
        // The session may have come with the same breath: its field is drawn with the next frame, before this.
        requestAnimationFrame(() => this.#composer.focus());
        break;
      case 'focusPart':
        // Drawn before: else what follows the end would leave the part again.
        this.#changed();
        requestAnimationFrame(() => focusPart(message.part));
        break;
      case 'submit':
        this.#composer.submit(message.steer);
        break;
      case 'files':
        this.#composer.files(message.query, message.files, message.context);
        break;
      case 'attach':
        this.#composer.attach(message.attachment);
        break;
      case 'reveal':
        this.#folds.keepInSight(keyOf(message.place));
        this.#reading.goTo(keyOf(message.place));
        break;
      case 'link':
        if (message.link.state === 'connected') this.#linked();
        break;
      default:
        break;
    }
    this.#changed();
  }

  #drafted({ type, sessionId, text }: Extract<ToPanel, { type: 'draft' | 'drafted' }>): void {
    this.#shared.set(sessionId, text);
    if (type === 'drafted' || sessionId !== this.#here().sessionId) return;
    // What came from another window, and nobody has touched here, goes as well when that window has sent it.
    if (!this.#composer.isFree && this.#composer.text !== this.#foreign) return;
    this.#foreign = text;
    this.#composer.setText(text);
  }

  #linked(): void {
    this.#sending.sendAgain();
    // What was written meanwhile was told to nobody.
    const { sessionId } = this.#here();
    if (sessionId !== undefined && this.#composer.text !== this.#shared.get(sessionId))
      this.#post({ type: 'draft', text: this.#composer.text, sessionId });
  }

  /** The first session of a new page: what was on its way when the page before went is sent again. */
  #remember({ snapshot, kept }: Opened): void {
    const unheard = this.#keeping.of(snapshot.session.sessionId, kept)?.unheard;
    if (unheard !== undefined) this.#panel = { ...this.#panel, unheard };
  }

  #opened(before: Panel, { snapshot, kept: fromHost }: Opened): void {
    const { sessionId } = snapshot.session;
    if (sessionOf(before)?.session.sessionId !== sessionId) {
      const kept = this.#keeping.of(sessionId, fromHost);
      // What nobody but this page knew comes back, or on a new page the one before it; else the draft that all windows share.
      const known = this.#shared.get(sessionId) ?? (before.shows === undefined ? kept?.shared : kept?.draft);
      const draft = (kept?.draft !== known && kept?.draft) || snapshot.draft;
      this.#shared.set(sessionId, snapshot.draft);
      this.#markdown.clear();
      this.#watched.clear();
      this.#folds.open(kept);
      this.#forms = kept?.forms ?? {};
      this.#sending.edit(kept?.editing);
      this.#reading.open(kept?.anchor ?? 'end');
      this.#composer.setText(draft, kept?.attachments ?? []);
      this.#sending.giveOwed(sessionId);
    }
    this.#sending.keepEdited();
    this.#sending.sendAgain();
  }

  // ---- out ----

  #post(message: ToHost): void {
    this.#host.post(message);
  }

  #here(): { sessionId?: string } {
    const open = sessionOf(this.#panel);
    return open === undefined ? {} : { sessionId: open.session.sessionId };
  }

  #send(sent: Sent): void {
    const prompt = this.#sending.send(sent);
    if (prompt === undefined) return;
    this.#reading.toEnd(false);
    this.#keeping.now();
    this.#post(asSent(prompt));
  }

  #actions(): Actions {
    return {
      post: (message) => this.#post(message),
      isOpen: (key, byDefault) => this.#folds.isOpen(key, byDefault),
      fold: (key, isOpen) => {
        this.#folds.fold(key, isOpen);
        this.#changed();
      },
      markdown: (key) => {
        const known = this.#markdown.get(key) ?? new MarkdownView();
        this.#markdown.set(key, known);
        return known;
      },
      watchChanges: (key, files) => {
        const edits = files.reduce((sum, file) => sum + file.edits.length, 0);
        if (this.#watched.get(key) === edits) return;
        this.#watched.set(key, edits);
        const named = files.map((file) => ({ path: file.path, edits: [...file.edits] }));
        this.#post({ type: 'watchChanges', key, files: named, ...this.#here() });
      },
      edit: (editing) => {
        this.#sending.edit(editing);
        this.#changed();
      },
      saveEdit: () => this.#sending.saveEdit(),
      keptForm: (permissionId) => this.#forms[permissionId],
      keepForm: (permissionId, content) => {
        this.#forms = { ...this.#forms, [permissionId]: content };
        this.#keeping.soon();
      },
      answer: (permissionId, optionId, digest, content) => {
        const { answering } = this.#panel;
        // A double click comes before the card has been drawn again.
        if (answering.has(permissionId)) return;
        this.#become({
          ...this.#panel,
          answering: new Set([...answering, permissionId]),
          refusal: undefined,
        });
        const answer = { permissionId, optionId, digest, ...(content && { content }) };
        this.#post({ type: 'answer', ...answer, ...this.#here() });
      },
    };
  }

  #link(event: Event): void {
    const link = event.target instanceof Element ? event.target.closest<HTMLElement>('.link') : null;
    const { url, path, line = '' } = link?.dataset ?? {};
    if (url === undefined && path === undefined) return;
    event.preventDefault();
    if (url !== undefined) this.#post({ type: 'openLink', url });
    else if (path !== undefined)
      this.#post({ type: 'openFile', path, ...(line === '' ? {} : { line: Number(line) }) });
  }

  // ---- showing ----

  #become(panel: Panel): void {
    this.#panel = panel;
    this.#changed();
  }

  #view(): View | undefined {
    const open = sessionOf(this.#panel);
    if (open === undefined) return undefined;
    const { plan, queue } = open.transcript;
    const room = dockRoom({
      height: this.#root.clientHeight,
      composer: this.#composer.element.offsetHeight,
      plan: plan.length,
      queue,
      me: open.me,
    });
    return {
      panel: this.#panel,
      open,
      now: this.#now(),
      act: this.#act,
      room,
      editing: this.#sending.editing,
    };
  }

  #items(): readonly Shown[] {
    const open = sessionOf(this.#panel);
    if (open === undefined) return [];
    return this.#folds.shown(open.transcript.parts, this.#reading.isAtEnd, open.before === undefined);
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
    this.#folds.saw(items, this.#reading.isAtEnd);
    this.#composer.update(composerState(view));
    render(
      sessionLayout(view, {
        items,
        folds: this.#folds.chosen,
        composer: this.#composer.element,
        isTyping: this.#composer.text !== '',
        isStopping: this.#composer.isStopping,
        isNewBelow: this.#reading.isNewBelow,
        toEnd: () => this.#reading.toEnd(!isMotionReduced()),
        alert: this.#announcing.of(view.open),
      }),
      this.#root,
    );
    this.#reading.after();
    this.#forget(items);
    refocus(before);
    this.#keeping.soon();
  }

  /** Text that is not in the page any more is drawn anew when somebody comes back to it. */
  #forget(items: readonly Shown[]): void {
    if (this.#markdown.size <= 2 * items.length) return;
    const inPage = new Set(items.map(({ key }) => key));
    for (const key of this.#markdown.keys()) if (!inPage.has(key)) this.#markdown.delete(key);
  }

  #askEarlier(): void {
    const open = sessionOf(this.#panel);
    if (open === undefined || open.isLoadingEarlier) return;
    if (open.before === undefined) {
      this.#reading.giveUp();
      return;
    }
    if (!isSound({ panel: this.#panel })) return;
    this.#become({ ...this.#panel, shows: { ...open, isLoadingEarlier: true } });
    this.#post({ type: 'earlier', before: open.before, ...this.#here() });
  }

  #toKeep(): Kept | undefined {
    const open = sessionOf(this.#panel);
    if (open === undefined) return undefined;
    return {
      at: this.#now(),
      sessionId: open.session.sessionId,
      draft: this.#composer.text,
      shared: this.#shared.get(open.session.sessionId) ?? '',
      editing: this.#sending.editing,
      attachments: this.#composer.attachments,
      anchor: this.#reading.anchor(),
      folds: this.#folds.chosen,
      forms: this.#forms,
      unheard: this.#panel.unheard,
    };
  }
}
