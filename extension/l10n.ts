// The texts that people read, looked up by their English words in the language of VS Code.

type Translate = (words: string, ...values: readonly (string | number)[]) => string;

/** Puts values in the places {0}, {1} ... */
const english: Translate = (words, ...values) =>
  words.replaceAll(/\{(\d+)\}/g, (place, index: string) => String(values[Number(index)] ?? place));

let translate = english;
let language = 'en-GB';

/** To be called once, before anything is said; without it, as in tests outside of VS Code, all is English. */
export function speak(by: Translate, of: string): void {
  translate = by;
  // The month after the day, and 24 hours: as short as a row needs it.
  language = of === 'en' ? 'en-GB' : of;
}

/** For dates and times. */
export const locale = (): string => language;

/** The words stand in full at each call: a test looks there for what the bundles in l10n/ must translate. */
export const t: Translate = (words, ...values) => translate(words, ...values);
