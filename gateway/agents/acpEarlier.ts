// What an agent tells of a conversation that it had before, until it is written down: the newest part, if it is long.
import type { AgentUpdate, EarlierUpdate } from './agent.ts';
import { blockText } from './acpContent.ts';
import { isConversation } from './acpUpdates.ts';
import { cut } from './cut.ts';
import { object, word } from './json.ts';

/** Characters that are kept, roughly, with a price for each update besides its text. */
const MOST = 16 * 1024 * 1024;
const PRICE = 100;

const readPrompt = (value: unknown): EarlierUpdate[] => {
  const update = object(value);
  if (update['sessionUpdate'] !== 'user_message_chunk') return [];
  const text = cut(blockText(update['content'])).toWellFormed();
  const key = word(update['messageId']);
  if (text === '') return [];
  return [key === undefined ? { type: 'prompt', text } : { type: 'prompt', text, key }];
};

const sizeOf = (update: EarlierUpdate): number => JSON.stringify(update).length + PRICE;

export class AcpEarlier {
  #told: EarlierUpdate[] = [];
  #size = 0;
  #isCut = false;

  /** One session/update, as it came and as it was read: before a prompt, what ends with the turn before it. */
  hear(raw: unknown, read: readonly AgentUpdate[]): void {
    for (const update of [...read.filter(isConversation), ...readPrompt(raw)]) {
      this.#told.push(update);
      this.#size += sizeOf(update);
    }
    if (this.#size <= MOST) return;
    this.#isCut = true;
    // Half of it at once: leaving out one at a time would move all the others each time.
    this.#told.splice(0, Math.ceil(this.#told.length / 2));
    this.#size = this.#told.reduce((sum, update) => sum + sizeOf(update), 0);
  }

  /** All of it, from a prompt on where something was left out; then it is forgotten. */
  take(): readonly EarlierUpdate[] {
    const told = this.#told;
    this.#told = [];
    const first = this.#isCut ? told.findIndex(({ type }) => type === 'prompt') : 0;
    return told.slice(Math.max(0, first));
  }
}
