// The panel's words in the reader's language: the English text is the key, and the host writes the bundle into the page.

let texts: Readonly<Record<string, unknown>> = {};
let locale = 'en';

/** Takes the bundle that stands in the page as data; without one the panel speaks English. */
export function readTexts(json: string | null | undefined, language: string): void {
  locale = language || 'en';
  const bundle: unknown = JSON.parse(json || '{}');
  texts = typeof bundle === 'object' && bundle !== null ? { ...bundle } : {};
}

/** The text with `{0}`, `{1}` ... filled in. Always called with a literal, so that a test can find every text. */
export function t(english: string, ...values: readonly (string | number)[]): string {
  const known = texts[english];
  const text = typeof known === 'string' ? known : english;
  return text.replaceAll(/\{(\d)\}/g, (whole, index) => String(values[Number(index)] ?? whole));
}

/** For numbers, dates and money. */
export const language = (): string => locale;
