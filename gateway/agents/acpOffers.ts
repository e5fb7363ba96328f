// What an ACP agent offers to choose from, as people are shown it.
import { withoutUndefined } from '../language.ts';
import type { AgentOption, Choosable, Mode, Offers } from '../protocol/index.ts';
import { list, object, text, word, type JsonObject } from './json.ts';
import { chooseMode, choicesOf, readModeOffer, type ModeOffer } from './modes.ts';

/** What can be chosen in a session. */
export interface Offer extends ModeOffer {
  /** The old list of models, set by session/set_model: gemini, codex and qwen still have it. */
  readonly oldModels: readonly string[];
  /** Options that are on or off, which are set in another way. */
  readonly toggles: readonly string[];
  readonly shown: Pick<Offers, 'modes' | 'models' | 'options'>;
}

const MODES: readonly Mode[] = ['ask', 'plan', 'code', 'auto'];
const TOGGLE: readonly Choosable[] = [
  { value: 'true', name: 'On' },
  { value: 'false', name: 'Off' },
];

const choosable = (value: unknown, key: string): Choosable[] => {
  const raw = object(value);
  const id = word(raw[key]);
  if (id === undefined) return [];
  return [
    withoutUndefined({
      value: id,
      name: word(raw['name']) ?? id,
      description: word(raw['description']),
    }),
  ];
};

const agentOption = (raw: JsonObject): AgentOption[] => {
  const optionId = word(raw['id']);
  const current = raw['currentValue'];
  const isToggle = raw['type'] === 'boolean';
  const values = isToggle ? [...TOGGLE] : choicesOf(raw).flatMap((one) => choosable(one, 'value'));
  if (optionId === undefined || values.length === 0) return [];
  return [
    withoutUndefined({
      optionId,
      name: word(raw['name']) ?? optionId,
      values,
      value: typeof current === 'string' || typeof current === 'boolean' ? String(current) : undefined,
      description: text(raw['description']),
    }),
  ];
};

/** Reads an agent's answer to session/new, load, resume or fork. */
export const readOffer = (reply: JsonObject): Offer => {
  const offer = readModeOffer(reply);
  const old = list(object(reply['models'])['availableModels']).flatMap((one) => choosable(one, 'modelId'));
  const raw = list(reply['configOptions']).map(object);
  const models = raw.filter(({ category }) => category === 'model').flatMap(agentOption)[0]?.values ?? old;
  const options = raw
    .filter(({ category }) => category !== 'mode' && category !== 'model')
    .flatMap(agentOption);
  const toggles = raw.flatMap(({ type, id }) => (type === 'boolean' ? (word(id) ?? []) : []));
  const modes = MODES.filter((mode) => chooseMode(mode, offer) !== undefined);
  return { ...offer, oldModels: old.map(({ value }) => value), toggles, shown: { modes, models, options } };
};
