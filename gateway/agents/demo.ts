// The demo agent: a real ACP agent in a process of its own that needs no account and changes no files.
import type { Readable, Writable } from 'node:stream';
import { agent, methods, PROTOCOL_VERSION, RequestError, type AnyMessage } from '@agentclientprotocol/sdk';
import { demoCommands } from './demoScript.ts';
import { takeTurn, write, type DemoConversation } from './demoTurn.ts';
import { LineFramer } from './framer.ts';

/** In "code" and "auto" the demo agent does not ask; in the others it does. */
const MODES = [
  { id: 'ask', name: 'Ask', description: 'Asks before each change' },
  { id: 'code', name: 'Code', description: 'Edits without asking' },
  { id: 'plan', name: 'Plan', description: 'Changes nothing' },
  { id: 'auto', name: 'Auto', description: 'Asks nothing' },
];

const VALUES: Readonly<Record<string, readonly { readonly value: string; readonly name: string }[]>> = {
  model: [
    { value: 'demo-small', name: 'Demo, small' },
    { value: 'demo-large', name: 'Demo, large' },
  ],
  pace: [
    { value: 'calm', name: 'Calm' },
    { value: 'brisk', name: 'Brisk' },
  ],
};

/** What can be set besides the mode. It answers the same whatever is set: it only remembers. */
const configOptions = ({ settings }: DemoConversation) =>
  [
    { id: 'model', name: 'Model', category: 'model' },
    { id: 'pace', name: 'Pace', category: 'thought_level', description: 'How fast it pretends to think' },
  ].map((option) => ({
    ...option,
    type: 'select' as const,
    currentValue: settings[option.id] ?? '',
    options: [...(VALUES[option.id] ?? [])],
  }));

/** Whoever brings an agent back without its memory tells it what was said, in a block of its own before the prompt. */
const RETOLD = /^This conversation goes on from an earlier one.*Now the user says:$/s;

const earlierPrompts = (retold: string): string[] =>
  [...retold.matchAll(/^> User: (.*)$/gm)].map(([, prompt = '']) => prompt);

/** Runs the demo agent until its input ends. */
export const runDemoAgent = async (input: Readable, output: Writable): Promise<void> => {
  const conversations = new Map<string, DemoConversation>();
  const find = (sessionId: string): DemoConversation => {
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
      const conversation: DemoConversation = {
        sessionId,
        cwd: params.cwd,
        mode: 'ask',
        history: [],
        turn: undefined,
        messages: 0,
        calls: 0,
        settings: { model: 'demo-small', pace: 'calm' },
      };
      conversations.set(sessionId, conversation);
      const update = { sessionUpdate: 'available_commands_update' as const, availableCommands: demoCommands };
      setImmediate(() => void client.notify(methods.client.session.update, { sessionId, update }));
      return {
        sessionId,
        modes: { currentModeId: 'ask', availableModes: MODES },
        configOptions: configOptions(conversation),
      };
    })
    .onRequest(methods.agent.session.setMode, ({ params }) => {
      if (!MODES.some(({ id }) => id === params.modeId))
        throw RequestError.invalidParams({ modeId: params.modeId });
      find(params.sessionId).mode = params.modeId;
      return {};
    })
    .onRequest(methods.agent.session.setConfigOption, ({ params }) => {
      const { configId, value } = params;
      if (typeof value !== 'string' || VALUES[configId]?.some((one) => one.value === value) !== true)
        throw RequestError.invalidParams({ configId, value });
      const conversation = find(params.sessionId);
      conversation.settings[configId] = value;
      return { configOptions: configOptions(conversation) };
    })
    .onRequest(methods.agent.session.prompt, async ({ params, client }) => {
      const conversation = find(params.sessionId);
      const [first = '', ...rest] = params.prompt.map((block) =>
        block.type === 'text' ? block.text : `[${block.type}]`,
      );
      const before = RETOLD.test(first) ? earlierPrompts(first) : undefined;
      if (before !== undefined) conversation.history.push(...before);
      const prompt = (before === undefined ? [first, ...rest] : rest).join('\n');
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
