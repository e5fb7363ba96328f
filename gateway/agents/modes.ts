// What our four modes are called by each agent: a table, and how to read it.
import type { Mode } from '../protocol/index.ts';
import { configValue } from './acpUpdates.ts';
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
    { id: 'ask' }, // the demo agent
  ],
};

/** What an agent's answer to session/new, load or resume says about modes. */
export interface ModeOffer {
  /** Offered by `modes`, set by session/set_mode. */
  readonly modes: readonly string[];
  readonly currentMode: string | undefined;
  /** Offered by config options that choose from a list, set by session/set_config_option. */
  readonly options: readonly {
    readonly id: string;
    readonly category: string;
    readonly values: readonly string[];
  }[];
}

/** Config options may hold their values in groups. */
const optionValues = (option: JsonObject): string[] =>
  list(option['options']).flatMap((value) => {
    const choice = object(value);
    const id = word(choice['value']);
    return id === undefined ? optionValues(choice) : [id];
  });

export const readModeOffer = (reply: JsonObject): ModeOffer => {
  const modes = object(reply['modes']);
  return {
    modes: list(modes['availableModes']).flatMap((mode) => word(object(mode)['id']) ?? []),
    currentMode: word(modes['currentModeId']) ?? configValue(reply['configOptions'], 'mode'),
    options: list(reply['configOptions']).flatMap((value) => {
      const option = object(value);
      const id = word(option['id']);
      return id === undefined
        ? []
        : [{ id, category: word(option['category']) ?? id, values: optionValues(option) }];
    }),
  };
};

/** What to do so that the agent is in a mode. */
export type ModeChange =
  | { readonly type: 'keep' }
  | { readonly type: 'mode'; readonly modeId: string }
  | { readonly type: 'option'; readonly configId: string; readonly value: string }
  | { readonly type: 'unsupported' };

export const chooseMode = (mode: Mode, offer: ModeOffer): ModeChange => {
  for (const { id, option = 'mode' } of MEANINGS[mode]) {
    if (option === 'mode' && offer.currentMode === id) return { type: 'keep' };
    if (option === 'mode' && offer.modes.includes(id)) return { type: 'mode', modeId: id };
    const choice = offer.options.find(({ category, values }) => category === option && values.includes(id));
    if (choice !== undefined) return { type: 'option', configId: choice.id, value: id };
  }
  // An agent without modes does what its own configuration says, and asking is what agents do by default.
  return mode === 'ask' ? { type: 'keep' } : { type: 'unsupported' };
};
