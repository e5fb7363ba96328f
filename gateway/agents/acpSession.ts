// How an agent's session is opened: with its own memory where it has one, then in the right mode, with the right model.
import { methods, PROTOCOL_VERSION } from '@agentclientprotocol/sdk';
import { isRecord } from '../language.ts';
import type { Mode } from '../protocol/index.ts';
import { AgentError, type AgentConversation, type OpenOptions, type ToolServer } from './agent.ts';
import type { PromptCapabilities } from './acpContent.ts';
import { readOffer, type Offer } from './acpOffers.ts';
import { configValue } from './acpUpdates.ts';
import { number, object, word, type JsonObject } from './json.ts';
import { chooseMode, type ModeOffer } from './modes.ts';

const { agent: call } = methods;

/** What opening needs of the conversation that it is for. */
export interface SessionHost {
  readonly name: string;
  readonly hasExited: boolean;
  request(method: string, params: object): Promise<JsonObject>;
  /** Called with the agent's answer to initialize about logging in, before anything can need it. */
  canLogIn(authMethods: unknown): void;
  /** From now on updates are of this session; those of a replay are in the log already. */
  listenTo(sessionId: string | null, isReplay: boolean): void;
  /** Resolves when the agent has said nothing for a while. */
  silence(): Promise<void>;
}

export interface AcpSession {
  readonly sessionId: string;
  readonly opened: AgentConversation['opened'];
  readonly model: string | null;
  readonly takes: PromptCapabilities;
  readonly canClose: boolean;
  readonly canFork: boolean;
  /** How it was opened: what it says of modes, models and options, as far as no update has said otherwise. */
  readonly reply: JsonObject;
}

/** Where a session works, and with which tools besides the agent's own. */
type Place = { readonly cwd: string; readonly mcpServers: readonly object[] };

const onStdio = ({ name, command, args, env }: ToolServer): object => ({
  name,
  command,
  args,
  env: Object.entries(env).map(([name, value]) => ({ name, value })),
});

const overHttp = ({ name, http }: ToolServer): object[] => {
  const door = http();
  if (door === undefined) return [];
  const headers = [{ name: 'Authorization', value: `Bearer ${door.token}` }];
  return [{ type: 'http', name, url: door.url, headers }];
};

/** ACP wants every agent to take servers on stdio. GitHub Copilot drops them, with a line in a log of its own. */
const mcpServers = (tools: readonly ToolServer[], hello: JsonObject): object[] =>
  object(hello['agentInfo'])['name'] === 'Copilot' ? tools.flatMap(overHttp) : tools.map(onStdio);

type Reply = { readonly sessionId: string; readonly reply: JsonObject };

/** What we say to initialize. */
export const HELLO = {
  protocolVersion: PROTOCOL_VERSION,
  clientInfo: { name: 'holdfast', title: 'Holdfast', version: '1' },
  // Agents read and write files themselves, where their own rules and the user's permissions hold.
  clientCapabilities: {
    fs: { readTextFile: false, writeTextFile: false },
    terminal: false,
    elicitation: { form: {}, url: {} },
    // A person is told what to run.
    auth: { terminal: true },
    session: { configOptions: { boolean: {} } },
  },
};

const checkVersion = (name: string, hello: JsonObject): void => {
  const version = number(hello['protocolVersion']);
  if (version === undefined || version === PROTOCOL_VERSION) return;
  throw new AgentError(
    'agent.failed',
    `${name} speaks version ${version} of ACP, and Holdfast version ${PROTOCOL_VERSION}: update ${version > PROTOCOL_VERSION ? 'Holdfast' : name}.`,
  );
};

/** Makes the agent ready: initialize, then its session, then mode and model. */
export const openSession = async (host: SessionHost, options: OpenOptions): Promise<AcpSession> => {
  const { cwd, resume } = options;
  const hello = await host.request(call.initialize, HELLO);
  checkVersion(host.name, hello);
  const place: Place = { cwd, mcpServers: mcpServers(options.tools, hello) };
  host.canLogIn(hello['authMethods']);
  const capabilities = object(hello['agentCapabilities']);
  const own = object(capabilities['sessionCapabilities']);
  const isFork = options.fork === true;
  const resumed =
    resume === null
      ? undefined
      : isFork
        ? await forkSession(host, resume, place, own)
        : await resumeSession(host, resume, place, capabilities, options.tellEarlier === true);
  const opened = resumed ?? (await newSession(host, place));
  const takes = object(capabilities['promptCapabilities']);
  return {
    sessionId: opened.sessionId,
    opened: resume === null ? 'new' : resumed === undefined ? 'fallback' : 'resumed',
    takes: { image: takes['image'] === true, embeddedContext: takes['embeddedContext'] === true },
    canClose: isRecord(own['close']),
    canFork: isRecord(own['fork']),
    ...(await configure(host, opened, options)),
  };
};

/** Sets what a person has chosen; answers what the agent has said of its settings by then. */
const configure = async (
  host: SessionHost,
  opened: Reply,
  { mode, model, options = {} }: OpenOptions,
): Promise<Pick<AcpSession, 'model' | 'reply'>> => {
  const { sessionId } = opened;
  let { reply } = opened;
  /** With the model, for one, the options change. */
  const took = ({ configOptions }: JsonObject): void => {
    if (Array.isArray(configOptions)) reply = { ...reply, configOptions };
  };
  const old = object(reply['models']);
  const offer = readOffer(reply);
  const current = configValue(reply['configOptions'], 'model') ?? word(old['currentModelId']) ?? null;
  await setMode(host, sessionId, mode, offer);
  if (model !== null && model !== current) took(await setModel(host, sessionId, model, offer));
  for (const [optionId, value] of Object.entries(options)) {
    const now = readOffer(reply);
    const offered = now.shown.options.find((option) => option.optionId === optionId);
    const isOffered = offered?.values.some((one) => one.value === value) === true;
    if (isOffered && offered.value !== value)
      took(await setOption(host, sessionId, { optionId, value }, now));
  }
  return { model: model ?? current, reply };
};

const newSession = async (host: SessionHost, place: Place): Promise<Reply> => {
  host.listenTo(null, false);
  const reply = await host.request(call.session.new, place);
  const sessionId = word(reply['sessionId']);
  if (sessionId === undefined) {
    throw new AgentError('agent.failed', `${host.name} opened a session without naming it: update it.`);
  }
  host.listenTo(sessionId, false);
  return { sessionId, reply };
};

/** The agent's own memory, if it has one and still knows the session. Undefined: it does not. */
const resumeSession = async (
  host: SessionHost,
  sessionId: string,
  place: Place,
  capabilities: JsonObject,
  tellEarlier: boolean,
): Promise<Reply | undefined> => {
  const canResume = isRecord(object(capabilities['sessionCapabilities'])['resume']);
  const canLoad = capabilities['loadSession'] === true;
  if (!canResume && !canLoad) return undefined;
  // Only loading tells what was said.
  const loads = canLoad && (tellEarlier || !canResume);
  host.listenTo(sessionId, true);
  try {
    const method = loads ? call.session.load : call.session.resume;
    const reply = await host.request(method, { sessionId, ...place });
    // gemini sends most of the replay after this reply, without an end marker: it ends with silence.
    if (loads) await host.silence();
    return { sessionId, reply };
  } catch (error) {
    // A session that the agent has lost is no reason to refuse a person: it goes on without the memory.
    if (host.hasExited || (error instanceof AgentError && error.code === 'agent.auth')) throw error;
    return undefined;
  }
};

/** In no stable schema yet, but offered and understood by several agents. */
const FORK = 'session/fork';

/** A conversation of its own that remembers all of another one. Rejects with agent.unable where that is not offered. */
const forkSession = async (
  host: SessionHost,
  from: string,
  place: Place,
  offers: JsonObject,
): Promise<Reply> => {
  if (!isRecord(offers['fork'])) {
    throw new AgentError(
      'agent.unable',
      `${host.name} cannot fork a conversation. Begin a new session instead.`,
    );
  }
  // OpenCode tells the history again before it says what the fork is called.
  host.listenTo(null, true);
  const reply = await host.request(FORK, { sessionId: from, ...place });
  const sessionId = word(reply['sessionId']);
  if (sessionId === undefined || sessionId === from) {
    throw new AgentError(
      'agent.failed',
      `${host.name} forked a conversation without naming the fork: update it.`,
    );
  }
  host.listenTo(sessionId, true);
  return { sessionId, reply };
};

/** Sets the mode, or rejects with mode.unsupported. */
export const setMode = async (
  host: SessionHost,
  sessionId: string,
  mode: Mode,
  offer: ModeOffer,
): Promise<void> => {
  const changes = chooseMode(mode, offer);
  if (changes === undefined) {
    const ids = [
      ...offer.modes,
      ...offer.options.flatMap((option) => (option.category === 'mode' ? option.values : [])),
    ];
    throw new AgentError(
      'mode.unsupported',
      `${host.name} offers nothing that the mode "${mode}" could mean (its modes: ${ids.join(', ') || 'none'}). Choose "ask".`,
    );
  }
  for (const change of changes) {
    if (change.type === 'mode')
      await host.request(call.session.setMode, { sessionId, modeId: change.modeId });
    else {
      const { configId, value } = change;
      await host.request(call.session.setConfigOption, { sessionId, configId, value });
    }
  }
};

/** In no schema any more, but still understood by those who offer the old list of models. */
const SET_MODEL = 'session/set_model';

/** Sets the model, or rejects with model.unsupported. */
export const setModel = async (
  host: SessionHost,
  sessionId: string,
  model: string,
  { options, oldModels }: Offer,
): Promise<JsonObject> => {
  const option = options.find(({ category }) => category === 'model');
  if (option?.values.includes(model) === true) {
    return host.request(call.session.setConfigOption, { sessionId, configId: option.id, value: model });
  }
  if (oldModels.includes(model)) return host.request(SET_MODEL, { sessionId, modelId: model });
  const offered = [...(option?.values ?? []), ...oldModels];
  const choice = offered.length === 0 ? 'it offers no choice' : `it offers ${offered.join(', ')}`;
  throw new AgentError('model.unsupported', `${host.name} has no model "${model}": ${choice}.`);
};

/** Sets an option, or rejects with option.unsupported. The answer says how all of them are set now. */
export const setOption = async (
  host: SessionHost,
  sessionId: string,
  { optionId, value }: { readonly optionId: string; readonly value: string },
  { shown, toggles }: Offer,
): Promise<JsonObject> => {
  const option = shown.options.find((offered) => offered.optionId === optionId);
  if (option?.values.some((offered) => offered.value === value) !== true) {
    throw new AgentError(
      'option.unsupported',
      `${host.name} does not offer ${optionId} = ${value} any more.`,
    );
  }
  const set = toggles.includes(optionId) ? { type: 'boolean', value: value === 'true' } : { value };
  return host.request(call.session.setConfigOption, { sessionId, configId: optionId, ...set });
};
