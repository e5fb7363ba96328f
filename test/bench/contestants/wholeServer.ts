// Whole servers that sessions live in, ours and others', as the area `servers` measures them.
import type { Started } from '../processes.ts';

/** What a server does not have is not measured. */
export interface WholeServer extends Started {
  /** From the start of the process to its first answer, in milliseconds. */
  readonly startMs: number;
  /** A small request there and back. */
  call(): Promise<unknown>;
  /** A session without a turn. */
  newSession(): Promise<unknown>;
  /** One more client that follows the session in which is streamed. */
  join(onText: (text: Buffer) => void): Promise<void>;
  /** So many events to all who joined; resolves when all were said, not when all were read. */
  stream(events: number, perSecond: number): Promise<unknown>;
  /** How an agent's answer comes, where there is an agent: makes a session with so many pieces, and shows all of it again. */
  readonly agent?: { longSession(pieces: number): Promise<() => Promise<unknown>> };
}
