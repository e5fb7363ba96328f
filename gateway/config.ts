// The configuration: one schema for the file, with defaults and their reasons.
import { existsSync, readFileSync } from 'node:fs';
import { parse, printParseErrorCode, type ParseError } from 'jsonc-parser';
import { z } from 'zod';
import { messageOf } from './language.ts';
import { AgentId, Bounds, PeerName } from './protocol/index.ts';

/** Where gateways of the local network ask for each other. */
const NEARBY_PORT = 9848;

/** zod would compile a check that is made once, which takes longer than the check. */
const ONCE = { jitless: true };

export const Config = z.strictObject({
  $schema: z.string().optional(),
  agents: z
    .record(
      z
        .string()
        .refine((id) => AgentId.safeParse(id).success, 'an agent is named by letters, digits and _ : . -'),
      z.strictObject({
        name: z.string().min(1).optional(),
        command: z.string().min(1).describe('A program, not a shell line'),
        args: z.array(z.string()).optional(),
        env: z.record(z.string(), z.string()).optional(),
        protocol: z
          .enum(['acp', 'claude', 'command'])
          .default('acp')
          .describe(
            "claude: Claude Code's own stream-json. command: a prompt on its input, the answer on its output",
          ),
      }),
    )
    .default({})
    .describe('Agents of your own, or other commands for known ones'),
  agentRegistry: z
    .url()
    .default('https://cdn.agentclientprotocol.com/registry/v1/latest/registry.json')
    .describe(
      'Where `agent.refresh` fetches the list of agents, for those behind a mirror; only when asked for',
    ),
  http: z
    .strictObject({ port: z.int().min(0).max(65_535).describe('0: any free one') })
    .optional()
    .describe(
      'The same routes on TCP loopback, for programs that cannot open a Unix socket; off when absent',
    ),
  log: z
    .strictObject({
      maxEvents: Bounds.shape.maxEvents.default(100_000),
      maxBytes: Bounds.shape.maxBytes.default(256 * 1024 * 1024),
      maxAgeDays: Bounds.shape.maxAgeDays.default(null),
    })
    .prefault({})
    .describe('How much of each session is kept. Whole turns leave at the old end'),
  projectFiles: z
    .string()
    .regex(/^(?:~(?:$|[\\/])|\/|[A-Za-z]:[\\/])/, 'must be absolute, or begin with ~')
    .optional()
    .describe(
      'A folder whose files each new session gets into its own where they are not there yet: CLAUDE.md, AGENTS.md, .claude/skills ...',
    ),
  idleAgentMinutes: z
    .number()
    .min(0)
    .max(10_080)
    .default(30)
    .describe(
      'An agent with no turn for so long is ended; the next prompt brings it back, with its memory. 0: never',
    ),
  mail: z
    .strictObject({
      tools: z
        .boolean()
        .default(true)
        .describe(
          'Agents get list_agents, send_message, check_inbox and acknowledge_message, for their own mail',
        ),
    })
    .default({ tools: true }),
  peers: z
    .strictObject({
      port: z
        .int()
        .min(1)
        .max(65_535)
        .optional()
        .describe('Absent: any free one, remembered, from the first invitation on'),
      host: z.string().min(1).optional().describe('Where to listen; absent: on every interface'),
      name: PeerName.optional().describe('What this gateway calls itself; absent: the name of the machine'),
      heartbeatSeconds: z
        .number()
        .min(0.3)
        .max(300)
        .default(30)
        .describe('A link is given up after three without any sign of life. The same on all gateways'),
      announce: z
        .boolean()
        .default(false)
        .describe('Opens the port, and lets everybody on the local network find it: name, port, version'),
      discoveryPort: z
        .int()
        .min(1)
        .max(65_535)
        .default(NEARBY_PORT)
        .describe('UDP. The same on all gateways'),
    })
    .prefault({})
    .describe('Other gateways. Nothing listens before the first invitation, unless a port is given here'),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe(
      "debug shows each call and each agent's stderr; info is what one wants to find after a bad day",
    ),
});
export type Config = z.infer<typeof Config>;

/** For editors: what may stand in the file. */
export const configSchema = (): object => ({
  title: 'The configuration of a Holdfast gateway',
  ...z.toJSONSchema(Config, { io: 'input' }),
});

/** What is wrong with the configuration, for people. It has no name of its own: nothing but its words is shown. */
export class ConfigError extends Error {}

/**
 * Reads the file; none is the same as an empty one. HOLDFAST_PORT, set by `up --port`, asks for TCP. Throws an error that
 * says where it is wrong.
 */
export function readConfig(
  file: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  const config = readFile(file);
  const port = env['HOLDFAST_PORT'];
  if (port === undefined) return config;
  const http = Config.shape.http.safeParse({ port: /^\d{1,5}$/.test(port) ? Number(port) : port });
  if (http.success) return { ...config, http: http.data };
  throw new ConfigError(
    `HOLDFAST_PORT (up --port) is a number up to 65535, not ${JSON.stringify(port)}. 0 takes any free port.`,
  );
}

function readFile(file: string): Config {
  if (!existsSync(file)) return Config.parse({}, ONCE);
  const text = textOf(file);
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined) {
    const line = text.slice(0, first.offset).split('\n').length;
    throw new ConfigError(
      `${file}, line ${line}: ${printParseErrorCode(first.error)}. Mend it, then start again.`,
    );
  }
  const config = Config.safeParse(value ?? {}, ONCE);
  if (config.success) return config.data;
  const wrong = config.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new ConfigError(`${file}: ${wrong.join('; ')}. Mend it, then start again.`);
}

function textOf(file: string): string {
  try {
    // Some editors begin a file with a byte order mark.
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (cause) {
    const why = messageOf(cause);
    throw new ConfigError(`${file} cannot be read: ${why}. Mend it, then start again.`, { cause });
  }
}
