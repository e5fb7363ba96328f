// client.hello, gateway.*, health.check and rpc.discover: the gateway about itself.
import {
  methods,
  notifications,
  openRpcDocument,
  Problem,
  problems,
  PROTOCOL,
  type gatewayMethods,
} from '../protocol/index.ts';
import type { Handlers } from '../rpc/dispatch.ts';
import type { Gateway } from './parts.ts';

export const gatewayHandlers = ({
  store,
  live,
  announcer,
  info,
  stop,
}: Gateway): Handlers<keyof typeof gatewayMethods> => ({
  'client.hello': ({ clientId, name, protocol = PROTOCOL }, caller) => {
    if (protocol.max < PROTOCOL.min || protocol.min > PROTOCOL.max) {
      const older = protocol.max < PROTOCOL.min ? 'client' : 'gateway';
      throw new Problem(
        'protocol.version',
        `The client speaks protocol ${protocol.min} to ${protocol.max}, the gateway ${PROTOCOL.min} to ${PROTOCOL.max}. Update the ${older}.`,
        { gateway: PROTOCOL, client: protocol },
      );
    }
    caller.actor = { clientId: clientId ?? caller.actor.clientId, name };
    return { ...info, clientId: caller.actor.clientId };
  },

  'client.presence': (presence, caller) => {
    caller.keep('presence', announcer.place(caller.mustPush(), presence));
    return { ok: true };
  },

  'gateway.info': () => info,

  'gateway.stop': () => {
    // After the answer has left.
    setImmediate(stop);
    return { ok: true };
  },

  'gateway.drain': () => {
    const { turns, done } = live.drain();
    void done.then(() => setImmediate(stop));
    return { ok: true, turns };
  },

  'health.check': () => {
    const { rss, heapUsed, heapTotal } = process.memoryUsage();
    const sessionsByStatus = store.sessions.countByStatus();
    return {
      ok: !store.isDamaged,
      draining: !live.isOpen,
      sessions: Object.values(sessionsByStatus).reduce((sum, count) => sum + count, 0),
      sessionsByStatus,
      uptime: Math.round(process.uptime()),
      memory: { rss, heapUsed, heapTotal },
      version: info.version,
      pid: info.pid,
    };
  },

  'rpc.discover': () => openRpcDocument({ version: info.version, methods, notifications, problems }),
});
