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
 * by text at the margin which is no list item: no markdown reaches over either.
 */
export class Segmenter {
  readonly #done: Segment[] = [];
  /** The complete lines of the segment that is still open. */
  #lines: string[] = [];
  #fence: OpenFence | undefined;
  #isAfterBlank = false;
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
    this.#read = 0;
  }

  #line(line: string): void {
    if (this.#fence !== undefined) {
      if (closes(line, this.#fence)) this.#finish();
      else this.#lines.push(line);
      return;
    }
    const [, margin, mark, info] = FENCE.exec(line) ?? [];
    const isInList = LIST_ITEM.test(this.#lines[0] ?? '');
    if (margin !== undefined && mark !== undefined && (margin === '' || !isInList)) {
      this.#finish();
      this.#fence = { mark, indent: margin.length, info: (info ?? '').trim() };
      return;
    }
    if (line.trim() === '') {
      this.#isAfterBlank = true;
    } else {
      if (this.#isAfterBlank && startsAnew(line)) this.#finish();
      this.#isAfterBlank = false;
    }
    this.#lines.push(line);
  }

  #finish(): void {
    const segment = this.#segment(this.#lines);
    if (segment !== undefined) this.#done.push(segment);
    this.#lines = [];
    this.#fence = undefined;
    this.#isAfterBlank = false;
  }

  /** The segment that is being written, and the unfinished line as one of its own where that is sure. */
  #open(rest: string): Segment[] {
    const isEndOfFence = this.#fence !== undefined && closes(rest, this.#fence);
    if (isEndOfFence) return [this.#segment(this.#lines)].filter((piece) => piece !== undefined);
    const isApart =
      this.#fence === undefined && this.#isAfterBlank && rest.length >= SURE && startsAnew(rest);
    const pieces = isApart
      ? [this.#segment(this.#lines), { kind: 'prose', source: rest } as const]
      : [this.#segment(rest === '' ? this.#lines : [...this.#lines, rest])];
    return pieces.filter((piece) => piece !== undefined);
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

const startsAnew = (line: string): boolean => !/^\s/.test(line) && !LIST_ITEM.test(line);

function closes(line: string, { mark }: OpenFence): boolean {
  const [, found = ''] = /^ {0,3}(`{3,}|~{3,})\s*$/.exec(line) ?? [];
  return found.startsWith(mark);
}
