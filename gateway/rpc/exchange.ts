// One request and its answer, and what every route has to work with.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Bearer } from './bearer.ts';
import type { Dispatcher } from './dispatch.ts';
import { bodyRefusalOf, MAX_BODY, tooLong } from './guard.ts';
import type { Refusal } from './respond.ts';
import type { EventStream, StreamSlots } from './sse.ts';
import type { WebSocketTransport } from './websocket.ts';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly bearer: Bearer;
  readonly query: URLSearchParams;
  /** What the pattern of the route has caught. */
  readonly caught: readonly string[];
}

/** The log of a session, as somebody asks for it: here or at a peer, from a cursor on or from its start. */
export interface AskedLog {
  readonly sessionId: string;
  readonly peer: string | undefined;
  readonly cursor: string | undefined;
}

/** What can be followed over HTTP. Each throws a Problem before it writes anything. */
export interface Streams {
  /** What happens to a prompt that was just accepted, until its turn ends. */
  prompt(accepted: object, open: () => EventStream): void;
  log(asked: AskedLog, open: () => EventStream): Promise<void>;
  /** What happens with mail, from after an id or from now on. */
  mail(after: number | undefined, open: () => EventStream): void;
  /** How much mail is on its way. */
  outbox(): Readonly<Record<'pending' | 'inflight' | 'dead', number>>;
}

export interface Routes {
  readonly dispatcher: Dispatcher;
  readonly webSockets: WebSocketTransport;
  readonly streams: Streams;
  readonly slots: StreamSlots;
  /** Whether new work is taken: /readyz. */
  readonly isReady: () => boolean;
  /** Prometheus text: /metrics. */
  readonly metrics: () => Promise<string>;
  readonly logBug: (error: unknown, errorId: string, where: string) => void;
}

/** A body of JSON as text, or why it is not read. */
export async function readBody(request: IncomingMessage, maxBytes = MAX_BODY): Promise<string | Refusal> {
  const refusal = bodyRefusalOf(request, maxBytes);
  if (refusal !== undefined) return refusal;
  const chunks: Buffer[] = [];
  let size = 0;
  // Left open: whoever sent too much still gets an answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) return tooLong(maxBytes);
    chunks.push(chunk);
  }
  try {
    return UTF8.decode(Buffer.concat(chunks));
  } catch {
    return { status: 400, reason: 'The body is not UTF-8: nothing was read.' };
  }
}

/** What is not UTF-8 is refused, not replaced: what arrives is what was sent, a byte order mark included, which is no JSON. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
