// peers invite, join and policy: a code is a secret, so it comes and goes by files and pipes, never as an argument.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { withoutUndefined } from '../language.ts';
import { PeerName, PolicyChange, type Peer, type PeerPolicy, type Result } from '../protocol/index.ts';
import { withGateway } from './client.ts';
import { ago, table } from './output.ts';
import { oneLine } from './plainText.ts';
import { lineFrom } from './stdin.ts';
import { typed, UsageError, type Call, type Verb } from './verb.ts';

const POLICY: readonly (readonly [string, string])[] = [
  ['--no-see', 'it may not see sessions here'],
  ['--prompt', 'it may send prompts, create sessions and delegate tasks here'],
  ['--interrupt', 'it may stop running turns here'],
  ['--answer', 'it may answer permissions here'],
  ['--mail <policy>', 'accept, hold or refuse: its mail to programs here'],
];

export const peerVerbs: readonly Verb[] = [
  {
    name: 'peers invite',
    summary: 'Make a code that links one other gateway to this one, once, within ten minutes',
    options: [
      ['--address <address>', 'host or host:port under which the other side reaches this machine'],
      ['--file <file>', 'write the code to a new file that only you can read, instead of showing it'],
      ['--words', '16 words to read out or type, in place of a line of text'],
      ['--no-qr', 'no QR code on the terminal'],
      ...POLICY,
    ],
    more: 'To link a machine that you reach by ssh: holdfast peers invite | ssh box holdfast peers join',
    run: (call) => {
      const file = call.option('file');
      // Before there is a code that would be lost.
      if (file !== undefined && existsSync(file))
        throw new UsageError(`${file} is there already. Name a file that is not.`);
      return withGateway(async (client) => {
        const words = call.flag('words') === true;
        const address = call.option('address');
        const params = withoutUndefined({ policy: policyOf(call), words, address });
        const made = await client.call('peers.invite', params);
        if (file === undefined) return show(call, made);
        writeFileSync(file, `${made.code}\n`, { mode: 0o600, flag: 'wx' });
        const { code: _secret, ...rest } = made;
        return call.out.answer({ ...rest, file }, [`The code is in ${file}.`, ...howTo(made)]);
      }, call.program);
    },
  },
  {
    name: 'peers join',
    summary: 'Use a code of another gateway, from standard input',
    args: [['[-]', 'standard input, also when nothing is said: a code is never an argument']],
    options: [
      ['--file <file>', 'read the code from this file'],
      ['--name <name>', 'what the other gateway is called here; otherwise what it calls itself'],
      ['--address <address>', 'host or host:port where it is, when the code does not say so'],
      ['--fingerprint <digits>', 'how its fingerprint must begin, as `holdfast peers discover` shows'],
      ...POLICY,
    ],
    more: 'A code is a secret: arguments can be read by every program on this machine.',
    run: async (call) => {
      if (call.args.some((arg) => arg !== '-'))
        throw new UsageError(
          'A code is a secret and no argument. Pipe it in, paste it when asked, or give --file.',
        );
      const wanted = call.option('name');
      const params = withoutUndefined({
        policy: policyOf(call),
        name: wanted === undefined ? undefined : typed(PeerName, wanted),
        address: call.option('address'),
        fingerprint: call.option('fingerprint'),
      });
      const code = await codeFor(call);
      if (code.trim() === '') throw new UsageError('No code came: nothing was linked.');
      await withGateway(async (client) => {
        const peer = await client.call('peers.join', { code, ...params });
        call.out.answer(peer, `Linked with ${peer.name}: ${stateOf(peer)}.`);
      }, call.program);
    },
  },
];

/** For people on a terminal with all around it; for a pipe the code alone. */
async function show(call: Call, made: Result<'peers.invite'>): Promise<void> {
  if (call.out.json || !process.stdout.isTTY) {
    if (!call.out.json) console.error(howTo(made).join('\n'));
    return call.out.answer(made, made.code);
  }
  const lines = [made.code, '', ...howTo(made)];
  if (call.flag('qr') !== false) {
    // Loaded only here: no other verb draws.
    const { renderUnicodeCompact } = await import('uqr');
    const drawn = renderUnicodeCompact(made.code, { ecc: 'L' });
    // Broken over two lines it is nothing that could be read.
    if (drawn.indexOf('\n') <= process.stdout.columns) lines.unshift(drawn, '');
  }
  return call.out.answer(made, lines);
}

const howTo = ({ expiresAt, addresses }: Result<'peers.invite'>): string[] => [
  'On the other machine: holdfast peers join',
  `It works once, until ${new Date(expiresAt).toLocaleTimeString()}, for whoever has it: keep it to yourself.`,
  addresses.length > 0
    ? `The other machine will look for this one at ${addresses.map((address) => oneLine(address)).join(', ')}.`
    : 'Words have no room for where this machine is. If it lets itself be found that is enough, else there: --address HOST',
];

function codeFor(call: Call): Promise<string> {
  const file = call.option('file');
  if (file !== undefined) return Promise.resolve(readFileSync(file, 'utf8'));
  if (process.stdin.isTTY)
    console.error('Paste the code that `holdfast peers invite` shows on the other machine:');
  return lineFrom(process.stdin);
}

function policyOf(call: Call): PolicyChange {
  const given = Object.entries(PolicyChange.shape).map(([name, schema]) => {
    const value = call.flag(name) ?? call.option(name);
    const read = schema.safeParse(value);
    if (!read.success) throw new UsageError(`--${name}: ${read.error.issues[0]?.message ?? 'is wrong'}`);
    return [name, read.data] as const;
  });
  return PolicyChange.parse(withoutUndefined(Object.fromEntries(given)));
}

/** "connected, 12 ms", "offline since 4m: nobody listens there." */
export function stateOf({ state, rttMs, since, reason }: Peer): string {
  const age = ago(since, Date.now());
  const forHow = age === 'now' ? '' : ` for ${age}`;
  switch (state) {
    case 'connected':
      return rttMs === null ? 'connected' : `connected, ${rttMs.toFixed(rttMs < 10 ? 1 : 0)} ms`;
    case 'stale':
      return `silent${forHow}`;
    case 'connecting':
      return 'connecting';
    case 'disconnected':
      return `offline${forHow}${reason === null ? '' : `: ${oneLine(reason)}`}`;
  }
}

const MAIL_WORDS = { accept: 'mail', hold: 'held-mail', refuse: 'no-mail' } as const;

/** Peers for people, and this gateway below them. */
export function peerLines({ peers, self }: Result<'peers.list'>): string[] {
  const where =
    self.listening === null ? 'no port is open for peers' : `peers may dial port ${self.listening}`;
  const own = `This gateway is ${self.name}; ${where}.`;
  if (peers.length === 0)
    return [own, 'No peers. Link one: holdfast peers invite, and there: holdfast peers join'];
  const words = (policy: PeerPolicy): string =>
    [
      ...(['see', 'prompt', 'interrupt', 'answer'] as const).filter((name) => policy[name]),
      MAIL_WORDS[policy.mail],
    ].join(' ');
  return [
    ...table([
      ['NAME', 'MAY HERE', 'WE MAY THERE', 'SESSIONS', 'ADDRESS', 'STATE'],
      ...peers.map((peer) => [
        peer.name,
        words(peer.policy),
        peer.allows === null ? '-' : words(peer.allows),
        String(peer.sessions.length),
        peer.address ?? 'dials us',
        stateOf(peer),
      ]),
    ]),
    '',
    own,
  ];
}

/** What was found on the network, for people. */
export function nearbyLines({ found }: Result<'peers.discover'>): string[] {
  if (found.length === 0)
    return [
      'No gateway of this network lets itself be found.',
      'On the other machine: "peers": { "announce": true } in its configuration (holdfast doctor names the file).',
    ];
  return [
    ...table([
      ['NAME', 'ADDRESS', 'FINGERPRINT', 'VERSION', 'HERE'],
      ...found.map(({ name, addresses, fingerprint, version, peer }) => [
        name,
        addresses.join(' '),
        fingerprint,
        version,
        peer === null ? 'not linked' : `linked as ${peer}`,
      ]),
    ]),
    '',
    'Anybody can say such things. To link one: holdfast peers invite there, and here holdfast peers join --fingerprint ...',
  ];
}
