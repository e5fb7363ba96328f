// Peers: other gateways, linked to this one. Each side says what the other may do here.
import { z } from 'zod';
import { object, ok } from './shape.ts';
import { method, notification } from './contract.ts';
import { PeerName } from './ids.ts';
import { MailPolicy } from './mail.ts';
import { Session } from './session.ts';

// ---- shapes ----

/** stale: heartbeats are missing, the link is not given up yet. disconnected: given up; it is tried again by itself. */
export const PeerState = z.enum(['connecting', 'connected', 'stale', 'disconnected']);
export type PeerState = z.infer<typeof PeerState>;

const policy = {
  see: z.boolean().describe('Sessions: their list, their log'),
  mail: MailPolicy.describe(
    'Mail to mailboxes of programs. To a session it is held at least, unless prompt allows more',
  ),
  prompt: z.boolean().describe('Send prompts, create sessions, delegate tasks; mail reaches agents'),
  interrupt: z.boolean().describe('Stop a running turn'),
  answer: z.boolean().describe('Answer permissions'),
};

/** What the other side may do here. The default lets it see sessions and exchange mail, and control nothing. */
export const PeerPolicy = object(() => ({
  see: policy.see.default(true),
  mail: policy.mail.default('accept'),
  prompt: policy.prompt.default(false),
  interrupt: policy.interrupt.default(false),
  answer: policy.answer.default(false),
}));
export type PeerPolicy = z.infer<typeof PeerPolicy>;

/** What of it is to be changed. Without the defaults: what is not given stays as it is. */
export const PolicyChange = z.strictObject(policy).partial();
export type PolicyChange = z.infer<typeof PolicyChange>;

export const Peer = object(() => ({
  name: PeerName,
  fingerprint: z.string().describe('SHA-256 of its public key, in hex: what is pinned'),
  transport: z.enum(['tls', 'ssh', 'nats']),
  address: z.string().nullable().describe('host:port to dial; null: it dials us'),
  state: PeerState,
  /** When the state began, so that "offline since 14:02" can be said. */
  since: z.iso.datetime(),
  reason: z.string().nullable().describe('Why it is not connected, in words'),
  lastHeartbeatAt: z.iso.datetime().nullable().describe('When anything was last heard from it'),
  rttMs: z.number().nullable().describe('The last round trip, in milliseconds'),
  policy: PeerPolicy.describe('What it may do here'),
  allows: PeerPolicy.nullable().describe('What we may do there, as it last said; null: it has not yet'),
  sessions: z.array(Session).describe('As of lastHeartbeatAt'),
}));
export type Peer = z.infer<typeof Peer>;

/** A gateway of the local network that lets itself be found. Nothing of it is proved: only a code, and its key, can. */
export const Nearby = object(() => ({
  name: PeerName,
  addresses: z.array(z.string()).describe('host:port under which it was heard'),
  port: z.int(),
  fingerprint: z.string().describe('How the fingerprint of its key begins, to be compared'),
  version: z.string(),
  heardAt: z.iso.datetime(),
  peer: PeerName.nullable().describe('The peer here whose fingerprint begins so'),
}));
export type Nearby = z.infer<typeof Nearby>;

// ---- methods (session.*, queue.* and permission.* take `peer` and act there: remote.ts) ----

export const peerMethods = {
  'peers.invite': method(
    'Makes a code that links one other gateway to this one, once, within ten minutes',
    () => ({
      params: z.strictObject({
        address: z
          .string()
          .optional()
          .describe('host or host:port under which the other side reaches us; absent: all of this machine'),
        words: z
          .boolean()
          .default(false)
          .describe('As 16 words to read out or type, which hold 128 bits of chance and one address of IPv4'),
        policy: PolicyChange.default({}).describe(
          'What the other side may do here, where it is not the default',
        ),
      }),
      result: z.object({
        code: z.string().describe('A secret, text or words: whoever has it first is let in'),
        expiresAt: z.iso.datetime(),
        addresses: z
          .array(z.string())
          .describe('Where the other side will look for this gateway; none: it has to find or be told it'),
      }),
      problems: ['peer.offline'],
    }),
  ),
  'peers.join': method("Uses a code of another gateway; both sides then hold each other's key", () => ({
    params: z.strictObject({
      code: z.string().trim().min(1).max(4096),
      name: PeerName.optional().describe('What it is called here; absent: what it calls itself'),
      address: z
        .string()
        .optional()
        .describe('host or host:port where the other gateway is; absent: what the code says, or the network'),
      fingerprint: z
        .string()
        .regex(/^[0-9a-f]{16,64}$/i, 'is 16 to 64 hexadecimal digits')
        .optional()
        .describe('How its fingerprint must begin, as peers.discover told: the code of another is refused'),
      policy: PolicyChange.default({}).describe(
        'What the other side may do here, where it is not the default',
      ),
    }),
    result: Peer,
    problems: ['peer.code', 'peer.exists', 'peer.offline'],
  })),
  'peers.list': method('The linked gateways, with their state and their sessions', () => ({
    access: 'read',
    params: z.strictObject({}),
    result: z.object({
      peers: z.array(Peer),
      self: z
        .object({
          name: PeerName,
          fingerprint: z.string().nullable().describe('null: the first invitation or joining makes its key'),
          listening: z.int().nullable().describe('The port where peers can dial it; null: none is open'),
          announces: z
            .boolean()
            .describe('The local network can find it: peers.announce in the configuration'),
        })
        .describe('This gateway, as it tells others'),
    }),
  })),
  'peers.discover': method(
    'Asks the local network for gateways that let themselves be found; linking one takes its code all the same',
    () => ({
      params: z.strictObject({
        seconds: z.number().min(0.1).max(10).default(3).describe('How long answers are waited for'),
      }),
      result: z.object({ found: z.array(Nearby).describe('Heard within the last 30 s') }),
    }),
  ),
  'peers.rename': method('Calls a peer otherwise here', () => ({
    params: z.strictObject({ name: PeerName, newName: PeerName }),
    result: ok,
    problems: ['peer.unknown', 'peer.exists'],
  })),
  'peers.remove': method(
    'Forgets a peer: its link is cut within a second and its key is worth nothing here',
    () => ({
      params: z.strictObject({ name: PeerName }),
      result: ok,
      problems: ['peer.unknown'],
    }),
  ),
  'peers.policy': method('Says what a peer may do here, or asks for it; absent members stay', () => ({
    params: z.strictObject({ name: PeerName, ...PolicyChange.shape }),
    result: PeerPolicy,
    problems: ['peer.unknown'],
  })),
  'peers.reconnect': method('Dials a peer now instead of at its next turn', () => ({
    params: z.strictObject({ name: PeerName }),
    result: ok,
    problems: ['peer.unknown'],
  })),
  'peers.rotate': method(
    'Makes a new key for this gateway; peers that are linked now learn it, others must join anew',
    () => ({
      params: z.strictObject({}),
      result: z.object({
        fingerprint: z.string().describe('Of the new key'),
        told: z.array(PeerName).describe('Peers that know it now'),
        untold: z
          .array(PeerName)
          .describe('Peers that were away, or did not answer: they must be linked anew'),
      }),
    }),
  ),
  'peers.watch': method('All peers now, then peer.changed and peer.removed as they happen', () => ({
    access: 'read',
    params: z.strictObject({}),
    result: z.object({ peers: z.array(Peer) }),
  })),
  'peers.unwatch': method('Ends peers.watch', () => ({
    access: 'read',
    params: z.strictObject({}),
    result: ok,
  })),
};

// ---- notifications ----

export const peerNotifications = {
  'peer.changed': notification('A peer was linked or has changed', () => z.object({ peer: Peer })),
  'peer.removed': notification('A peer was forgotten', () => z.object({ name: PeerName })),
};
