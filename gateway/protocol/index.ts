// The whole contract: every method, notification and problem that a client can meet.
import type { z } from 'zod';
import { agentMethods } from './agent.ts';
import { gatewayMethods } from './gateway.ts';
import { logMethods, logNotifications } from './log.ts';
import { mailMethods, mailNotifications } from './mail.ts';
import { mailThreadMethods } from './mailThread.ts';
import { offerMethods } from './offers.ts';
import { peerMethods, peerNotifications } from './peer.ts';
import { permissionMethods, permissionNotifications } from './permission.ts';
import { queueMethods } from './queue.ts';
import { atPeers } from './remote.ts';
import { sessionMethods } from './session.ts';
import { taskMethods, taskNotifications } from './task.ts';
import { tokenMethods } from './token.ts';

/** Every call that a client can make, by name. */
export const methods = {
  ...atPeers(sessionMethods),
  ...atPeers(offerMethods),
  ...atPeers(queueMethods),
  ...atPeers(logMethods),
  ...atPeers(permissionMethods),
  ...agentMethods,
  ...atPeers({ 'agent.list': agentMethods['agent.list'] }),
  ...gatewayMethods,
  ...taskMethods,
  ...tokenMethods,
  ...mailMethods,
  ...peerMethods,
  ...mailThreadMethods,
};
export type Methods = typeof methods;
export type MethodName = keyof Methods;
/** What a caller may write: defaults may be left out. */
export type ParamsIn<M extends MethodName> = z.input<Methods[M]['params']>;
/** What a handler gets: checked, defaults filled in. */
export type Params<M extends MethodName> = z.output<Methods[M]['params']>;
export type Result<M extends MethodName> = z.output<Methods[M]['result']>;

/** Everything that a client may be told without having asked. */
export const notifications = {
  ...logNotifications,
  ...permissionNotifications,
  ...taskNotifications,
  ...mailNotifications,
  ...peerNotifications,
};
export type Notifications = typeof notifications;
export type NotificationName = keyof Notifications;
export type NotificationParams<N extends NotificationName> = z.output<Notifications[N]['params']>;

export * from './agent.ts';
export * from './between.ts';
export * from './contract.ts';
export * from './discovery.ts';
export * from './event.ts';
export * from './form.ts';
export * from './gateway.ts';
export * from './ids.ts';
export * from './log.ts';
export * from './mail.ts';
export * from './offers.ts';
export * from './mailThread.ts';
export * from './peer.ts';
export * from './permission.ts';
export * from './problems.ts';
export * from './provenance.ts';
export * from './queue.ts';
export * from './remote.ts';
export * from './session.ts';
export * from './task.ts';
export * from './token.ts';
export * from './openrpc.ts';
