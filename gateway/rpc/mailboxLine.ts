// One line to the socket of a mailbox: a message as JSON, answered by a line that says what became of it.
import { z } from 'zod';
import { withoutUndefined } from '../language.ts';
import {
  ClientMessageId,
  MailboxName,
  mailMethods,
  MAX_MAIL_BYTES,
  RPC,
  type ParamsIn,
  type Result,
} from '../protocol/index.ts';
import { CallError } from './inside.ts';
import { isShallow, MAX_DEPTH } from './json.ts';
import type { Line } from './lines.ts';

/** What a program may find at the other end. */
export interface Bus {
  /** Sends, as whoever owns the socket. Rejects with CallError. */
  readonly send: (params: ParamsIn<'mail.send'>) => Promise<Result<'mail.send'>>;
  /** Only programs may be named as senders, new ones too: what a session says, its agent says, with its token. */
  readonly isProgram: (name: MailboxName) => boolean;
}

/** The members of a message, and the names that HTTP has for them. */
function describeMessage() {
  const { shape } = mailMethods['mail.send'].params;
  const { message, type, priority, meta, reply_to_id: replyTo, ttl_s: ttl } = shape;
  return z
    .strictObject({
      content: message.optional(),
      message: message.optional(),
      from: MailboxName.optional(),
      to: MailboxName.optional(),
      type: type.optional(),
      priority: priority.optional(),
      meta: meta.optional(),
      replyTo: replyTo.nullish(),
      reply_to_id: replyTo,
      ttl_s: ttl,
      id: ClientMessageId.optional(),
      client_message_id: ClientMessageId.optional(),
      timestamp: z.unknown().optional(),
    })
    .refine((one) => (one.content === undefined) !== (one.message === undefined), 'needs content: the text');
}

/** Made when the first line comes. */
let described: ReturnType<typeof describeMessage> | undefined;

export type Reply =
  | { readonly ok: true; readonly id: string; readonly client_message_id: string; readonly duplicate?: true }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string } };

const FAULTS = {
  size: `A line holds at most ${MAX_MAIL_BYTES} bytes: nothing was sent.`,
  encoding: 'A line is UTF-8, which this one is not: nothing was sent.',
  partial: 'The last line did not end with a newline: nothing was sent.',
} as const;

export const fault = (code: string, message: string): Reply => ({ ok: false, error: { code, message } });

/** Sends what a line says, and answers what became of it. Never rejects but for a bug. */
export async function answerLine(mailbox: MailboxName, line: Line, bus: Bus): Promise<Reply> {
  if ('fault' in line) return fault(line.fault, FAULTS[line.fault]);
  if (!isShallow(line.text)) return fault('json', `Nested deeper than ${MAX_DEPTH}: nothing was read.`);
  let json: unknown;
  try {
    json = JSON.parse(line.text);
  } catch {
    return fault('json', 'A line is one message as JSON: {"content": "..."}');
  }
  const written = (described ??= describeMessage()).safeParse(json);
  if (!written.success) return fault('invalid', explain(written.error));
  const {
    from,
    to,
    timestamp: _,
    content,
    message: text,
    id,
    client_message_id: key,
    ...rest
  } = written.data;
  if (to !== undefined && to !== mailbox) {
    return fault('invalid', `This is the socket of ${mailbox}, and the message is to ${to}.`);
  }
  if (from !== undefined && !bus.isProgram(from)) {
    return fault('from', `${from} is no mailbox of a program. Leave from out, or name one of your own.`);
  }
  const { replyTo: answered, reply_to_id: answeredToo, ...facts } = rest;
  try {
    const sent = await bus.send({
      ...facts,
      ...withoutUndefined({ from, reply_to_id: answered ?? answeredToo, client_message_id: key ?? id }),
      to: mailbox,
      message: content ?? text ?? '',
    });
    const { broker_message_id: brokerId, client_message_id, duplicate } = sent;
    return { ok: true, id: brokerId, client_message_id, ...(duplicate === true ? { duplicate } : {}) };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return fault(codeOf(error), error.message);
  }
}

/** mail.full is `full`: programs that have nothing but a socket compare short words. */
const codeOf = ({ problem, code }: CallError): string =>
  problem?.replace(/^mail\./, '') ?? (code === RPC.invalidParams ? 'invalid' : 'internal');

const explain = (error: z.ZodError): string =>
  error.issues.map(({ path, message }) => [...path.map(String), message].join(': ')).join('; ');
