// Makes text of agents, files and peers harmless on a terminal: it can be read, but it cannot move, colour or clear.

/** Everything that a terminal obeys, and marks that turn the direction of reading; line end and tab may stay. */
const CONTROL = /(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** Text over several lines. What a terminal would obey is shown as what it is: ␛, ␇, <202e>. */
export const harmless = (text: string): string =>
  text.replaceAll('\r\n', '\n').toWellFormed().replace(CONTROL, visible);

/** The same on one line, for titles and tables. */
export const oneLine = (text: string, max = Infinity): string => {
  const line = harmless(text.replaceAll(/\s+/gu, ' ').trim());
  return line.length <= max ? line : `${line.slice(0, max - 1).toWellFormed()}…`;
};

/** JSON that means the same to programs, and in which a terminal finds nothing to obey either. */
export const inertJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, undefined, indent).replace(
    CONTROL,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

function visible(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? '␡' : `<${code.toString(16)}>`;
}
