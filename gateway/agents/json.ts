// Small readers for JSON of unknown shape: what is missing or of the wrong kind is simply not there.
import { isRecord } from '../language.ts';
import { cut, MAX_CONTENT_CHARS } from './cut.ts';

/** A JSON object of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const object = (value: unknown): JsonObject => (isRecord(value) ? value : {});

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** A string with something in it. */
export const word = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

export const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

/** A number that an integer of the contract can be: agents count in fractions, and up to 1e300, as it pleases them. */
export const integer = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) ? number(value) : undefined;

const MAX_DEPTH = 64;

/** The value with everything below 64 levels replaced by a word, and nothing else. */
export const shallow = (value: unknown): unknown => bounded(value, { left: Infinity });

/**
 * The value with everything below 64 levels replaced by a word, and texts cut where they are too long together.
 * JSON.parse reads any depth, but whoever writes such a value back overflows the stack: one agent's nonsense must not
 * stop the gateway.
 */
export const bounded = (value: unknown, room = { left: MAX_CONTENT_CHARS }, depth = 0): unknown => {
  if (typeof value === 'string') {
    const kept = cut(value, Math.max(0, room.left));
    room.left -= value.length;
    return kept;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth === MAX_DEPTH) return '[nested too deeply]';
  if (Array.isArray(value)) return value.map((item) => bounded(item, room, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, bounded(item, room, depth + 1)]),
  );
};
