// What the demo agent says: pure functions of the prompt, so that a test can compare an answer byte for byte.

/** One thing that the demo agent does in a turn. */
export type Step =
  | { readonly do: 'say' | 'think'; readonly text: string; readonly pauseMs: number }
  | { readonly do: 'stream'; readonly count: number; readonly perSecond: number; readonly filler: string }
  | { readonly do: 'plan' | 'tool' | 'form' | 'page' | 'garbage' | 'silent' }
  | { readonly do: 'ask'; readonly number: number }
  | { readonly do: 'fail'; readonly message: string }
  | { readonly do: 'die'; readonly code: number };

const STROLL_MS = 12; // Fast enough not to bore, slow enough to be seen streaming.

/** A text in pieces of one word each, as a model would stream it. */
const inWords = (text: string, pauseMs: number): Step[] =>
  (text.match(/\s*\S+\s*?(?=\s|$)|\s+$/g) ?? []).map((word) => ({ do: 'say', text: word, pauseMs }));

/** The exact answer to `slow <count>`; a smaller count gives the beginning of it. */
export const slowText = (count: number): string =>
  Array.from({ length: count }, (_, index) => `s${index} `).join('');

/** The exact answer to `long <count>`. */
export const longText = (count: number): string =>
  Array.from({ length: count }, (_, index) => longLine(index)).join('');

const longLine = (index: number): string =>
  `Line ${index} of a long answer, with *some* \`markdown\` in it.\n\n`;

/** The answer to anything that is no keyword. */
export const chatText = (prompt: string, number: number): string => {
  // Backticks would end the code span that shows the prompt.
  const quoted = prompt.replaceAll('`', "'").replaceAll(/\s+/g, ' ').trim().slice(0, 200);
  return `You said \`${quoted}\`. That is message ${number} of our conversation.

I am the **demo agent**: I need no account and change no files, so I can only show how an answer looks.

\`\`\`typescript
// Every chunk of this answer was on disk before you saw it.
interface Session {
  readonly sessionId: string;
  readonly status: 'idle' | 'busy' | 'waiting';
}

export const isBusy = (session: Session): boolean => session.status !== 'idle';
\`\`\`

Three things to try:

1. Reload the window while I am talking: the answer goes on where it was.
2. Open a second window: it shows the same conversation, live.
3. Send \`ask\`, close the window, open it again, and answer the question then.

Send \`help\` for all that I can do.
`;
};

const numbers = (args: string): number[] =>
  args
    .split(/\s+/)
    .filter((arg) => arg !== '')
    .map(Number);

type Keyword = (args: string, history: readonly string[]) => Step[];

const say = (text: string): Step => ({ do: 'say', text, pauseMs: 0 });

interface Entry {
  /** The arguments, for people, and as a pattern of what is taken for them. */
  readonly usage?: string;
  readonly args: RegExp;
  readonly about: string;
  readonly steps: Keyword;
}

const KEYWORDS: Readonly<Record<string, Entry>> = {
  help: {
    about: 'What I can do',
    args: /^$/,
    steps: () => [say(helpText())],
  },
  slow: {
    usage: '[n] [ms]',
    about: 'n words, ms apart (200 of 50 ms)',
    args: /^(\d{1,6}(\s+\d{1,5})?)?$/,
    steps(args) {
      const [count = 200, pauseMs = 50] = numbers(args);
      return Array.from({ length: count }, (_, index) => ({ do: 'say', text: `s${index} `, pauseMs }));
    },
  },
  long: {
    usage: '[n]',
    about: 'n paragraphs at once (1000)',
    args: /^\d{0,6}$/,
    steps(args) {
      const [count = 1000] = numbers(args);
      return Array.from({ length: count }, (_, index) => say(longLine(index)));
    },
  },
  stream: {
    usage: 'n [per second] [bytes]',
    about: 'n pieces with a timestamp each, for measurements',
    args: /^\d{1,7}(\s+\d{1,7}){0,2}$/,
    steps(args) {
      const [count = 0, perSecond = 0, bytes = 8] = numbers(args);
      return [{ do: 'stream', count, perSecond, filler: 'x'.repeat(bytes) }];
    },
  },
  think: {
    about: 'Reasoning before the answer',
    args: /^$/,
    steps: () => [
      ...['They want me ', 'to think. ', 'So I think: ', 'a gateway holds, ', 'an editor lets go.'].map(
        (text): Step => ({ do: 'think', text, pauseMs: 60 }),
      ),
      ...inWords('I have thought about it: what must last belongs where nobody reloads it.', STROLL_MS),
    ],
  },
  plan: {
    about: 'A plan whose entries get done',
    args: /^$/,
    steps: () => [say('I have a plan.\n'), { do: 'plan' }, say('All of it is done.\n')],
  },
  tool: {
    about: 'A tool call with a diff',
    args: /^$/,
    steps: () => [say('I use a tool.\n'), { do: 'tool' }, say('The tool has finished.\n')],
  },
  ask: {
    usage: '[n]',
    about: 'n questions for permission, one after the other',
    args: /^[1-9]?$/,
    steps(args) {
      const [count = 1] = numbers(args);
      const questions = Array.from({ length: count }, (_, index): Step => ({ do: 'ask', number: index + 1 }));
      return [say('I need your permission.\n'), ...questions];
    },
  },
  form: {
    about: 'A form to fill in',
    args: /^$/,
    steps: () => [say('I need to know a few things.\n'), { do: 'form' }],
  },
  page: {
    about: 'A page to open',
    args: /^$/,
    steps: () => [say('There is something to read first.\n'), { do: 'page' }],
  },
  echo: {
    usage: 'text',
    about: 'Exactly that text',
    args: /^[^]*$/,
    steps: (args) => [say(args)],
  },
  recall: {
    about: 'What you have said in this conversation',
    args: /^$/,
    steps: (_, history) => [
      say(history.length === 0 ? 'You have said nothing before this.\n' : 'You have said:\n\n'),
      ...history.map((prompt, index) => say(`${index + 1}. ${prompt.replaceAll(/\s+/g, ' ')}\n`)),
    ],
  },
  fail: {
    about: 'An error',
    args: /^$/,
    steps: () => [say('This will not end well.\n'), { do: 'fail', message: 'you asked me to fail' }],
  },
  silent: {
    about: 'No answer until you stop me',
    args: /^$/,
    steps: () => [{ do: 'silent' }],
  },
  die: {
    usage: '[code]',
    about: 'My process ends',
    args: /^\d{0,3}$/,
    steps(args) {
      const [code = 1] = numbers(args);
      return [say('Farewell.\n'), { do: 'die', code }];
    },
  },
  garbage: {
    about: 'Something that is not my protocol, then an answer',
    args: /^$/,
    steps: () => [{ do: 'garbage' }, say('That was garbage, but I am still here.\n')],
  },
};

/** The keywords, for the list of slash commands. */
export const demoCommands = Object.entries(KEYWORDS).map(([name, { usage = '', about }]) => ({
  name,
  description: usage === '' ? about : `${usage}: ${about}`,
}));

const helpText = (): string => {
  const items = Object.entries(KEYWORDS).map(
    ([name, { usage = '', about }]) => `- \`${`${name} ${usage}`.trim()}\`: ${about}\n`,
  );
  return `I need no account and no model, and I change no files. Say something, or one of these:\n\n${items.join('')}`;
};

/** What the demo agent does about a prompt. `history` holds the prompts before it. */
export const stepsFor = (prompt: string, history: readonly string[]): Step[] => {
  const [, word = '', args = ''] = /^\/?([a-z]+)(?:\s+([^]*))?$/i.exec(prompt.trim()) ?? [];
  const keyword = Object.hasOwn(KEYWORDS, word.toLowerCase()) ? KEYWORDS[word.toLowerCase()] : undefined;
  // "plan a journey with me" is chat: a keyword counts only with the arguments that it takes.
  if (keyword !== undefined && keyword.args.test(args.trim())) return keyword.steps(args.trim(), history);
  return inWords(chatText(prompt, history.length + 1), STROLL_MS);
};
