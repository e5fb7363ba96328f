// The composer: a field of 1 to 8 lines whose text belongs to the reader, whatever happens in the session.
import { html, nothing, render } from 'lit';
import { icon, iconButton } from './icons.ts';

/** What the rest of the panel does for the composer. */
export interface ComposerActions {
  send(text: string): void;
  stop(): void;
  /** The text has rested for a moment. */
  draft(text: string): void;
  /** The text or the wish to stop changed: what stands around the field may look different. */
  changed(): void;
}

export interface ComposerState {
  readonly agentName: string;
  readonly isLinked: boolean;
  readonly isWorking: boolean;
  /** Earlier prompts, oldest first. */
  readonly earlier: readonly string[];
  readonly refusal: string | undefined;
}

const REST_MS = 400;
const ESCAPE_AGAIN_MS = 3000;

export class Composer {
  readonly element = document.createElement('div');
  readonly #field = document.createElement('textarea');
  readonly #act: ComposerActions;
  #state: ComposerState | undefined;
  #rest: ReturnType<typeof setTimeout> | undefined;
  /** Which of the earlier prompts is in the field; undefined: none. */
  #recalled: number | undefined;
  #escapedAt = 0;

  constructor(act: ComposerActions) {
    this.#act = act;
    this.element.className = 'composer-wrap';
    this.element.dataset['part'] = 'composer';
    this.#field.className = 'field';
    this.#field.rows = 1;
    this.#field.setAttribute('aria-label', 'Prompt');
    this.#field.addEventListener('keydown', (event) => this.#key(event));
    this.#field.addEventListener('input', () => this.#typed());
  }

  get text(): string {
    return this.#field.value;
  }

  /** Escape was pressed once: the next one stops the turn. */
  get isStopping(): boolean {
    return this.#escapedAt > 0;
  }

  focus(): void {
    this.#field.focus();
  }

  /** Text from elsewhere: kept from before a reload, written in another window, or given back because it was refused. */
  setText(text: string): void {
    if (text === this.#field.value) return;
    this.#field.value = text;
    this.#act.changed();
  }

  /** May text from another window replace what is here? Not while somebody writes here. */
  get isFree(): boolean {
    return this.text === '' || !document.hasFocus() || document.activeElement !== this.#field;
  }

  update(state: ComposerState): void {
    this.#state = state;
    const { agentName, isLinked, isWorking, refusal } = state;
    this.#field.placeholder = !isLinked
      ? 'Write a draft, send when reconnected'
      : isWorking
        ? 'Queue a prompt'
        : `Ask ${agentName}`;
    const action = isWorking ? 'Queue' : 'Send';
    const label = isLinked ? action : `${action}. Waits for the gateway`;
    const canSend = isLinked && this.text.trim() !== '';
    render(
      html`${
          refusal === undefined
            ? nothing
            : html`<p class="refusal" role="alert">${icon('warning', 'warn')}<span>${refusal}</span></p>`
        }
        <div class="composer">
          ${this.#field}
          <div class="bar">
            <span class="grow"></span>
            ${isWorking && isLinked ? html`<span class="stop" title="Stop the turn (Escape twice)">${iconButton('debug-stop', 'Stop the turn', () => this.#act.stop())}</span>` : nothing}
            <button
              class="send"
              type="button"
              aria-label=${label}
              title=${label}
              ?disabled=${!canSend}
              @click=${() => this.#send()}
            >
              ${icon('arrow-up')}
            </button>
          </div>
        </div>`,
      this.element,
    );
  }

  #typed(): void {
    this.#recalled = undefined;
    this.#escapedAt = 0;
    this.#changed();
  }

  #changed(): void {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#act.draft(this.text), REST_MS);
    this.#act.changed();
  }

  #key(event: KeyboardEvent): void {
    // While an input method composes, Enter and Escape belong to it.
    if (event.isComposing) return;
    const isPlain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
    if (event.key === 'Enter' && isPlain) {
      event.preventDefault();
      this.#send();
    } else if (event.key === 'Escape' && this.text === '') {
      this.#escape();
    } else if (event.key === 'ArrowUp' && isPlain) {
      this.#recall(event, -1);
    } else if (event.key === 'ArrowDown' && isPlain) {
      this.#recall(event, 1);
    }
  }

  #send(): void {
    const text = this.text;
    if (this.#state?.isLinked !== true || text.trim() === '') return;
    this.#field.value = '';
    this.#recalled = undefined;
    clearTimeout(this.#rest);
    this.#act.send(text);
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
