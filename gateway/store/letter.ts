// A message as it is kept: its text, the fingerprint that tells it from others, and its thread.
import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { fingerprinted } from '../core/mail.ts';
import type { MailMessage, MessageId } from '../protocol/index.ts';

/** The message of a row: written by us, by the schema that it would be read with. Of a damaged one, its row still knows id, sender and time. */
export function messageIn(
  body: string,
  {
    id,
    clientMessageId,
    from,
    timestamp,
  }: Pick<MailMessage, 'id' | 'clientMessageId' | 'from' | 'timestamp'>,
): MailMessage {
  try {
    return JSON.parse(body) as MailMessage;
  } catch {
    return {
      ...{ id, clientMessageId, from, timestamp },
      type: 'message',
      to: '',
      content: '(A disk has damaged this message: it cannot be read any more.)',
      priority: 'next',
      replyTo: null,
      threadId: id,
      meta: {},
      provenance: { via: 'rpc', hops: 0 },
      damaged: true,
    };
  }
}

/** The thread of an answer, or of a message that was sent anew. All others begin one, and are found by their id. */
export const threadOf = ({ id, threadId }: MailMessage): MessageId | null =>
  threadId === id ? null : threadId;

/** SHA-256 over canonical JSON (RFC 8785): the order of members and the spelling of numbers do not matter. */
export const fingerprintOf = (
  message: Pick<MailMessage, 'to' | 'type' | 'replyTo' | 'priority' | 'meta' | 'content'>,
): string => {
  const what = fingerprinted(message.to, message);
  // Without a meta it is canonical as it stands: texts in order. With one, its members have to be put in order.
  const isPlain = Object.keys(message.meta).length === 0;
  return hash('sha256', (isPlain ? JSON.stringify(what) : canonicalize(what)) ?? '');
};
