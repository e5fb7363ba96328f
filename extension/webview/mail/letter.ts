// Where a person writes to the thread: a field, where it goes, and how soon.
import { html, render } from 'lit';
import type { Reply } from '../../mail/mailMessages.ts';
import { picker, refused, sendButton } from '../composerParts.ts';
import { t } from '../l10n.ts';

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
    const act = this.#act;
    const toLabel = t('To {0}', to);
    const priorityLabel = t('Priority: {0}', priorityName);
    render(
      html`${refused(refusal)}
        <div class="composer">
          ${this.#field}
          <div class="bar">
            ${picker({ picks: 'to', label: toLabel, shown: toLabel, shrinks: true, act: () => act.pickTo() })}
            ${picker({ picks: 'priority', label: priorityLabel, shown: priorityName, act: () => act.pickPriority() })}
            <span class="grow"></span>
            ${sendButton(this.#canSend, () => this.#send())}
          </div>
        </div>`,
      this.element,
    );
  }

  #send(): void {
    if (this.#canSend) this.#act.send(this.text.trim());
  }
}
