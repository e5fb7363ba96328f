// Where a person writes to the thread: a field, where it goes, and how soon.
import { html, nothing, render } from 'lit';
import type { Reply } from '../../mail/mailMessages.ts';
import { icon } from '../icons.ts';
import { t } from '../l10n.ts';
import { reveal } from '../reveal.ts';

export interface LetterActions {
  send(text: string): void;
  pickTo(): void;
  pickPriority(): void;
  changed(): void;
}

const PRIORITIES: Readonly<Record<Reply['priority'], () => string>> = {
  now: () => t('Now'),
  next: () => t('Next'),
  low: () => t('Low'),
};

export class Letter {
  readonly element = document.createElement('div');
  readonly #field = document.createElement('textarea');
  readonly #act: LetterActions;
  #canSend = false;

  constructor(act: LetterActions) {
    this.#act = act;
    this.element.className = 'composer-wrap';
    this.#field.className = 'field';
    this.#field.rows = 1;
    this.#field.placeholder = t('Write to the thread as yourself');
    this.#field.setAttribute('aria-label', t('Message'));
    this.#field.addEventListener('input', () => act.changed());
    this.#field.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#send();
    });
  }

  get text(): string {
    return this.#field.value;
  }

  set text(text: string) {
    this.#field.value = text;
  }

  focus(): void {
    this.#field.focus();
  }

  update({ to, priority }: Reply, isFree: boolean, refusal: string | undefined): void {
    this.#canSend = isFree && this.text.trim() !== '';
    const priorityName = PRIORITIES[priority]();
    render(
      html`${
          refusal === undefined
            ? nothing
            : html`<p class="refusal" role="alert">
                ${icon('warning', 'warn')}<span>${reveal(refusal)}</span>
              </p>`
        }
        <div class="composer">
          ${this.#field}
          <div class="bar">
            <button
              class="pick shrink"
              type="button"
              data-pick="to"
              aria-label=${t('To {0}', to)}
              title=${t('To {0}', to)}
              @click=${() => this.#act.pickTo()}
            >
              <span class="one-line">${t('To {0}', reveal(to))}</span>${icon('chevron-down')}
            </button>
            <button
              class="pick"
              type="button"
              data-pick="priority"
              aria-label=${t('Priority: {0}', priorityName)}
              title=${t('Priority: {0}', priorityName)}
              @click=${() => this.#act.pickPriority()}
            >
              <span>${priorityName}</span>${icon('chevron-down')}
            </button>
            <span class="grow"></span>
            <button
              class="send"
              type="button"
              aria-label=${t('Send')}
              title=${t('Send')}
              ?disabled=${!this.#canSend}
              @click=${() => this.#send()}
            >
              ${icon('arrow-up')}
            </button>
          </div>
        </div>`,
      this.element,
    );
  }

  #send(): void {
    if (this.#canSend) this.#act.send(this.text.trim());
  }
}
