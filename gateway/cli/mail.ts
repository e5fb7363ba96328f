// outbox and mail: what was sent and has arrived, where the verbs that come of the contract would be clumsy.
import { withoutUndefined } from '../language.ts';
import {
  ClientMessageId,
  MailboxName,
  MessageId,
  type Delivery,
  type Outgoing,
  type OutboxStatus,
} from '../protocol/index.ts';
import { withGateway } from './client.ts';
import { ago, table } from './output.ts';
import { oneLine } from './plainText.ts';
import { numberOf, typed, UsageError, type Call, type Verb } from './verb.ts';

const FILTERS: Readonly<Record<string, OutboxStatus>> = {
  failed: 'dead',
  pending: 'pending',
  inflight: 'inflight',
  done: 'done',
  aborted: 'aborted',
};

export const mailVerbs: readonly Verb[] = [
  {
    name: 'outbox list',
    summary: 'What was sent, newest first, with what became of it',
    options: [
      ...Object.entries(FILTERS).map(([flag, status]): [string, string] => [
        `--${flag}`,
        status === 'dead' ? 'what could not be delivered' : `what is ${status}`,
      ]),
      ['--limit <number>', 'how many at most (100)'],
    ],
    run: (call) =>
      withGateway(async (client) => {
        const flags = Object.keys(FILTERS).filter((flag) => call.flag(flag) === true);
        if (flags.length > 1) throw new UsageError(`One of --${flags.join(' and --')}, not both.`);
        const [flag = ''] = flags;
        const status = FILTERS[flag];
        const limit = numberOf(call, 'limit');
        const page = await client.call('mail.outbox', withoutUndefined({ status, limit }));
        call.out.answer(page, outboxTable(page.messages));
      }),
  },
  {
    name: 'outbox requeue',
    summary: 'Give up a message that has not arrived, and send it anew to where it was going',
    args: [['<id>', 'list them: holdfast outbox list --failed']],
    options: [['--new-client-id <id>', 'its new idempotency key; minted when absent']],
    run: (call) =>
      withGateway(async (client) => {
        const wanted = call.option('newClientId');
        const answer = await client.call('mail.requeue', {
          id: typed(MessageId, call.arg(0)),
          ...(wanted === undefined ? {} : { new_client_message_id: typed(ClientMessageId, wanted) }),
        });
        call.out.answer(answer, `Sent anew as ${answer.id}.`);
      }),
  },
  {
    name: 'mail ack',
    summary: 'Say that messages were read; their senders are told',
    args: [['<ids...>', 'list them: holdfast mail inbox --unread']],
    options: [['--mailbox <name>', "whose they are (the person's)"]],
    run: (call) =>
      withGateway(async (client) => {
        const answer = await client.call('mail.ack', {
          ids: call.args.map((id) => typed(MessageId, id)),
          ...mailboxOf(call),
        });
        call.out.answer(answer, `${answer.acknowledged} acknowledged.`);
      }),
  },
];

const mailboxOf = (call: Call): { mailbox?: MailboxName } => {
  const name = call.option('mailbox');
  return name === undefined ? {} : { mailbox: typed(MailboxName, name) };
};

/** The outbox for people. */
export const outboxTable = (messages: readonly Outgoing[]): string[] =>
  messages.length === 0
    ? ['Nothing.']
    : table([
        ['ID', 'STATUS', 'FROM', 'TO', 'AGE', 'TRIES', 'TEXT', 'WHY'],
        ...messages.map(({ id, status, from, to, timestamp, attempts, content, lastError }) => [
          id,
          status,
          from,
          to,
          ago(timestamp, Date.now()),
          String(attempts),
          oneLine(content, 40),
          oneLine(lastError ?? '', 60),
        ]),
      ]);

/** An inbox for people. */
export const inboxTable = (messages: readonly Delivery[]): string[] =>
  messages.length === 0
    ? ['No messages.']
    : table([
        ['ID', 'STATE', 'FROM', 'AGE', 'TEXT'],
        ...messages.map(({ id, state, from, timestamp, content }) => [
          id,
          state,
          from,
          ago(timestamp, Date.now()),
          oneLine(content, 80),
        ]),
      ]);
