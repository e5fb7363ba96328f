// A bound for what one tool call may hold: events travel whole, and a reader has 1 MiB for all that it has not read.

/** For what a tool was given, and for what it shows: together they stay below the reader's bound even in UTF-8. */
export const MAX_CONTENT_CHARS = 128 * 1024;

/** The text, or its beginning with a word on what is missing. Never half a character. */
export const cut = (text: string, limit = MAX_CONTENT_CHARS): string => {
  if (text.length <= limit) return text;
  const end = /[\uD800-\uDBFF]/.test(text.charAt(limit - 1)) ? limit - 1 : limit;
  return `${text.slice(0, end)}\n[cut here: ${text.length - end} more characters are not shown]`;
};
