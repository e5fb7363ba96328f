// Makes text of an agent, a peer or a file inert where VS Code would read a language of its own out of it.

// Control characters, and marks that turn the direction of reading: with them "exe.txt" can be shown for "txt.exe".
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu;
/** Characters without ink, tags among them: a text that is to be judged must not hold what cannot be seen. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u{fff9}-\u{fffb}]+/gu;

/** One line for labels, titles and messages. Notifications turn `[words](command:...)` into a link: not here. */
export function plain(text: string, max = 200): string {
  const line = text.replace(CONTROL, ' ').replaceAll('](', '] (').trim();
  return line.length <= max ? line : `${line.slice(0, max - 1).toWellFormed()}…`;
}

/** A text of several lines; what is left out of it is left out for good. */
export const plainLines = (text: string): string =>
  text
    .toWellFormed()
    .split(/\r\n?|\n/)
    .map((line) => line.replace(/\t/g, '  ').replace(CONTROL, '').replace(INVISIBLE, ''))
    .join('\n')
    .trim();

/** For quick picks and the status bar, where `$(name)` draws an icon. */
export const plainLabel = (text: string, max?: number): string => plain(text, max).replaceAll('$(', '\\$(');
