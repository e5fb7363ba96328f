// Does the tree's filter let a session through, and what is marked in its row?
import type { Result, Session, SessionId } from '../gateway/protocol/index.ts';
import type { Place } from './chatMessages.ts';

export interface Filter {
  /** Never empty. */
  readonly words: string;
  /** What the gateway has found in the transcripts. */
  readonly hits: ReadonlyMap<SessionId, TranscriptHits>;
}

export interface TranscriptHits {
  readonly count: number;
  /** Where the best of them stands. */
  readonly place: Place;
}

/** An older gateway does not say which message it is: then its session is found at least. */
export const placeOfHit = ({ seq, messageId }: Result<'session.search'>['hits'][number]): Place =>
  messageId === undefined ? { seq } : { messageId };

export interface Match {
  /** In the title: start and end of each. Empty: only the transcript has the words. */
  readonly highlights: readonly (readonly [number, number])[];
  readonly inTranscript?: TranscriptHits;
}

/** Undefined: not let through. All words must stand in the title, or in one message. */
export function matchOf(session: Session, title: string, { words, hits }: Filter): Match | undefined {
  const highlights = inTitle(title, words);
  if (highlights.length > 0) return { highlights };
  const inTranscript = hits.get(session.sessionId);
  return inTranscript && { highlights, inTranscript };
}

function inTitle(title: string, words: string): (readonly [number, number])[] {
  const lower = title.toLowerCase();
  // Some letters become longer in lower case: then places would be wrong, and only the case is left aside.
  const text = lower.length === title.length ? lower : title;
  const all = words
    .toLowerCase()
    .split(/\s+/)
    .map((word) => placesOf(text, word));
  return all.some((places) => places.length === 0) ? [] : joined(all.flat());
}

/** In order, and apart: VS Code would draw the letters that two of them share twice. */
function joined(places: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const apart: (readonly [number, number])[] = [];
  for (const [start, end] of places.toSorted(([a], [b]) => a - b)) {
    const [from, to] = apart.at(-1) ?? [0, 0];
    if (start >= to) apart.push([start, end]);
    else apart[apart.length - 1] = [from, Math.max(to, end)];
  }
  return apart;
}

function placesOf(text: string, word: string): (readonly [number, number])[] {
  const places: (readonly [number, number])[] = [];
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
    places.push([at, at + word.length]);
  }
  return places;
}
