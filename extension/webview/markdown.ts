// A message of the agent as it grows: settled pieces stay as they were drawn, only the last ones are drawn again.
import { CodeBlock } from './codeBlock.ts';
import { proseToDom } from './safeMarkdown.ts';
import { Segmenter, type Segment } from './segments.ts';

interface Drawn {
  readonly element: HTMLElement;
  readonly code: CodeBlock | undefined;
  source: string;
}

export class MarkdownView {
  readonly element: HTMLElement;
  readonly #segmenter = new Segmenter();
  readonly #drawn: Drawn[] = [];
  #settled = 0;
  #source = '';

  constructor() {
    this.element = document.createElement('div');
    this.element.className = 'md';
  }

  update(source: string): void {
    if (source === this.#source && this.#drawn.length > 0) return;
    // Text that does not go on where it was is another text.
    if (!source.startsWith(this.#source)) this.#settled = 0;
    this.#source = source;
    const { segments, settled } = this.#segmenter.update(source);
    for (let index = this.#settled; index < segments.length; index++) {
      const segment = segments[index];
      if (segment !== undefined) this.#draw(index, segment);
    }
    for (const extra of this.#drawn.splice(segments.length)) extra.element.remove();
    this.#settled = settled;
  }

  #draw(index: number, segment: Segment): void {
    const drawn = this.#drawn[index];
    const isSameKind = drawn !== undefined && (drawn.code?.info ?? undefined) === infoOf(segment);
    if (drawn !== undefined && isSameKind) {
      if (drawn.code !== undefined) drawn.code.update(segment.source);
      else if (drawn.source !== segment.source) drawn.element.replaceChildren(prose(segment.source));
      drawn.source = segment.source;
      return;
    }
    const fresh = draw(segment);
    if (drawn === undefined) this.element.append(fresh.element);
    else drawn.element.replaceWith(fresh.element);
    this.#drawn[index] = fresh;
  }
}

const infoOf = (segment: Segment): string | undefined => (segment.kind === 'code' ? segment.info : undefined);

function draw(segment: Segment): Drawn {
  if (segment.kind === 'code') {
    const code = new CodeBlock(segment.info, segment.source);
    return { element: code.element, code, source: segment.source };
  }
  const element = document.createElement('div');
  element.className = 'prose';
  element.append(prose(segment.source));
  return { element, code: undefined, source: segment.source };
}

/** Code inside a list or a quotation gets the same block as code at the margin. */
function prose(source: string): DocumentFragment {
  const fragment = proseToDom(source);
  for (const pre of fragment.querySelectorAll('pre')) {
    pre.replaceWith(new CodeBlock(pre.dataset['info'] ?? '', pre.textContent).element);
  }
  return fragment;
}
