// The list above the composer: what can be meant, moved through with the arrows while the focus stays in the field.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { icon } from './icons.ts';
import { reveal } from './reveal.ts';
import type { FoundContext, FoundFile } from '../chatMessages.ts';
import type { Commands } from './parts.ts';
import { commandsFor, contextFor, filesFor, wishAt, type Suggestion, type Wish } from './suggest.ts';
import { t } from './l10n.ts';

const LIST = 'suggestions';
const optionId = (index: number): string => `suggestion-${index}`;

export interface SuggestActions {
  /** Files are looked for by the host; the answer comes to `files`. */
  findFiles(query: string): void;
  take(wish: Wish, suggestion: Suggestion): void;
  changed(): void;
}

export class SuggestBox {
  readonly #act: SuggestActions;
  #wish: Wish | undefined;
  #commands: Commands = [];
  #files: readonly FoundFile[] = [];
  #context: readonly FoundContext[] = [];
  /** The question that has an answer. */
  #answered: string | undefined;
  #selected = 0;
  /** Where the sign stands of a wish that a person has waved away. */
  #dismissed: number | undefined;

  constructor(act: SuggestActions) {
    this.#act = act;
  }

  get #shown(): readonly Suggestion[] {
    if (this.#wish === undefined || this.#wish.from === this.#dismissed) return [];
    return this.#wish.kind === 'command'
      ? commandsFor(this.#wish.query, this.#commands)
      : [...filesFor(this.#wish.query, this.#files), ...contextFor(this.#wish.query, this.#context)];
  }

  get isOpen(): boolean {
    return this.#shown.length > 0;
  }

  set commands(commands: Commands) {
    this.#commands = commands;
  }

  /** The host's answer; an answer to an older question is not shown. */
  files(query: string, files: readonly FoundFile[], context: readonly FoundContext[] = []): void {
    if (this.#wish?.kind !== 'file' || this.#wish.query !== query) return;
    // More of the same answer comes after what is here: nothing moves under the arrows.
    if (this.#answered !== query) this.#selected = 0;
    this.#answered = query;
    this.#files = files;
    this.#context = context;
    this.#act.changed();
  }

  /** The text or the caret is another one. */
  look(text: string, caret: number): void {
    const before = this.#wish;
    this.#wish = wishAt(text, caret);
    if (this.#wish?.from !== this.#dismissed) this.#dismissed = undefined;
    const isSame = before?.kind === this.#wish?.kind && before?.query === this.#wish?.query;
    if (isSame && before?.from === this.#wish?.from) return;
    this.#selected = 0;
    this.#answered = undefined;
    if (this.#wish?.kind === 'file') {
      // What was found for a longer word or another one says nothing about this one.
      if (before?.kind !== 'file' || !this.#wish.query.startsWith(before.query)) this.#files = [];
      this.#act.findFiles(this.#wish.query);
    }
    this.#act.changed();
  }

  close(): void {
    this.#wish = undefined;
    this.#files = [];
    this.#dismissed = undefined;
    this.#act.changed();
  }

  /** True: the key was for the list. */
  key(event: KeyboardEvent): boolean {
    const { length } = this.#shown;
    if (length === 0 || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return false;
    switch (event.key) {
      case 'ArrowDown':
        this.#selected = (this.#selected + 1) % length;
        break;
      case 'ArrowUp':
        this.#selected = (this.#selected + length - 1) % length;
        break;
      case 'Enter':
        // The whole name stands there already: Enter sends it.
        if (this.#shown[this.#selected]?.name === `/${this.#wish?.query}`) return false;
        this.#take(this.#selected);
        break;
      case 'Tab':
        this.#take(this.#selected);
        break;
      case 'Escape':
        this.#dismissed = this.#wish?.from;
        break;
      default:
        return false;
    }
    event.preventDefault();
    this.#act.changed();
    return true;
  }

  #take(index: number): void {
    const suggestion = this.#shown[index];
    const wish = this.#wish;
    if (suggestion === undefined || wish === undefined) return;
    this.close();
    this.#act.take(wish, suggestion);
  }

  /** Tells screen readers which row the arrows have reached. */
  describe(field: HTMLElement): void {
    field.setAttribute('aria-autocomplete', 'list');
    if (this.isOpen) {
      field.setAttribute('aria-controls', LIST);
      field.setAttribute('aria-activedescendant', optionId(this.#selected));
    } else {
      field.removeAttribute('aria-controls');
      field.removeAttribute('aria-activedescendant');
    }
  }

  view(): TemplateResult | typeof nothing {
    if (!this.isOpen) return nothing;
    const label = this.#wish?.kind === 'command' ? t('Commands of the agent') : t('Context');
    return html`<div class="suggest" id=${LIST} role="listbox" aria-label=${label} data-part="suggestions">
      ${repeat(
        this.#shown,
        ({ icon: sign, name, detail }) => `${sign} ${name} ${detail}`,
        (suggestion, index) => this.#option(suggestion, index),
      )}
    </div>`;
  }

  #option({ icon: sign, name, detail, text }: Suggestion, index: number): TemplateResult {
    const isSelected = index === this.#selected;
    const take = (event: Event): void => {
      // The focus stays in the field.
      event.preventDefault();
      this.#take(index);
    };
    return html`<div
      class="opt ${isSelected ? 'sel' : ''}"
      id=${optionId(index)}
      role="option"
      aria-selected=${isSelected}
      title=${reveal(`${text.trim()} ${detail}`.trim())}
      @mousedown=${take}
    >
      ${icon(sign)}<span>${reveal(name)}</span><span class="dim one-line">${reveal(detail)}</span>
    </div>`;
  }

  /** After drawing: the selected row is in sight. */
  reveal(): void {
    document.getElementById(optionId(this.#selected))?.scrollIntoView({ block: 'nearest' });
  }
}
