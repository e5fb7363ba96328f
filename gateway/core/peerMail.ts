// What mail of a peer may do here: the stricter of what the mailbox says and what the peer is allowed.
import type { MailPolicy, PeerPolicy } from '../protocol/index.ts';

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
