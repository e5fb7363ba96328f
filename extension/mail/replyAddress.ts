// Where an answer to a thread goes: to whoever wrote last and is not the person.
import type { ThreadMessage } from '../../gateway/protocol/index.ts';

/** The mailbox of whoever sits here: `PERSON` of the contract. */
export const PERSON = 'person';

export function replyAddress(messages: readonly Pick<ThreadMessage, 'from' | 'to'>[]): string {
  const other = messages.findLast(({ from }) => from !== PERSON)?.from;
  // Only the person has written: more of it goes where the last one went.
  return other ?? messages.at(-1)?.to ?? PERSON;
}
