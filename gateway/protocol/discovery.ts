// How a gateway is found, and whether one can speak with it. It stands alone: a client reads it before all else.
import { z } from 'zod';
import { object } from './shape.ts';

/** The protocol versions that this build speaks. Raise `max` with a new feature, `min` with a break. */
export const PROTOCOL = { min: 1, max: 1 } as const;

/** The versions that somebody speaks, the lowest and the highest. */
export const VersionRange = z.object({ min: z.int(), max: z.int() });

/** gateway.json: how to find a running gateway. 0600, written atomically once it listens, removed at a clean end. */
export const Discovery = object(() => ({
  schema: z.literal(1),
  pid: z.int().positive(),
  instanceId: z.string(),
  version: z.string(),
  protocol: VersionRange,
  socket: z.string(),
  home: z
    .string()
    .optional()
    .describe('The state folder: a copy of it has a copy of this file, and no gateway'),
  http: z
    .object({ host: z.string(), port: z.int() })
    .optional()
    .describe('Where the same routes are served to whoever has a token, if TCP was asked for'),
  token: z.string().optional().describe('For http: Authorization: Bearer. New with every start'),
}));
export type Discovery = z.infer<typeof Discovery>;
