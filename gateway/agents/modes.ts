// What our four modes are called by each agent: a table, and how to read it.
import type { Mode } from '../protocol/index.ts';
import { list, object, word, type JsonObject } from './json.ts';

const COPILOT = 'https://agentclientprotocol.com/protocol/session-modes';

/**
 * The ids of real agents, the closest in meaning first. `option` names a config option of another category than
 * "mode". A new agent needs a line here when its ids are not among these.
 */
const MEANINGS: Record<Mode, readonly { readonly id: string; readonly option?: string }[]> = {
  // asks nothing
  auto: [
    { id: 'bypassPermissions' }, // claude, when it was started so that it is offered
    { id: 'yolo' }, // gemini, qwen
    { id: 'agent-full-access' }, // codex
    { id: `${COPILOT}#autopilot` },
    { id: 'auto' }, // claude: a classifier decides instead of a person; the demo agent
  ],
  // edits without asking, asks before commands
  code: [
    { id: 'acceptEdits' }, // claude
    { id: 'autoEdit' }, // gemini
    { id: 'auto-edit' }, // qwen
    { id: 'workspace-write' }, // codex
    { id: 'code' }, // the demo agent
  ],
  // changes nothing
  plan: [
    { id: 'plan' }, // claude, gemini, qwen, opencode, the demo agent
    { id: `${COPILOT}#plan` },
    { id: 'plan', option: 'collaboration_mode' }, // codex
  ],
  // asks before each change
  ask: [
    { id: 'default' }, // claude, gemini, qwen (whose own default is "auto")
    { id: 'read-only' }, // codex: asks before it edits
    { id: `${COPILOT}#agent` },
    { id: 'build' }, // opencode: asks what its configuration says
    { id: 'ask' }, // the demo agent
  ],
};

/** Codex plans by an option beside its mode, which has to be put back when it is to do something. */
const PLANNING = { category: 'collaboration_mode', off: 'default' } as const;

/** What an agent's answer to session/new, load or resume says about modes. */
export interface ModeOffer {
  /** Offered by `modes`, set by session/set_mode. */
  readonly modes: readonly string[];
  readonly currentMode: string | undefined;
  /** Offered by config options that choose from a list, set by session/set_config_option. */
  readonly options: readonly ConfigOption[];
}

interface ConfigOption {
  readonly id: string;
  readonly category: string;
  readonly current: string | undefined;
  readonly values: readonly string[];
}

/** The choices of a config option, in groups or not. Groups hold no groups: what goes deeper, however deep, is nonsense. */
export const choicesOf = (option: JsonObject): JsonObject[] =>
  list(option['options'])
    .map(object)
    .flatMap((choice) =>
      word(choice['value']) === undefined ? list(choice['options']).map(object) : [choice],
    );

/** Reads what an agent offers from its answer to session/new, load or resume. */
export const readModeOffer = (reply: JsonObject): ModeOffer => {
  const modes = object(reply['modes']);
  return {
    modes: list(modes['availableModes']).flatMap((mode) => word(object(mode)['id']) ?? []),
    currentMode: word(modes['currentModeId']),
    options: list(reply['configOptions']).flatMap((value) => {
      const option = object(value);
      const id = word(option['id']);
      if (id === undefined) return [];
      const current = word(option['currentValue']);
      const values = choicesOf(option).flatMap((choice) => word(choice['value']) ?? []);
      return [{ id, category: word(option['category']) ?? id, current, values }];
    }),
  };
};

/** One step towards a mode. */
export type ModeChange =
  | { readonly type: 'mode'; readonly modeId: string }
  | { readonly type: 'option'; readonly configId: string; readonly value: string };

const setOption = (option: ConfigOption | undefined, value: string): ModeChange[] =>
  option === undefined || option.current === value ? [] : [{ type: 'option', configId: option.id, value }];

/** What to do so that the agent is in a mode; undefined when it has nothing that the mode could mean. */
export const chooseMode = (mode: Mode, offer: ModeOffer): readonly ModeChange[] | undefined => {
  const planning = offer.options.find(({ category }) => category === PLANNING.category);
  const rest = mode === 'plan' ? [] : setOption(planning, PLANNING.off);
  for (const { id, option = 'mode' } of MEANINGS[mode]) {
    if (option === 'mode' && offer.modes.includes(id)) {
      return offer.currentMode === id ? rest : [{ type: 'mode', modeId: id }, ...rest];
    }
    const choice = offer.options.find(({ category, values }) => category === option && values.includes(id));
    if (choice !== undefined) return [...setOption(choice, id), ...rest];
  }
  // An agent without modes does what its own configuration says, and asking is what agents do by default.
  return mode === 'ask' ? rest : undefined;
};

/** The same offer, when nobody knows any more what is set. */
export const forgetCurrent = ({ modes, options }: ModeOffer): ModeOffer => ({
  modes,
  currentMode: undefined,
  options: options.map((option) => ({ ...option, current: undefined })),
});
