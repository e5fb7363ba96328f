// Cuts growing markdown into pieces that later text cannot change, so that what has been read is never drawn again.

export type Segment =
  | { readonly kind: 'prose'; readonly source: string }
  | { readonly kind: 'code'; readonly info: string; readonly source: string };

const FENCE = /^( {0,3})(`{3,}(?=[^`]*$)|~{3,})(.*)$/;
const LIST_ITEM = /^ {0,3}(?:[-+*]|\d{1,9}[.)])(?:\s|$)/;
/** An unfinished line shorter than this could still become a list item. */
const SURE = 12;

interface OpenFence {
  readonly mark: string;
  readonly indent: number;
  readonly info: string;
}

/**
 * Reads text by lines. A segment ends where a fence at the margin begins or ends, and at a blank line that is followed
 * by text at the margin which does not go on with a list: no markdown reaches over either.
 */
export class Segmenter {
  readonly #done: Segment[] = [];
  /** The complete lines of the segment that is still open. */
  #lines: string[] = [];
  #fence: OpenFence | undefined;
  #isAfterBlank = false;
  /** A list may go on after a blank line. */
  #hasList = false;
  /** How much of the source has been read as complete lines. */
  #read = 0;
  #source = '';

  /** All segments of the source; the first `settled` ones will never change. */
  update(source: string): { readonly segments: readonly Segment[]; readonly settled: number } {
    if (!source.startsWith(this.#source)) this.#reset();
    this.#source = source;
    for (let end = source.indexOf('\n', this.#read); end >= 0; end = source.indexOf('\n', this.#read)) {
      this.#line(source.slice(this.#read, end).replace(/\r$/, ''));
      this.#read = end + 1;
    }
    const rest = source.slice(this.#read);
    const settled = this.#done.length;
    return { segments: [...this.#done, ...this.#open(rest)], settled };
  }

  #reset(): void {
    this.#done.length = 0;
    this.#lines = [];
    this.#fence = undefined;
    this.#isAfterBlank = false;
    this.#hasList = false;
    this.#read = 0;
  }

  #line(line: string): void {
    if (this.#fence !== undefined) {
      if (closes(line, this.#fence)) this.#finish();
      else this.#lines.push(line);
      return;
    }
    const [, margin, mark, info] = FENCE.exec(line) ?? [];
    const isInList = this.#hasList;
    if (margin !== undefined && mark !== undefined && (margin === '' || !isInList)) {
      this.#finish();
      this.#fence = { mark, indent: margin.length, info: (info ?? '').trim() };
      return;
    }
    if (line.trim() === '') {
      this.#isAfterBlank = true;
    } else {
      if (this.#startsAnew(line)) this.#finish();
      this.#isAfterBlank = false;
      this.#hasList ||= LIST_ITEM.test(line);
    }
    this.#lines.push(line);
  }

  #finish(): void {
    const segment = this.#segment(this.#lines);
    if (segment !== undefined) this.#done.push(segment);
    this.#lines = [];
    this.#fence = undefined;
    this.#isAfterBlank = false;
    this.#hasList = false;
  }

  /** The segment that is being written, and the unfinished line as one of its own where that is sure. */
  #open(rest: string): Segment[] {
    const isEndOfFence = this.#fence !== undefined && closes(rest, this.#fence);
    if (isEndOfFence) return [this.#segment(this.#lines)].filter((piece) => piece !== undefined);
    const isApart = this.#fence === undefined && rest.length >= SURE && this.#startsAnew(rest);
    const pieces = isApart
      ? [this.#segment(this.#lines), { kind: 'prose', source: rest } as const]
      : [this.#segment(rest === '' ? this.#lines : [...this.#lines, rest])];
    return pieces.filter((piece) => piece !== undefined);
  }

  /** After a blank line, text at the margin belongs to nothing before it, unless it goes on with a list. */
  #startsAnew(line: string): boolean {
    return this.#isAfterBlank && !/^\s/.test(line) && !(this.#hasList && LIST_ITEM.test(line));
  }

  #segment(lines: readonly string[]): Segment | undefined {
    const fence = this.#fence;
    if (fence !== undefined) {
      const margin = new RegExp(`^ {0,${fence.indent}}`);
      return {
        kind: 'code',
        info: fence.info,
        source: lines.map((line) => line.replace(margin, '')).join('\n'),
      };
    }
    return lines.some((line) => line.trim() !== '') ? { kind: 'prose', source: lines.join('\n') } : undefined;
  }
}

function closes(line: string, { mark }: OpenFence): boolean {
  const [, found = ''] = /^ {0,3}(`{3,}|~{3,})\s*$/.exec(line) ?? [];
  return found.startsWith(mark);
}
