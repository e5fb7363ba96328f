// The composer: a field of 1 to 8 lines whose text belongs to the reader, whatever happens in the session.
import { render } from 'lit';
import type { Attachment } from '../chatMessages.ts';
import type { Session } from '../../gateway/protocol/index.ts';
import { composerView } from './composerView.ts';
import type { Commands } from './parts.ts';
import { t } from './l10n.ts';
import { isImage, newName, readyImage, type ReadyImage } from './images.ts';
import { imagesIn, pickImages } from './intake.ts';
import { taken, type Suggestion, type Wish } from './suggest.ts';
import { SuggestBox } from './suggestBox.ts';

/** What a person sends: the text, the files that go along, and whether the running turn stops for it. */
export interface Sent {
  readonly text: string;
  readonly attachments: readonly Attachment[];
  readonly steer: boolean;
}

/** What the rest of the panel does for the composer. */
export interface ComposerActions {
  send(sent: Sent): void;
  stop(): void;
  pickMode(): void;
  pickModel(): void;
  findFiles(query: string): void;
  addImage(image: ReadyImage): void;
  addContext(kind: 'selection' | 'problems'): void;
  /** Something cannot go along, and why. */
  refuse(message: string): void;
  /** The text has rested for a moment. */
  draft(text: string): void;
  /** The text or the wish to stop changed: what stands around the field may look different. */
  changed(): void;
}

export interface ComposerState {
  readonly agentName: string;
  readonly mode: Session['mode'];
  readonly model: string;
  readonly commands: Commands;
  readonly isLinked: boolean;
  /** The session runs on another machine, and that is not heard from. */
  readonly isMachineSilent: boolean;
  readonly isWorking: boolean;
  /** Enter sends now, and Alt+Enter queues. */
  readonly steers: boolean;
  /** What Enter sends waits: for the turn that runs, or for a person to let the queue go on. */
  readonly queues: boolean;
  /** Earlier prompts, oldest first. */
  readonly earlier: readonly string[];
  readonly refusal: string | undefined;
}

const REST_MS = 400;
/** The gateway takes no longer drafts: each rest in typing sends all of it to every window. */
const MOST_SHARED = 100_000;
const ESCAPE_AGAIN_MS = 3000;
const MOST_ATTACHMENTS = 20;

const tooLong = (): string =>
  t('This draft is too long to be shared: it stays in this window until it is sent.');

export class Composer {
  readonly element = document.createElement('div');
  readonly #field = document.createElement('textarea');
  readonly #act: ComposerActions;
  readonly #suggestions: SuggestBox;
  #attachments: readonly Attachment[] = [];
  /** Names of images that are on their way to the host. */
  readonly #adding = new Set<string>();
  #state: ComposerState | undefined;
  #rest: ReturnType<typeof setTimeout> | undefined;
  /** Which of the earlier prompts is in the field; undefined: none. */
  #recalled: number | undefined;
  #escapedAt = 0;

  constructor(act: ComposerActions) {
    this.#act = act;
    this.#suggestions = new SuggestBox({
      findFiles: (query) => act.findFiles(query),
      take: (wish, suggestion) => this.#take(wish, suggestion),
      changed: () => act.changed(),
    });
    this.element.className = 'composer-wrap';
    this.element.dataset['part'] = 'composer';
    this.#field.className = 'field';
    this.#field.rows = 1;
    this.#field.setAttribute('aria-label', t('Prompt'));
    this.#field.addEventListener('keydown', (event) => this.#key(event));
    this.#field.addEventListener('input', () => this.#typed());
    this.#field.addEventListener('selectionchange', () => this.#look());
    this.#field.addEventListener('paste', (event) => {
      const images = imagesIn(event.clipboardData);
      // Some programs put a picture of a text beside the text.
      if (images.length === 0 || event.clipboardData?.types.includes('text/plain') === true) return;
      event.preventDefault();
      void this.addImages(images);
    });
    this.#field.addEventListener('blur', () => this.#suggestions.close());
  }

  get text(): string {
    return this.#field.value;
  }

  get attachments(): readonly Attachment[] {
    return this.#attachments;
  }

  /** Escape was pressed once: the next one stops the turn. */
  get isStopping(): boolean {
    return this.#escapedAt > 0;
  }

  focus(): void {
    this.#field.focus();
  }

  /** A picture may say it all; a file without a word does not. */
  get #saysSomething(): boolean {
    return this.text.trim() !== '' || this.#attachments.some(({ uri }) => isImage(uri));
  }

  /** Text from elsewhere: kept from before a reload, written in another window, or given back because it was refused. */
  setText(text: string, attachments: readonly Attachment[] = this.#attachments): void {
    // As many as may go along, each once: what comes back joins what has been added since.
    const each = new Map(attachments.map((attachment) => [attachment.uri, attachment]));
    this.#attachments = [...each.values()].slice(0, MOST_ATTACHMENTS);
    if (text !== this.#field.value) this.#field.value = text;
    // It may be of another session: Up does not walk on over it, and an Escape was not meant for it.
    this.#recalled = undefined;
    this.#escapedAt = 0;
    this.#act.changed();
  }

  /** Goes along with the next prompt; once is enough. */
  attach(attachment: Attachment): void {
    this.#adding.delete(attachment.name);
    if (this.#attachments.length >= MOST_ATTACHMENTS) {
      return this.#act.refuse(t('At most {0} things go along with one prompt.', MOST_ATTACHMENTS));
    }
    if (this.#attachments.some(({ uri }) => uri === attachment.uri)) return;
    this.#attachments = [...this.#attachments, attachment];
    this.#act.changed();
  }

  /** Images that were pasted, dropped or chosen; the host keeps them and attaches them. */
  async addImages(files: readonly File[]): Promise<void> {
    for (const file of files) {
      const taken = [...this.#attachments.map(({ name }) => name), ...this.#adding];
      const name = newName(file.name, taken);
      this.#adding.add(name);
      try {
        this.#act.addImage(await readyImage(file, name));
      } catch (error) {
        this.#adding.delete(name);
        this.#act.refuse(error instanceof Error ? error.message : String(error));
      }
    }
  }

  /** The host's answer to `findFiles`. */
  files(...found: Parameters<SuggestBox['files']>): void {
    this.#suggestions.files(...found);
  }

  /** May text from another window replace what is here? Not while somebody writes here. */
  get isFree(): boolean {
    return this.text === '' || !document.hasFocus() || document.activeElement !== this.#field;
  }

  update(state: ComposerState): void {
    this.#state = state;
    const { agentName, isLinked, isMachineSilent, queues } = state;
    this.#suggestions.commands = state.commands;
    this.#field.placeholder = !isLinked
      ? isMachineSilent
        ? t('Write a draft, send when it answers')
        : t('Write a draft, send when reconnected')
      : queues
        ? t('Queue a prompt. @ files, / commands')
        : t('Ask {0}. @ files, / commands', agentName);
    this.#suggestions.describe(this.#field);
    render(
      composerView({
        ...state,
        refusal: state.refusal ?? (this.#isTooLong ? tooLong() : undefined),
        field: this.#field,
        suggestions: this.#suggestions.view(),
        attachments: this.#attachments,
        canSend: isLinked && this.#saysSomething,
        add: () => this.#mention(),
        detach: (attachment) => this.#detach(attachment),
        pickMode: () => this.#act.pickMode(),
        pickModel: () => this.#act.pickModel(),
        stop: () => this.#act.stop(),
        send: () => this.#send(false),
      }),
      this.element,
    );
    this.#suggestions.reveal();
  }

  #typed(): void {
    this.#recalled = undefined;
    this.#escapedAt = 0;
    this.#look();
    this.#changed();
  }

  #look(): void {
    const { selectionStart, selectionEnd } = this.#field;
    if (document.activeElement !== this.#field || selectionStart !== selectionEnd) return;
    // An earlier prompt that begins with a slash is on its way through, not typed.
    if (this.#recalled !== undefined) return;
    this.#suggestions.look(this.text, selectionStart);
  }

  #changed(): void {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.tellDraft(), REST_MS);
    this.#act.changed();
  }

  /** What was typed and not told yet is told now: another session is about to take the field. */
  tellDraft(): void {
    if (this.#rest === undefined) return;
    this.#forgetRest();
    if (!this.#isTooLong) this.#act.draft(this.text);
  }

  get #isTooLong(): boolean {
    return this.text.length > MOST_SHARED;
  }

  #forgetRest(): void {
    clearTimeout(this.#rest);
    this.#rest = undefined;
  }

  #key(event: KeyboardEvent): void {
    // While an input method composes, Enter and Escape belong to it.
    if (event.isComposing || this.#suggestions.key(event)) return;
    const isPlain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
    const isAlt = event.altKey && !event.shiftKey && !event.ctrlKey && !event.metaKey;
    if (event.key === 'Enter' && (isPlain || isAlt)) {
      event.preventDefault();
      this.#send(isAlt);
    } else if (event.key === 'Escape' && this.text === '') {
      this.#escape();
    } else if (event.key === 'ArrowUp' && isPlain) {
      this.#recall(event, -1);
    } else if (event.key === 'ArrowDown' && isPlain) {
      this.#recall(event, 1);
    }
  }

  /** Writes an @ at the caret, as if it had been typed: the list of what can go along opens. */
  #mention(): void {
    this.focus();
    const { selectionStart, selectionEnd } = this.#field;
    const isAfterWord = /\S$/.test(this.text.slice(0, selectionStart));
    this.#write(isAfterWord ? ' @' : '@', selectionStart, selectionEnd);
  }

  /** As if it had been typed: nothing but this old command leaves the field what Ctrl+Z goes back to. */
  #write(text: string, from: number, to: number): void {
    this.#field.setSelectionRange(from, to);
    document.execCommand(text === '' ? 'delete' : 'insertText', false, text);
  }

  #take(wish: Wish, suggestion: Suggestion): void {
    const { text, from, to } = taken(this.text, this.#field.selectionStart, wish, suggestion);
    this.#write(text, from, to);
    if (suggestion.file !== undefined) {
      const { uri, name } = suggestion.file;
      this.attach({ uri, name });
    } else if (suggestion.adds === 'image') pickImages((files) => void this.addImages(files));
    else if (suggestion.adds !== undefined) this.#act.addContext(suggestion.adds);
  }

  #detach({ uri }: Attachment): void {
    this.#attachments = this.#attachments.filter((attachment) => attachment.uri !== uri);
    this.focus();
    this.#act.changed();
  }

  #send(isAlt: boolean): void {
    const { steers = false, isWorking = false } = this.#state ?? {};
    this.submit(isAlt !== (steers && isWorking));
  }

  submit(steer: boolean): void {
    const text = this.text;
    if (this.#state?.isLinked !== true || !this.#saysSomething) return;
    const attachments = this.#attachments;
    this.#field.value = '';
    this.#attachments = [];
    this.#recalled = undefined;
    this.#forgetRest();
    this.#suggestions.close();
    this.#act.send({ text, attachments, steer });
    this.#act.draft('');
    this.focus();
  }

  #escape(): void {
    if (this.#state?.isWorking !== true) return;
    if (this.isStopping) {
      this.#escapedAt = 0;
      this.#act.stop();
      return;
    }
    const now = performance.now();
    this.#escapedAt = now;
    setTimeout(() => {
      if (this.#escapedAt !== now) return;
      this.#escapedAt = 0;
      this.#act.changed();
    }, ESCAPE_AGAIN_MS);
    this.#act.changed();
  }

  /** Walks through the earlier prompts, from an empty field or from one of them. */
  #recall(event: KeyboardEvent, step: 1 | -1): void {
    const earlier = this.#state?.earlier ?? [];
    if (this.#recalled === undefined && (this.text !== '' || step === 1)) return;
    const next = (this.#recalled ?? earlier.length) + step;
    if (next < 0) return;
    event.preventDefault();
    this.#recalled = next < earlier.length ? next : undefined;
    this.#field.value = earlier[next] ?? '';
    this.#changed();
  }
}
