// Whom one can write to: the mailboxes of this machine and of linked ones, and whoever is named in a thread.
import type { Mailbox } from '../../gateway/protocol/index.ts';
import { PERSON } from './replyAddress.ts';

export interface Recipient {
  readonly address: string;
  /** What it says of itself. */
  readonly about: string;
}

/** Those of the thread come first. A mailbox of another machine has a namesake here more often than not. */
export function recipients(
  mailboxes: readonly Pick<Mailbox, 'name' | 'peer' | 'profile'>[],
  participants: readonly string[],
): Recipient[] {
  const known = mailboxes.map(({ name, peer, profile }) => ({
    address: peer === undefined ? name : `${name}@${peer}`,
    about: profile.summary || profile.title,
  }));
  const others = participants
    .filter((one) => !known.some(({ address }) => address === one))
    .map((address) => ({ address, about: '' }));
  return [...others, ...known].filter(({ address }) => address !== PERSON);
}
