// A turn of the demo agent: how each step of its script is shown to the client.
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { methods, RequestError, type AgentContext } from '@agentclientprotocol/sdk';
import { stepsFor, type Step } from './demoScript.ts';
import { object, word } from './json.ts';

// As plain strings, because the SDK's types for these two are narrower than what may be shown off here.
const UPDATE: string = methods.client.session.update;
const ASK: string = methods.client.session.requestPermission;
const ELICIT: string = methods.client.elicitation.create;

export interface DemoConversation {
  readonly sessionId: string;
  readonly cwd: string;
  mode: string;
  readonly history: string[];
  turn: AbortController | undefined;
  readonly settings: Record<string, string>;
  messages: number;
  calls: number;
}

/** What a step needs: the client, the conversation, and whether the turn was stopped. */
export interface Turn {
  readonly client: AgentContext;
  readonly conversation: DemoConversation;
  readonly signal: AbortSignal;
  readonly output: Writable;
}

type Update = Readonly<Record<string, unknown>> & { readonly sessionUpdate: string };

/** Sends one update; resolves when the client's pipe has taken it. */
const tell = ({ client, conversation }: Turn, update: Update): Promise<void> =>
  client.notify(UPDATE, { sessionId: conversation.sessionId, update });

const say = (turn: Turn, text: string, sessionUpdate = 'agent_message_chunk'): Promise<void> =>
  tell(turn, {
    sessionUpdate,
    messageId: `${sessionUpdate === 'agent_message_chunk' ? 'm' : 't'}${turn.conversation.messages}`,
    content: { type: 'text', text },
  });

const PIECE_BYTES = 16_384;

/** For measurements: past the SDK, many lines in one write, each with the monotonic time at which it was made. */
const stream = async (turn: Turn, step: Extract<Step, { do: 'stream' }>): Promise<void> => {
  const sessionId = JSON.stringify(turn.conversation.sessionId);
  const head = `{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":${sessionId},"update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"t=`;
  const tail = ` ${step.filler}"}}}}\n`;
  const now = (): bigint => process.hrtime.bigint() / 1000n;
  const start = Number(now());
  let piece = '';
  for (let index = 0; index < step.count && !turn.signal.aborted; index += 1) {
    if (step.perSecond > 0) {
      const early = start + (index * 1e6) / step.perSecond - Number(now());
      if (early > 0) {
        await write(turn.output, piece);
        piece = '';
        await delay(Math.ceil(early / 1000));
      }
    }
    piece += head + String(now()) + tail;
    if (piece.length >= PIECE_BYTES) {
      await write(turn.output, piece);
      piece = '';
    }
  }
  await write(turn.output, piece);
};

/** Resolves when the pipe has taken the text. */
export const write = (output: Writable, text: string): Promise<void> =>
  text === '' ? Promise.resolve() : new Promise((resolve) => output.write(text, () => resolve()));

const plan = async (turn: Turn): Promise<void> => {
  const contents = ['Read the question', 'Think of an answer', 'Say it'];
  for (let done = 0; done <= contents.length; done += 1) {
    const entries = contents.map((content, index) => ({
      content,
      priority: 'medium',
      status: index < done ? 'completed' : index === done ? 'in_progress' : 'pending',
    }));
    await tell(turn, { sessionUpdate: 'plan', entries });
    await delay(80, undefined, { signal: turn.signal });
  }
};

/** Announces a tool call that would edit a file. The file is never touched. */
const startTool = async (
  turn: Turn,
): Promise<{ toolCallId: string; finish: (status: string) => Promise<void> }> => {
  turn.conversation.calls += 1;
  const toolCallId = `call-${turn.conversation.calls}`;
  const path = `${turn.conversation.cwd}/greeting.ts`;
  const content = [
    {
      type: 'diff',
      path,
      oldText: "export const greeting = 'Hello';\n",
      newText: "export const greeting = 'Ahoy';\n",
    },
  ];
  await tell(turn, {
    sessionUpdate: 'tool_call',
    toolCallId,
    title: 'Edit greeting.ts (for show)',
    name: 'edit',
    kind: 'edit',
    status: 'pending',
    rawInput: { path, text: 'Ahoy' },
    locations: [{ path, line: 1 }],
    content,
  });
  const finish = (status: string): Promise<void> =>
    tell(turn, { sessionUpdate: 'tool_call_update', toolCallId, status });
  return { toolCallId, finish };
};

const useTool = async (turn: Turn): Promise<void> => {
  const { finish } = await startTool(turn);
  await finish('in_progress');
  await delay(150, undefined, { signal: turn.signal });
  await finish('completed');
};

const OPTIONS = [
  { optionId: 'allow', name: 'Allow', kind: 'allow_once' },
  { optionId: 'allow-always', name: 'Allow for this conversation', kind: 'allow_always' },
  { optionId: 'reject', name: 'Reject', kind: 'reject_once' },
];

const ask = async (turn: Turn, number: number): Promise<void> => {
  const { client, conversation } = turn;
  const { toolCallId, finish } = await startTool(turn);
  if (conversation.mode === 'code' || conversation.mode === 'auto') {
    await finish('completed');
    return say(turn, `In the mode "${conversation.mode}" I do not ask.\n`);
  }
  const reply = await client.request(ASK, {
    sessionId: conversation.sessionId,
    toolCall: { toolCallId, title: `Edit greeting.ts (question ${number})` },
    options: OPTIONS,
  });
  const outcome = object(object(reply)['outcome']);
  // The protocol: a question is answered with "cancelled" when its turn was. The answer may overtake the notice.
  if (outcome['outcome'] === 'cancelled') conversation.turn?.abort();
  turn.signal.throwIfAborted();
  const optionId = word(outcome['optionId']);
  const isAllowed = optionId?.startsWith('allow') === true;
  if (optionId === 'allow-always') conversation.mode = 'code';
  await finish(isAllowed ? 'completed' : 'failed');
  return say(turn, isAllowed ? `You allowed question ${number}.\n` : `You rejected question ${number}.\n`);
};

const FORM = {
  mode: 'form',
  message: 'How shall I greet?',
  requestedSchema: {
    type: 'object',
    properties: {
      greeting: {
        type: 'string',
        title: 'Greeting',
        oneOf: [
          { const: 'Hello', title: 'Hello', description: 'Among friends' },
          { const: 'Ahoy', title: 'Ahoy', description: 'At sea' },
        ],
      },
      name: { type: 'string', title: 'Name', description: 'Who is greeted', minLength: 1, maxLength: 40 },
      times: { type: 'integer', title: 'How often', minimum: 1, maximum: 5, default: 1 },
      manners: {
        type: 'array',
        title: 'Manners',
        items: {
          anyOf: [
            { const: 'bow', title: 'Bow' },
            { const: 'wave', title: 'Wave' },
          ],
        },
      },
      aloud: { type: 'boolean', title: 'Aloud', default: false },
    },
    required: ['greeting', 'name'],
  },
};

const PAGE = {
  mode: 'url',
  message: 'Read about the protocol that we speak',
  elicitationId: 'about-acp',
  url: 'https://agentclientprotocol.com/',
};

const elicit = async (turn: Turn, asked: object): Promise<void> => {
  const { sessionId } = turn.conversation;
  const reply = object(await turn.client.request(ELICIT, { sessionId, ...asked }));
  if (reply['action'] === 'cancel') turn.conversation.turn?.abort();
  turn.signal.throwIfAborted();
  const filled = Object.entries(object(reply['content'])).map(
    ([name, value]) => `- ${name}: ${String(value)}\n`,
  );
  return say(turn, reply['action'] === 'accept' ? `Thank you.\n\n${filled.join('')}` : 'You declined.\n');
};

const perform = async (turn: Turn, step: Step): Promise<void> => {
  switch (step.do) {
    case 'say':
    case 'think':
      if (step.pauseMs > 0) await delay(step.pauseMs, undefined, { signal: turn.signal });
      return say(turn, step.text, step.do === 'say' ? 'agent_message_chunk' : 'agent_thought_chunk');
    case 'stream':
      return stream(turn, step);
    case 'plan':
      return plan(turn);
    case 'tool':
      return useTool(turn);
    case 'ask':
      return ask(turn, step.number);
    case 'form':
    case 'page':
      return elicit(turn, step.do === 'form' ? FORM : PAGE);
    case 'garbage':
      return write(turn.output, 'this line is not JSON\n{"neither":"is this a message"\n');
    case 'silent':
      await delay(2 ** 31 - 1, undefined, { signal: turn.signal });
      return undefined;
    case 'fail':
      throw new RequestError(-32603, 'Internal error', { details: step.message });
    case 'die':
      process.stderr.write(`demo agent: you asked me to die with code ${step.code}\n`);
      process.exit(step.code);
  }
};

/** Does what the script says about a prompt, until its end or until the turn is stopped. */
export const takeTurn = async (
  turn: Turn,
  prompt: string,
): Promise<{ stopReason: 'end_turn' | 'cancelled' }> => {
  const { conversation } = turn;
  const steps = stepsFor(prompt, conversation.history);
  conversation.history.push(prompt);
  conversation.messages += 1;
  try {
    for (const step of steps) {
      turn.signal.throwIfAborted();
      await perform(turn, step);
    }
    const used = conversation.history.join(' ').length;
    await tell(turn, { sessionUpdate: 'usage_update', used, size: 100_000 });
    return { stopReason: turn.signal.aborted ? 'cancelled' : 'end_turn' };
  } catch (error) {
    if (turn.signal.aborted) return { stopReason: 'cancelled' };
    throw error;
  }
};
