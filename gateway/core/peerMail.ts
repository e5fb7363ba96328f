// Mail and peers: what theirs may do here, and what they may say of ours.
import type { MailPolicy, PeerPolicy, Receipt } from '../protocol/index.ts';
import { destinationOf } from './mail.ts';

const STRICTNESS: Readonly<Record<MailPolicy, number>> = { accept: 0, hold: 1, refuse: 2 };

const stricter = (a: MailPolicy, b: MailPolicy): MailPolicy => (STRICTNESS[a] > STRICTNESS[b] ? a : b);

/** An agent would act on what it is sent: without leave to prompt, a person looks at it first. */
export function mailPolicyFor(
  mailbox: { readonly kind: 'session' | 'program' | 'person'; readonly policy: MailPolicy },
  peer: PeerPolicy,
): MailPolicy {
  const policy = stricter(mailbox.policy, peer.mail);
  return mailbox.kind === 'session' && !peer.prompt ? stricter(policy, 'hold') : policy;
}

/** A receipt of a peer. A message to one mailbox has one recipient, whatever that, or its gateway, is called by now. */
export function receiptFrom(to: string, { mailbox, state, at, reason }: Receipt): Receipt {
  const { kind, peer } = destinationOf(to);
  return {
    mailbox: kind === 'mailbox' ? to : `${mailbox.slice(0, 64)}@${peer}`,
    state,
    // However many digits it has.
    at: new Date(at).toISOString(),
    ...(reason === undefined ? {} : { reason: reason.slice(0, 500) }),
  };
}
