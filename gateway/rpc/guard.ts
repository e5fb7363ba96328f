// One guard for every request and every upgrade, asked before anything is parsed: may this come in at all?
import type { IncomingMessage } from 'node:http';
import type { Bearer, Bearers } from './bearer.ts';
import type { Refusal } from './respond.ts';

export const MAX_BODY = 1024 * 1024;

/** What a listener lets in. */
export interface Policy {
  /** Exact values of the Host header. */
  readonly hosts: ReadonlySet<string>;
  /** Who it is, once it is clear that no web page is asking. */
  readonly identify: (request: IncomingMessage) => Bearer | Refusal;
  /** Remembers how to end a connection that was let in; the result forgets it. */
  readonly opened: (bearer: Bearer, end: () => void) => () => void;
}

/** Programs name any host on a Unix socket; these are what curl, ws and we ourselves send, and this host's numbers. */
export const socketPolicy = (bearers: Bearers): Policy => ({
  hosts: new Set(['localhost', 'holdfast', '127.0.0.1', '[::1]']),
  identify: (request) => bearers.checkOnSocket(request),
  opened: (bearer, end) => bearers.opened(bearer, end),
});

/** On TCP loopback a token is asked for, and the names are exact: no other name that resolves to here is meant. */
export const tcpPolicy = (port: number, bearers: Bearers): Policy => ({
  hosts: new Set([`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]),
  identify: (request) => bearers.check(request),
  opened: (bearer, end) => bearers.opened(bearer, end),
});

/** Who comes in, or why not. */
export const admit = (request: IncomingMessage, policy: Policy): Bearer | Refusal =>
  refusalOf(request, policy) ?? policy.identify(request);

/** URLs end up in logs and lists of processes. */
const TOKEN_IN_URL = /[?&](?:access_)?token=/i;

/** No web page may come in: whatever a browser adds to a request is a reason to refuse. */
function refusalOf(request: IncomingMessage, policy: Policy): Refusal | undefined {
  const { headers } = request;
  const count = (name: string): number =>
    request.rawHeaders.filter((value, index) => index % 2 === 0 && value.toLowerCase() === name).length;
  if (count('host') !== 1 || count('authorization') > 1) {
    return { status: 400, reason: 'Exactly one Host header, and at most one Authorization header.' };
  }
  if (!policy.hosts.has(headers.host ?? '')) return { status: 421, reason: 'This Host is not served here.' };
  if (
    headers.origin !== undefined ||
    headers.referer !== undefined ||
    headers['sec-fetch-site'] !== undefined
  ) {
    return { status: 403, reason: 'Web pages are not let in.' };
  }
  if (request.method === 'OPTIONS') return { status: 403, reason: 'Web pages are not let in.' };
  if (request.url?.startsWith('/') !== true || request.url.startsWith('//')) {
    return { status: 400, reason: 'The request target must be a path.' };
  }
  if (TOKEN_IN_URL.test(request.url)) {
    return {
      status: 400,
      reason: 'A token does not belong into a URL: send Authorization: Bearer. Revoke this one.',
    };
  }
  return undefined;
}

/** For requests with a body. */
export function bodyRefusalOf({ headers }: IncomingMessage, maxBytes = MAX_BODY): Refusal | undefined {
  if (!/^application\/json(?:\s*;|$)/i.test(headers['content-type'] ?? '')) {
    return { status: 415, reason: 'Send Content-Type: application/json.' };
  }
  if (headers['content-encoding'] !== undefined) return { status: 415, reason: 'Send the body as it is.' };
  return Number(headers['content-length'] ?? 0) > maxBytes ? tooLong(maxBytes) : undefined;
}

export const tooLong = (maxBytes: number): Refusal => ({
  status: 413,
  reason: `A body holds at most ${maxBytes} bytes.`,
});
