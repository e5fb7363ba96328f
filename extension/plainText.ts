// Makes text of an agent, a peer or a file inert where VS Code would read a language of its own out of it.

// Control characters, and marks that turn the direction of reading: with them "exe.txt" can be shown for "txt.exe".
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/** One line for labels, titles and messages. Notifications turn `[words](command:...)` into a link: not here. */
export function plain(text: string, max = 200): string {
  const line = text.replace(CONTROL, ' ').replaceAll('](', '] (').trim();
  return line.length <= max ? line : `${line.slice(0, max - 1).toWellFormed()}…`;
}

/** For quick picks and the status bar, where `$(name)` draws an icon. */
export const plainLabel = (text: string, max?: number): string => plain(text, max).replaceAll('$(', '\\$(');
