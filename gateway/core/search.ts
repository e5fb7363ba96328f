// Full-text search: what people type as a query, and what they are shown of a match.
import { textOf, type Event } from '../protocol/index.ts';

/** The text of an event that can be found; undefined for all others. */
export function findable(event: Event): string | undefined {
  if (event.type === 'prompt') return textOf(event.message);
  return event.type === 'text' ? event.content : undefined;
}

/** The same with each character as a word of its own where a script puts nothing between words: any part can be found. */
export const inWords = (text: string): string =>
  text.replaceAll(/[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}]/gu, ' $& ');

/** Words as an FTS5 expression in which all must occur, the last as the start of a word. Nothing is an operator. */
export function matchExpression(query: string): string | undefined {
  const words = query.match(/[\p{L}\p{N}_]+/gu);
  if (words === null) return undefined;
  return words.map((word, index) => `"${inWords(word)}"${index === words.length - 1 ? '*' : ''}`).join(' ');
}

const BEFORE = 40;
const AFTER = 120;

/** The text around the first of the words that occurs, on one line. */
export function snippet(text: string, query: string): string {
  const words = query.match(/[\p{L}\p{N}_]+/gu) ?? [];
  const lower = text.toLowerCase();
  const places = words.map((word) => lower.indexOf(word.toLowerCase())).filter((place) => place >= 0);
  const at = places.length === 0 ? 0 : Math.min(...places);
  const start = Math.max(0, at - BEFORE);
  const end = Math.min(text.length, at + AFTER);
  const cut = text.slice(start, end).toWellFormed().replaceAll(/\s+/g, ' ').trim();
  return `${start > 0 ? '…' : ''}${cut}${end < text.length ? '…' : ''}`;
}
