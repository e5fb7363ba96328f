// bus: mailboxes for scripts. What a script receives is acknowledged after it was printed, so two readers lose nothing.
import { connect } from 'node:net';
import path from 'node:path';
import { withoutUndefined } from '../language.ts';
import { addressOf, type Delivery, type Mailbox } from '../protocol/index.ts';
import { mailboxFolders, socketsIn, stateFolder } from '../rpc/paths.ts';
import { callByName, ifRunning, withGateway } from './client.ts';
import { table } from './output.ts';
import { harmless, oneLine } from './plainText.ts';
import { textFrom } from './stdin.ts';
import { numberOf, UsageError, type Call, type Verb } from './verb.ts';

const NAME = ['<name>', 'a mailbox; list them: holdfast bus list'] as const;
/** The longest that one call waits; the verb asks again. */
const WAIT_S = 30;
const PROBE_MS = 1_000;

export const busVerbs: readonly Verb[] = [
  {
    name: 'bus create',
    summary: 'Make a mailbox with a socket, and say where the socket is',
    args: [['<name>', 'a to z, 0 to 9, and _ . - in between']],
    options: [
      ['--policy <policy>', 'accept, hold (until a person lets it in) or refuse'],
      ['--topics <names>', 'it gets what is sent to @topic; with commas between them'],
    ],
    run: (call) =>
      withGateway(async (client) => {
        const topics = call.option('topics')?.split(',');
        const made = await client.call('mailbox.create', {
          name: call.arg(0) ?? '',
          // The gateway says what is wrong with it.
          ...withoutUndefined({ policy: call.option('policy') as Mailbox['policy'] | undefined, topics }),
        });
        call.out.answer(made, made.socket ?? made.name);
      }, call.program),
  },
  {
    name: 'bus send',
    summary: 'Send a message; it is on disk when this ends',
    args: [
      ['<to>', 'a mailbox, @topic, * or name@peer'],
      ['[text]', 'the message; absent or -: from standard input'],
    ],
    options: [
      ['--from <mailbox>', 'as which program; else as yourself'],
      ['--priority <priority>', 'now, next or low'],
      ['--type <type>', 'what kind of message it is'],
      ['--reply-to <id>', 'the message that it answers'],
      ['--ttl <seconds>', 'given up if it has not arrived by then'],
      ['--id <id>', 'sending the same id again does nothing; minted when absent'],
    ],
    run: send,
  },
  {
    name: 'bus receive',
    summary: 'Take the messages that wait in a mailbox, oldest first',
    args: [NAME],
    options: [
      ['--wait [seconds]', 'wait for one if there is none; without a number as long as it takes'],
      ['--max <number>', 'how many at most; 100'],
    ],
    more: 'No two readers get the same message. What was not printed comes again to the next one.',
    run: receive,
  },
  {
    name: 'bus list',
    summary: 'List the mailboxes that have a socket, and which of the sockets are alive',
    options: [['--all', 'also mailboxes without a socket']],
    run: list,
  },
  {
    name: 'bus destroy',
    summary: "Remove a program's mailbox with what is in it",
    args: [NAME],
    run: (call) =>
      withGateway(async (client) => {
        const name = call.arg(0) ?? '';
        call.out.answer(await callByName(client, 'mailbox.destroy', { name }), `${oneLine(name)} is gone.`);
      }),
  },
];

async function send(call: Call): Promise<void> {
  const message = await textFrom(call.arg(1) ?? '-');
  if (message === '') throw new UsageError('The message is empty: nothing was sent.');
  const params = withoutUndefined({
    to: call.arg(0),
    message,
    from: call.option('from'),
    priority: call.option('priority'),
    type: call.option('type'),
    reply_to_id: call.option('replyTo'),
    ttl_s: numberOf(call, 'ttl'),
    client_message_id: call.option('id'),
  });
  await withGateway(async (client) => {
    // The gateway checks it, and answers by the contract.
    const sent = await client.call('mail.send', params as never);
    const before = sent.duplicate === true ? ', sent before' : '';
    call.out.answer(sent, `${sent.broker_message_id} ${sent.status}${before}`);
  }, call.program);
}

async function receive(call: Call): Promise<void> {
  const wait = call.flag('wait') === true ? Infinity : (numberOf(call, 'wait') ?? 0);
  const max = numberOf(call, 'max') ?? 100;
  const deadline = performance.now() + wait * 1000;
  const mailbox = call.arg(0) ?? '';
  await withGateway(async (client) => {
    let messages: readonly Delivery[] = [];
    let left = wait;
    do {
      ({ messages } = await client.call('mail.receive', { mailbox, max, wait_s: Math.min(left, WAIT_S) }));
      left = (deadline - performance.now()) / 1000;
    } while (messages.length === 0 && left > 0);
    call.out.answer({ messages }, messages.length === 0 ? 'No messages.' : messages.map(textOf).join('\n\n'));
    if (messages.length === 0) return;
    await new Promise((resolve) => process.stdout.write('', resolve));
    await client.call('mail.ack', { mailbox, ids: messages.map(({ id }) => id) });
  });
}

const textOf = ({ id, from, priority, timestamp, content }: Delivery): string =>
  `${id}  from ${oneLine(from)}  ${priority}  ${timestamp}\n${harmless(content)}`;

interface Row extends Partial<Pick<Mailbox, 'kind' | 'unread' | 'held'>> {
  readonly name: string;
  readonly state: 'live' | 'stale' | 'none';
  readonly socket?: string;
}

async function list(call: Call): Promise<void> {
  // Without a gateway, the sockets that are left over are all there is to list.
  const known = (await ifRunning((client) => client.call('mailbox.list', {})))?.mailboxes ?? [];
  const named = new Map(known.map((mailbox) => [mailbox.socket, mailbox]));
  const files = [...new Set([...socketFiles(), ...named.keys()])].filter((file) => file !== undefined);
  const rows: Row[] = await Promise.all(
    files.map(async (socket) => {
      const name = named.get(socket)?.name ?? path.basename(socket, '.sock');
      return {
        ...factsOf(named.get(socket)),
        name,
        state: (await answers(socket)) ? 'live' : 'stale',
        socket,
      };
    }),
  );
  if (call.flag('all') === true) {
    const others = known.filter(({ socket }) => socket === undefined);
    rows.push(
      ...others.map((mailbox): Row => ({ ...factsOf(mailbox), name: addressOf(mailbox), state: 'none' })),
    );
  }
  rows.sort((a, b) => (a.name < b.name ? -1 : 1));
  const lines = rows.map(({ name, kind, state, unread, held, socket }) => [
    name,
    kind ?? '-',
    state,
    String(unread ?? '-'),
    String(held ?? '-'),
    socket ?? '-',
  ]);
  const head = ['NAME', 'KIND', 'SOCKET', 'UNREAD', 'HELD', 'PATH'];
  call.out.answer({ mailboxes: rows }, rows.length === 0 ? 'No mailboxes.' : table([head, ...lines]));
}

const factsOf = (mailbox: Mailbox | undefined) =>
  mailbox === undefined ? {} : { kind: mailbox.kind, unread: mailbox.unread, held: mailbox.held };

function socketFiles(): string[] {
  if (process.platform === 'win32') return [];
  return mailboxFolders(stateFolder()).flatMap((folder) =>
    (socketsIn(folder) ?? []).filter((name) => name.endsWith('.sock')).map((name) => path.join(folder, name)),
  );
}

/** Whether a gateway listens there. A file that one left behind refuses. */
function answers(file: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(file);
  socket.setTimeout(PROBE_MS, () => resolve(false));
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
