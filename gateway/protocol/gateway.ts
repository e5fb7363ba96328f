// The gateway itself: who it is, how it is, and its end.
import { z } from 'zod';
import { object, ok } from './shape.ts';
import { method } from './contract.ts';
import { VersionRange } from './discovery.ts';
import { ClientId, SessionId } from './ids.ts';
import { SessionStatus } from './session.ts';

// ---- shapes ----

/** How much of a session's log is kept. Past these its oldest turns leave, and a `gap` event says so. */
export const Bounds = object(() => ({
  maxEvents: z.number().positive().describe('Stored events'),
  maxBytes: z.number().positive().describe('Of their JSON'),
  maxAgeDays: z.number().positive().nullable().describe('null: age alone is no reason'),
}));
export type Bounds = z.infer<typeof Bounds>;

/** How much of one session may wait: more than anybody means to send or ask, and less than what fills a disk. */
export const LIMITS = { queuedPrompts: 10_000, queuedBytes: 64 * 1024 * 1024, openPermissions: 100 } as const;

export const GatewayInfo = object(() => ({
  version: z.string().describe('Of Holdfast'),
  protocol: VersionRange.describe('The versions of this contract that the gateway speaks'),
  features: z.array(z.string()).describe('What there are methods for: session, queue, mail, peers ...'),
  pid: z.int().describe('Its process'),
  instanceId: z.string().describe('New with every start'),
  logId: z.string().describe('The log that cursors belong to'),
  home: z.string().describe('The state folder'),
  bounds: Bounds,
  limits: z
    .object({
      queuedPrompts: z.int().describe('Prompts that wait'),
      queuedBytes: z.int().describe('Of their events as JSON, together'),
      openPermissions: z.int().describe('Questions of its agent: one more is answered with an error'),
    })
    .describe('How much of one session may wait; more prompts are refused with queue.full'),
  startedAt: z.iso.datetime(),
}));
export type GatewayInfo = z.infer<typeof GatewayInfo>;

/** How a window stands: what decides which one tells of an open permission. */
export const WindowState = object(() => ({
  folders: z.array(z.string().max(4096)).max(100).describe('Open in it, absolute, symbolic links resolved'),
  focused: z.boolean().describe('Somebody has it in front'),
  showing: z.array(SessionId).max(100).describe('Sessions whose conversation is in view'),
  notifies: z.boolean().default(true).describe('false: it never wants to tell of one'),
})).strict();
export type WindowState = z.infer<typeof WindowState>;

// ---- methods ----

export const gatewayMethods = {
  'client.hello': method('Names the client, so that other windows can say who sent or answered what', () => ({
    access: 'read',
    params: z.strictObject({
      clientId: ClientId.optional().describe('Keep it over reconnects; minted when absent'),
      name: z.string().min(1).max(80).describe('For people: "window docs-site"'),
      protocol: VersionRange.optional().describe('The versions of this contract that the client speaks'),
    }),
    result: GatewayInfo.extend({ clientId: ClientId }),
    problems: ['protocol.version'],
  })),
  'client.presence': method(
    'Says how a window stands; from then on it may get permission.announced, as exactly one window does',
    () => ({ access: 'read', params: WindowState, result: ok }),
  ),
  'gateway.info': method('Version, protocol range, features', () => ({
    access: 'read',
    params: z.strictObject({}),
    result: GatewayInfo,
  })),
  'gateway.stop': method('Ends the gateway and its agents now; everything stays on disk', () => ({
    params: z.strictObject({}),
    result: ok,
  })),
  'gateway.drain': method(
    'Takes no new prompts and ends when no turn runs any more; queued prompts stay',
    () => ({
      params: z.strictObject({}),
      result: z.object({ ok: z.literal(true), turns: z.int().describe('Turns that still run') }),
    }),
  ),
  'health.check': method('Is it well, and how much does it use', () => ({
    access: 'read',
    params: z.strictObject({}),
    result: z.object({
      ok: z.boolean().describe('false: the disk or the database has failed; the log says how'),
      draining: z.boolean().describe('It takes no new prompts, and ends when no turn runs any more'),
      sessions: z.int().describe('How many there are'),
      sessionsByStatus: z.partialRecord(SessionStatus, z.int()),
      uptime: z.number().describe('Seconds'),
      memory: z.object({ rss: z.int(), heapUsed: z.int(), heapTotal: z.int() }).describe('Bytes'),
      version: z.string(),
      pid: z.int(),
    }),
  })),
  'rpc.discover': method('This contract as an OpenRPC document', () => ({
    access: 'read',
    params: z.strictObject({}),
    result: z.record(z.string(), z.unknown()),
  })),
};
