// Real agents, ready to be started against the fake models: what to run, with which settings, in a home of their own.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Program } from '../../../gateway/agents/process.ts';
import { installed } from './install.ts';

/** A program for a driver, or for the `agents` of a gateway's configuration. Disposing removes its home. */
export interface RealAgent extends Program, AsyncDisposable {
  readonly home: string;
  /** An empty folder to work in. */
  readonly workspace: string;
}

interface Recipe {
  readonly name: string;
  readonly specifier: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: (modelsUrl: string) => Record<string, string>;
  /** Its configuration files, by their path in its home. */
  readonly files: (modelsUrl: string) => Record<string, unknown>;
}

const RECIPES = {
  claude: {
    name: 'Claude Code',
    specifier: '@agentclientprotocol/claude-agent-acp@0.100.0',
    command: 'claude-agent-acp',
    args: [],
    env: (modelsUrl) => ({
      ANTHROPIC_BASE_URL: modelsUrl,
      ANTHROPIC_API_KEY: 'fake',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_MAX_RETRIES: '1',
      DISABLE_AUTOUPDATER: '1',
      DISABLE_ERROR_REPORTING: '1',
      DISABLE_TELEMETRY: '1',
    }),
    files: () => ({}),
  },
  opencode: {
    name: 'OpenCode',
    specifier: 'opencode-ai@1.18.33',
    command: 'opencode',
    args: ['acp'],
    env: () => ({
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
    }),
    files: (modelsUrl) => ({
      '.config/opencode/opencode.json': {
        autoupdate: false,
        share: 'disabled',
        model: 'fake/fake-model',
        small_model: 'fake/fake-model',
        permission: { edit: 'ask', bash: 'ask', webfetch: 'ask' },
        provider: {
          fake: {
            npm: '@ai-sdk/openai-compatible',
            name: 'Fake',
            options: { baseURL: `${modelsUrl}/v1`, apiKey: 'fake' },
            models: { 'fake-model': { name: 'Fake Model', limit: { context: 200_000, output: 8_192 } } },
          },
        },
      },
    }),
  },
} satisfies Record<string, Recipe>;

export type RealAgentId = keyof typeof RECIPES;

export const realAgentIds: readonly RealAgentId[] = ['claude', 'opencode'];

/** A home that no setting of the developer's own machine reaches into. */
const homeEnvironment = (home: string): Record<string, string> => ({
  HOME: home,
  XDG_CONFIG_HOME: join(home, '.config'),
  XDG_DATA_HOME: join(home, '.local/share'),
  XDG_STATE_HOME: join(home, '.local/state'),
  XDG_CACHE_HOME: join(home, '.cache'),
  CLAUDE_CONFIG_DIR: join(home, '.claude'),
  TMPDIR: join(home, 'tmp'),
  // The agents' launchers are Node scripts, which want a newer Node than the system may have.
  PATH: [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
  NO_COLOR: '1',
  // A proxy must not come between an agent and the models on loopback.
  NO_PROXY: '127.0.0.1,localhost',
});

export const prepareRealAgent = async (id: RealAgentId, modelsUrl: string): Promise<RealAgent> => {
  const recipe: Recipe = RECIPES[id];
  const command = await installed(recipe.specifier, recipe.command);
  const home = await mkdtemp(join(tmpdir(), `holdfast-${id}-`));
  const workspace = join(home, 'workspace');
  await Promise.all([workspace, join(home, 'tmp')].map((folder) => mkdir(folder)));
  for (const [path, content] of Object.entries(recipe.files(modelsUrl))) {
    const file = join(home, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify(content));
  }
  return {
    name: recipe.name,
    command,
    args: recipe.args,
    env: { ...homeEnvironment(home), ...recipe.env(modelsUrl) },
    home,
    workspace,
    // Agents write their last state while they end: a removal may meet a folder that fills again.
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  };
};
