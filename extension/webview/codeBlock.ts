// A block of code: its file or language, Copy, Insert at cursor, and lines whose colours come when they are ready.
import { html, render } from 'lit';
import type { Line } from './colours.ts';
import { LineColours } from './highlight.ts';
import { iconButton } from './icons.ts';
import { reveal } from './reveal.ts';
import { t } from './l10n.ts';

/** Beyond this a block is shown without colours. */
const MAX_COLOURED = 200_000;
const COPIED_MS = 2000;

/** Clicks inside of messages are handled in one place: these events bubble up to it. */
export class CodeEvent extends Event {
  readonly action: 'copy' | 'insertAtCursor';
  readonly text: string;

  constructor(action: 'copy' | 'insertAtCursor', text: string) {
    super('hf-code', { bubbles: true });
    this.action = action;
    this.text = text;
  }
}

export class CodeBlock {
  readonly element = document.createElement('section');
  readonly info: string;
  readonly #head = document.createElement('div');
  readonly #code = document.createElement('code');
  readonly #colours: LineColours;
  #source = '';
  #lines: string[] = [];

  constructor(info: string, source: string) {
    this.info = info;
    const { language, label } = read(info);
    this.element.className = 'code';
    this.element.dataset['part'] = 'code';
    this.element.setAttribute('aria-label', label === '' ? t('Code block') : t('Code block, {0}', label));
    this.#head.className = 'code-head';
    const pre = document.createElement('pre');
    pre.tabIndex = 0;
    pre.append(this.#code);
    this.element.append(this.#head, pre);
    this.#colours = new LineColours(language, (from) => this.#draw(from));
    this.#drawHead(label, false);
    this.update(source);
  }

  update(source: string): void {
    if (source === this.#source && this.#code.childNodes.length > 0) return;
    const before = this.#lines;
    this.#source = source;
    this.#lines = reveal(source).split('\n');
    let same = 0;
    while (same < before.length && before[same] === this.#lines[same]) same += 1;
    this.#draw(same);
  }

  /** Draws the lines from this one on; those before are as they were. */
  #draw(from: number): void {
    if (this.#source.length > MAX_COLOURED) {
      this.#code.textContent = this.#lines.join('\n');
      return;
    }
    const coloured = this.#colours.of(this.#lines);
    const nodes = this.#lines.slice(from).map((line, i) => lineNode(line, coloured[from + i], from + i > 0));
    while (this.#code.childNodes.length > from) this.#code.lastChild?.remove();
    this.#code.append(...nodes);
  }

  #drawHead(label: string, isCopied: boolean): void {
    const send = (action: 'copy' | 'insertAtCursor') => () =>
      this.element.dispatchEvent(new CodeEvent(action, this.#source));
    const copy = (): void => {
      send('copy')();
      this.#drawHead(label, true);
      setTimeout(() => this.#drawHead(label, false), COPIED_MS);
    };
    render(
      html`<span class="grow">${label === '' ? t('Code block') : label}</span>${iconButton(
          isCopied ? 'check' : 'copy',
          isCopied ? t('Copied') : t('Copy'),
          copy,
        )}${iconButton('insert', t('Insert at cursor'), send('insertAtCursor'))}`,
      this.#head,
    );
  }
}

/** A fence says `ts`, `src/limits.ts`, `ts title="limits.ts"` or `ts src/limits.ts`. */
function read(info: string): { language: string; label: string } {
  const first = info.split(/[\s{:]/, 1)[0] ?? '';
  const file = /(?:title|file(?:name)?)="?([^"\s]+)/.exec(info)?.[1] ?? /\s([\w./-]+\.\w+)/.exec(info)?.[1];
  const language = first.includes('.') ? first.slice(first.lastIndexOf('.') + 1) : first;
  return { language: language.toLowerCase(), label: reveal(file ?? first) };
}

function lineNode(text: string, line: Line | undefined, isAfterAnother: boolean): Node {
  const node = document.createElement('span');
  // The line end stands at the start of a line, so that a line which is drawn again takes it along.
  if (isAfterAnother) node.append('\n');
  if (line === undefined) node.append(text);
  else node.append(...line.map(({ content, kind }) => tokenNode(content, kind)));
  return node;
}

function tokenNode(content: string, kind: string | undefined): Node {
  if (kind === undefined) return document.createTextNode(content);
  const span = document.createElement('span');
  span.className = kind;
  span.textContent = content;
  return span;
}
