// The demo agent: a real ACP agent in a process of its own that needs no account and changes no files.
import { setTimeout as delay } from 'node:timers/promises';
import type { Readable, Writable } from 'node:stream';
import {
  agent,
  methods,
  PROTOCOL_VERSION,
  RequestError,
  type AgentContext,
  type AnyMessage,
} from '@agentclientprotocol/sdk';
import { demoCommands, stepsFor, type Step } from './demoScript.ts';
import { LineFramer } from './framer.ts';
import { object, word } from './json.ts';

/** In "code" and "auto" the demo agent does not ask; in the others it does. */
const MODES = [
  { id: 'ask', name: 'Ask', description: 'Asks before each change' },
  { id: 'code', name: 'Code', description: 'Edits without asking' },
  { id: 'plan', name: 'Plan', description: 'Changes nothing' },
  { id: 'auto', name: 'Auto', description: 'Asks nothing' },
];

// As plain strings, because the SDK's types for these two are narrower than what may be shown off here.
const UPDATE: string = methods.client.session.update;
const ASK: string = methods.client.session.requestPermission;

interface Conversation {
  readonly sessionId: string;
  readonly cwd: string;
  mode: string;
  readonly history: string[];
  turn: AbortController | undefined;
  messages: number;
  calls: number;
}

/** What a step needs: the client, the conversation, and whether the turn was stopped. */
interface Turn {
  readonly client: AgentContext;
  readonly conversation: Conversation;
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

const write = (output: Writable, text: string): Promise<void> =>
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

const takeTurn = async (turn: Turn, prompt: string): Promise<{ stopReason: 'end_turn' | 'cancelled' }> => {
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

/** Runs the demo agent until its input ends. */
export const runDemoAgent = async (input: Readable, output: Writable): Promise<void> => {
  const conversations = new Map<string, Conversation>();
  const find = (sessionId: string): Conversation => {
    const conversation = conversations.get(sessionId);
    if (conversation === undefined) throw RequestError.resourceNotFound(sessionId);
    return conversation;
  };

  const app = agent({ name: 'holdfast-demo' })
    .onRequest(methods.agent.initialize, () => ({
      protocolVersion: PROTOCOL_VERSION,
      agentInfo: { name: 'holdfast-demo', title: 'Demo agent', version: '1' },
      // It keeps nothing on disk: the gateway has to go on with a fresh session.
      agentCapabilities: { loadSession: false, promptCapabilities: { image: true, embeddedContext: true } },
      authMethods: [],
    }))
    .onRequest(methods.agent.session.new, ({ params, client }) => {
      const sessionId = `demo-${process.pid}-${conversations.size + 1}`;
      conversations.set(sessionId, {
        sessionId,
        cwd: params.cwd,
        mode: 'ask',
        history: [],
        turn: undefined,
        messages: 0,
        calls: 0,
      });
      const update = { sessionUpdate: 'available_commands_update' as const, availableCommands: demoCommands };
      setImmediate(() => void client.notify(methods.client.session.update, { sessionId, update }));
      return { sessionId, modes: { currentModeId: 'ask', availableModes: MODES } };
    })
    .onRequest(methods.agent.session.setMode, ({ params }) => {
      if (!MODES.some(({ id }) => id === params.modeId))
        throw RequestError.invalidParams({ modeId: params.modeId });
      find(params.sessionId).mode = params.modeId;
      return {};
    })
    .onRequest(methods.agent.session.prompt, async ({ params, client }) => {
      const conversation = find(params.sessionId);
      const prompt = params.prompt
        .map((block) => (block.type === 'text' ? block.text : `[${block.type}]`))
        .join('\n');
      conversation.turn?.abort();
      const abort = new AbortController();
      conversation.turn = abort;
      return takeTurn({ client, conversation, signal: abort.signal, output }, prompt);
    })
    .onNotification(methods.agent.session.cancel, ({ params }) => find(params.sessionId).turn?.abort());

  const framer = new LineFramer(() => {});
  const readable = new ReadableStream<AnyMessage>({
    start(controller) {
      input.on('data', (chunk: Buffer) => {
        for (const line of framer.push(chunk)) {
          const message = parse(line);
          if (message !== undefined) controller.enqueue(message);
        }
      });
      input.once('end', () => controller.close());
    },
  });
  const writable = new WritableStream<AnyMessage>({
    write: (message) => write(output, `${JSON.stringify(message)}\n`),
  });
  await app.connect({ readable, writable }).closed;
  for (const conversation of conversations.values()) conversation.turn?.abort();
};

const parse = (line: string): AnyMessage | undefined => {
  try {
    // The SDK checks every message that it is given.
    return JSON.parse(line) as AnyMessage;
  } catch {
    return undefined;
  }
};
