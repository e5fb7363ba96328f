// What handlers work with: the parts of a gateway.
import type { GatewayInfo, MailboxName } from '../protocol/index.ts';
import type { Bearers } from '../rpc/bearer.ts';
import type { Agents } from '../live/agents.ts';
import type { Announcer } from '../live/announcer.ts';
import type { Clock } from '../live/clock.ts';
import type { Delegation } from '../live/delegation.ts';
import type { Feed } from '../live/feed.ts';
import type { Live } from '../live/live.ts';
import type { Peering } from '../live/peering.ts';
import type { LiveMail } from '../live/mail.ts';
import type { Peers } from '../live/peers.ts';
import type { Store } from '../store/store.ts';

export interface Gateway {
  readonly store: Store;
  readonly live: Live;
  readonly feed: Feed;
  readonly announcer: Announcer;
  readonly peering: Peering;
  readonly mail: LiveMail;
  readonly delegation: Delegation;
  readonly peers: Peers;
  /** The sockets of mailboxes. */
  readonly bus: {
    sync(): Promise<void>;
    socketOf(mailbox: MailboxName): string | undefined;
  };
  readonly clock: Clock;
  readonly info: GatewayInfo;
  readonly bearers: Bearers;
  readonly agents: Agents;
  /** Puts into a new session's folder what the user wants in each. */
  readonly prepareFolder: (folder: string) => void;
  /** Begins the end of the gateway. */
  readonly stop: () => void;
}
