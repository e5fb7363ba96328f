// The colours of a block that grows: a line that has been read is not read again.
import type { After, Line, ReadLine } from './colours.ts';
import { languageOf } from './languages.ts';

/** A long block gets its colours in steps, so that the panel answers meanwhile. */
const STEP_MS = 12;

export class LineColours {
  readonly #known: { readonly text: string; readonly tokens: Line; readonly after: After }[] = [];
  readonly #more: (from: number) => void;
  #read: ReadLine | undefined;

  /** `more` is called when there are colours for lines from this one on that were not there before. */
  constructor(name: string, more: (from: number) => void) {
    this.#more = more;
    // Without its grammar a block is still readable.
    this.#load(name).catch(() => undefined);
  }

  async #load(name: string): Promise<void> {
    const language = languageOf(name);
    if (language === undefined) return;
    const { readerOf } = await import('./colours.ts');
    this.#read = await readerOf(language);
    this.#more(0);
  }

  /** The colours that there are for these lines, from the first one on. */
  of(lines: readonly string[]): readonly Line[] {
    if (this.#read === undefined) return [];
    let same = 0;
    while (same < this.#known.length && this.#known[same]?.text === lines[same]) same += 1;
    this.#known.length = same;
    const end = performance.now() + STEP_MS;
    while (this.#known.length < lines.length && performance.now() < end) {
      const text = lines[this.#known.length] ?? '';
      this.#known.push({ text, ...this.#read(text, this.#known.at(-1)?.after) });
    }
    const from = this.#known.length;
    if (from < lines.length) setTimeout(() => this.#more(from));
    return this.#known.map(({ tokens }) => tokens);
  }
}
