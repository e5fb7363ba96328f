// A bound for what one tool call may hold: events travel whole, and a reader has 1 MiB for all that it has not read.
import { beginning } from '../language.ts';

/** For what a tool was given, and for what it shows: together they stay below the reader's bound even in UTF-8. */
export const MAX_CONTENT_CHARS = 128 * 1024;

/** The text, or its beginning with a word on what is missing. Never half a character. */
export const cut = (text: string, limit = MAX_CONTENT_CHARS): string => {
  if (text.length <= limit) return text;
  const shown = beginning(text, limit);
  return `${shown}\n[cut here: ${text.length - shown.length} more characters are not shown]`;
};
