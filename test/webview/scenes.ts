// The scenes of the reference pictures, as the messages that the extension host would post.
import type { ToPanel } from '../../extension/chatMessages.ts';
import { asking, happening, ME, OTHER, SESSION, showing, snapshot, Story } from './story.ts';

const FOLDER = '/home/ann/code/harbor-api';
export const connected = (now: number): ToPanel => ({
  type: 'link',
  link: { state: 'connected', since: now },
});

/** A turn in full swing: thought, tools, code, plan, queue. */
export function turn(now: number): ToPanel[] {
  const told = new Story(now - 72_000)
    .add(
      {
        type: 'prompt',
        promptId: 'p1',
        message: [
          {
            type: 'text',
            text: 'Limit failed logins to 5 per minute and address. Keep the rule in @limits.ts and run the tests.',
          },
          { type: 'resource_link', uri: `file://${FOLDER}/src/auth/limits.ts`, name: 'limits.ts' },
        ],
        from: ME,
      },
      { type: 'status', status: 'busy' },
    )
    .wait(6000)
    .thinks(
      'm1',
      'The limiter counts per address already. A login is a request like any other, so one more rule will do.',
    )
    .says(
      'm2',
      'The limiter already counts requests per address, so login can share it. I will add one rule and a test.',
    )
    .tool('t1', {
      kind: 'read',
      tool: 'Read',
      title: `Read ${FOLDER}/src/auth/limits.ts`,
      input: { path: 'src/auth/limits.ts' },
      status: 'completed',
      locations: [{ path: `${FOLDER}/src/auth/limits.ts` }],
      content: [{ type: 'text', text: 'export {};\n'.repeat(84) }],
    })
    .wait(54_000)
    .tool('t2', {
      input: { command: 'npm test -- --filter limits' },
      content: [
        {
          type: 'text',
          text: '✓ counts per address (4 ms)\n✓ forgets after a minute (61 ms)\n✓ keeps counts over a restart (12 ms)\n  blocks the sixth login ...',
        },
      ],
    })
    .says(
      'm3',
      'While that runs, this is the new rule:\n\n```ts limits.ts\nexport const loginRule: Rule = {\n  key: (req) => req.ip,\n  max: 5,\n  windowMs: 60_000,\n};\n```\n\nA blocked login gets `429` with `Retry-After`, and the counter is',
    )
    .add(
      {
        type: 'plan',
        entries: [
          { content: 'Read the limiter', status: 'completed' },
          { content: 'Add the login rule', status: 'completed' },
          { content: 'Run the tests', status: 'in_progress' },
          { content: 'Update the changelog', status: 'pending' },
        ],
      },
      { type: 'usage', used: 62_000, size: 100_000, cost: { amount: 0.41, currency: 'USD' } },
      {
        type: 'queued',
        promptId: 'q1',
        position: 1,
        message: 'Also log the address of a blocked login',
        from: ME,
      },
      {
        type: 'queued',
        promptId: 'q2',
        position: 2,
        message: 'Check the docs for the old limit',
        from: { clientId: 'c-r', name: 'reviewer@workstation' },
      },
    );
  return [connected(now), showing(snapshot({}, now)), followed(ME, OTHER), happening(told.events)];
}

const COMMAND =
  'openssl genpkey -algorithm ed25519 \\\n  -out keys/signing-2026.pem &&\ngh secret set SIGNING_KEY \\\n  --repo acme/harbor-api \\\n  < keys/signing-2026.pem';

function asked(now: number): Story {
  return new Story(now - 70_000)
    .prompt('p1', 'Rotate the signing keys and store the new one as a repository secret.')
    .wait(4000)
    .says('m1', 'I will make a new key and store it. This replaces `SIGNING_KEY` for every workflow.')
    .tool('t1', { title: 'Run a command', status: 'pending', input: { command: COMMAND } })
    .add(asking('q1', 't1', COMMAND), { type: 'status', status: 'waiting' })
    .add({ type: 'usage', used: 18_000, size: 100_000, cost: { amount: 0.07, currency: 'USD' } });
}

/** All that follow are told as the gateway tells them: in the order in which they came. */
export const followed = (...followers: readonly { clientId: string; name: string }[]): ToPanel =>
  // Only the brands of the ids are missing.
  ({ type: 'followers', sessionId: SESSION, followers }) as unknown as ToPanel;

const TERMINAL = { clientId: 'c-terminal', name: 'a terminal' };

export const permission = (now: number): ToPanel[] => [
  connected(now),
  showing(snapshot({}, now)),
  followed(ME, OTHER, TERMINAL),
  happening(asked(now).events),
];

/** The same, answered in another window two seconds ago. */
export function answered(now: number): ToPanel[] {
  const told = asked(now)
    .wait(64_000)
    .add(
      { type: 'permission_resolved', permissionId: 'q1', optionId: 'once', by: OTHER },
      { type: 'tool_update', toolCallId: 't1', status: 'in_progress' },
      { type: 'status', status: 'busy' },
    );
  return [connected(now), showing(snapshot({}, now)), happening(told.events)];
}

function cut(now: number): Story {
  return new Story(now - 90_000)
    .prompt('p1', 'Make the upload test stable. It fails about one time in ten.')
    .wait(4000)
    .thinks('m1', 'Probably a race.')
    .tool('t1', {
      kind: 'read',
      title: 'Read test/upload.ts',
      status: 'completed',
      locations: [{ path: 'test/upload.ts' }],
      content: [{ type: 'text', text: 'line\n'.repeat(210) }],
    })
    .tool('t2', {
      kind: 'edit',
      title: 'Edit src/upload/retry.ts',
      status: 'completed',
      locations: [{ path: 'src/upload/retry.ts' }],
      content: [
        {
          type: 'diff',
          path: 'src/upload/retry.ts',
          oldText: 'a\nb\nc\nsame\n',
          newText: `${'new line\n'.repeat(8)}another\nsame\n`,
        },
      ],
    })
    .says(
      'm2',
      'The test waits a fixed 50 ms, which is too short on a busy machine. I replaced the wait with the',
    )
    .add({ type: 'queued', promptId: 'q1', position: 1, message: 'Then run it 50 times', from: ME })
    .add({ type: 'usage', used: 31_000, size: 100_000, cost: { amount: 0.12, currency: 'USD' } });
}

/** The gateway is away. */
export const away = (now: number): ToPanel[] => [
  connected(now),
  showing(snapshot({}, now)),
  happening(cut(now).events),
  { type: 'link', link: { state: 'connecting', since: now, attempt: 2 } },
];

/** And back: the prompt may not have finished. */
export function back(now: number): ToPanel[] {
  const told = cut(now);
  const known = told.events.length;
  told.add(
    { type: 'gap', from: 90, to: 98 },
    { type: 'uncertain', promptId: 'p1' },
    { type: 'status', status: 'stopped' },
  );
  return [...away(now), connected(now), happening(told.events.slice(known))];
}

/** Two finished turns and a third that begins. */
export function finished(now: number): ToPanel[] {
  const told = new Story(now - 400_000)
    .prompt('p1', 'Limit failed logins to 5 per minute and address.')
    .wait(6000)
    .thinks('m1', 'One more rule will do.')
    .says('m2', 'The limiter already counts requests per address, so login can share it.', 400)
    .tool('t1', { kind: 'read', title: 'Read limits.ts', status: 'completed' })
    .tool('t2', { kind: 'edit', title: 'Edit limits.ts', status: 'completed' })
    .tool('t3', { status: 'completed' })
    .wait(154_000)
    .tool('t4', { kind: 'edit', title: 'Edit CHANGELOG.md', status: 'completed' })
    .says('m3', 'Done. A blocked login gets `429` with `Retry-After`, and the tests pass.', 400)
    .ends('p1')
    .wait(60_000)
    .prompt('p2', 'Thanks. Now log the address of a blocked login as well.')
    .says('m4', 'It is a line in the same rule.', 400);
  return [connected(now), showing(snapshot({}, now)), happening(told.events)];
}

/** A working session with prompts that wait, in a mode, with a model, and lines of a file for the next prompt. */
export function composing(now: number): ToPanel[] {
  const { session } = snapshot({}, now);
  const [link, , , told] = turn(now);
  if (link === undefined || told === undefined) throw new Error('the turn has no events');
  return [
    link,
    showing(snapshot({ session: { ...session, mode: 'code', model: 'sonnet-4-5', status: 'busy' } }, now)),
    told,
    {
      type: 'attach',
      attachment: { uri: 'file:///home/ann/code/harbor-api/src/login.ts#L12-40', name: 'login.ts 12 to 40' },
    },
  ];
}

const edit = (path: string, oldText: string | null, newText: string): Parameters<Story['tool']>[1] => ({
  kind: 'edit',
  title: `Edit ${path}`,
  status: 'completed',
  locations: [{ path: `${FOLDER}/${path}` }],
  content: [{ type: 'diff', path: `${FOLDER}/${path}`, oldText, newText }],
});

const lines = (word: string, count: number): string =>
  Array.from({ length: count }, (_, index) => `${word} ${index}\n`).join('');

export const CHANGED = [
  'src/auth/limits.ts',
  'test/auth/limits.test.ts',
  'src/auth/login.ts',
  'src/config.ts',
  'README.md',
];

/** A turn that has changed five files, which stand in every way there is; one of them is kept. */
export function changed(now: number): ToPanel[] {
  const told = new Story(now - 170_000)
    .prompt(
      'p1',
      'Limit failed logins to 5 per minute and address. Keep the rule in limits.ts and run the tests.',
    )
    .tool('t1', edit('src/auth/limits.ts', lines('a', 2), lines('b', 24)))
    .tool('t2', edit('test/auth/limits.test.ts', null, lines('b', 58)))
    .tool('t3', edit('src/auth/login.ts', lines('a', 4), lines('b', 9)))
    .tool('t4', edit('src/config.ts', lines('a', 10), lines('b', 1)))
    .tool('t5', edit('README.md', lines('a', 1), lines('a', 1) + lines('b', 2)))
    .wait(160_000)
    .says(
      'm1',
      'Failed logins are limited to 5 per minute and address. A blocked login gets `429` with `Retry-After`. All 41 tests pass.',
      400,
    )
    .add({ type: 'usage', used: 71_000, size: 100_000, cost: { amount: 0.58, currency: 'USD' } })
    .ends('p1');
  const state = ['made', 'made', 'made', 'undone', 'edited'] as const;
  return [
    connected(now),
    showing(snapshot({}, now)),
    followed(ME, OTHER),
    happening(told.events),
    {
      type: 'changes',
      key: 'changes:prompt:1',
      states: Object.fromEntries(CHANGED.map((path, index) => [`${FOLDER}/${path}`, state[index] ?? 'made'])),
    },
  ];
}

/** Mail of another machine's agent, in the conversation and waiting. */
export function mail(now: number): ToPanel[] {
  const origin = {
    messageId: 'm1',
    from: 'reviewer@workstation',
    provenance: {
      via: 'peer' as const,
      agent: 'OpenCode',
      session: 'Review queue',
      peer: 'workstation',
      hops: 1,
    },
  };
  const from = { clientId: 'mail', name: 'mail' };
  const told = new Story(now - 60_000).add(
    {
      type: 'prompt',
      promptId: 'p1',
      message: 'Not behind a proxy. Count per address and user name.',
      from,
      origin,
    },
    { type: 'status', status: 'busy' },
    {
      type: 'queued',
      promptId: 'q1',
      position: 1,
      message: 'Also drop the old limiter table.',
      from,
      origin: { ...origin, provenance: { via: 'mcp' as const, session: 'Invoice cleanup', hops: 2 } },
    },
  );
  return [connected(now), showing(snapshot({}, now)), happening(told.events)];
}
