// Every handler: one for every method of the contract.
import type { Handlers } from '../rpc/dispatch.ts';
import { agentHandlers } from './agent.ts';
import { gatewayHandlers } from './gateway.ts';
import { logHandlers } from './log.ts';
import { mailHandlers } from './mail.ts';
import { mailThreadHandlers } from './mailThread.ts';
import { mailboxHandlers } from './mailbox.ts';
import { offerHandlers } from './offers.ts';
import type { Gateway } from './parts.ts';
import { peerHandlers } from './peer.ts';
import { permissionHandlers } from './permission.ts';
import { queueHandlers } from './queue.ts';
import { orAtPeers } from './remote.ts';
import { sessionHandlers } from './session.ts';
import { sessionLifeHandlers } from './sessionLife.ts';
import { taskHandlers } from './task.ts';
import { tokenHandlers } from './token.ts';

/** What each call does in this gateway, or at the peer that it names. */
export function handlersOf(gateway: Gateway): Handlers {
  const handlers: Handlers = {
    ...sessionHandlers(gateway),
    ...sessionLifeHandlers(gateway),
    ...offerHandlers(gateway),
    ...queueHandlers(gateway),
    ...logHandlers(gateway),
    ...permissionHandlers(gateway),
    ...agentHandlers(gateway),
    ...gatewayHandlers(gateway),
    ...taskHandlers(gateway),
    ...tokenHandlers(gateway),
    ...mailHandlers(gateway),
    ...mailboxHandlers(gateway),
    ...peerHandlers(gateway),
    ...mailThreadHandlers(gateway),
  };
  return orAtPeers(handlers, gateway);
}
