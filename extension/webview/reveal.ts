// Characters that hide or reorder text, made visible: what an agent writes must look like what it is.

/** Controls, and what reorders text: never of use in an answer. */
const REORDERING = String.raw`\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069`;
/** Characters without ink. In prose they join emoji and scripts; in a command that somebody must judge they only hide. */
const INVISIBLE = String.raw`\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200d\u2028\u2029\u2060-\u2064\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{e0100}-\u{e01ef}`;
const TAGS = String.raw`\u{e0000}-\u{e007f}`;

const inProse = new RegExp(`[${REORDERING}${TAGS}]`, 'gu');
const inConsent = new RegExp(`([${REORDERING}${TAGS}${INVISIBLE}])`, 'gu');

const name = (char: string): string =>
  `⟨U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`;

/** Colours, and the erasing of a line: what commands write for a terminal says nothing here. */
const STYLES = new RegExp(String.raw`\u001b\[[\d;:]*[mK]`, 'g');

/** For the output of a command. */
export const withoutStyles = (text: string): string => text.replaceAll(STYLES, '');

/** For an agent's prose, code and output. Line ends and tabs stay. */
export const reveal = (text: string): string => text.replaceAll('\r\n', '\n').replaceAll(inProse, name);

/** For what a person consents to: text and hidden characters by turns, so that the latter can be marked. */
export function revealAll(text: string): { readonly text: string; readonly isHidden: boolean }[] {
  return text
    .replaceAll('\r\n', '\n')
    .split(inConsent)
    .map((piece, index) =>
      index % 2 === 1 ? { text: name(piece), isHidden: true } : { text: piece, isHidden: false },
    )
    .filter((piece) => piece.text !== '');
}
