// How each real agent is installed and started so that its model is the fake one, and what is peculiar to it.
import type { AgentDriver } from '../../../gateway/agents/agent.ts';
import { acpDriver } from '../../../gateway/agents/acp.ts';
import { claudeDriver } from '../../../gateway/agents/claude.ts';
import type { Program } from '../../../gateway/agents/process.ts';
import type { Mode } from '../../../gateway/protocol/index.ts';

export interface Recipe {
  readonly name: string;
  readonly specifier: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly driver: (program: Program) => AgentDriver;
  readonly env: (modelsUrl: string) => Record<string, string>;
  /** Its configuration files, by their path in its home. */
  readonly files: (modelsUrl: string) => Record<string, unknown>;
  /** The mode in which it asks before it writes. */
  readonly mode?: Mode;
  /** What a turn ends with when its question is answered with no. */
  readonly afterRefusal?: string;
  /** What stands before every answer: Codex warns that it does not know the model. */
  readonly preamble?: RegExp;
  /** It can fork a conversation. */
  readonly forks?: boolean;
  /** It tells which conversations it remembers. */
  readonly lists?: boolean;
  /** Its model can ask a person to choose between answers. */
  readonly offersChoices?: boolean;
  /** What a person reads when the model answers with an HTTP error; absent: it tries again for more than a minute. */
  readonly onError?: Readonly<Partial<Record<500 | 401, RegExp>>>;
  /** Now and then it answers what was cancelled the moment it was asked, to the end, whatever it is told: who stops it has to end it. */
  readonly missesEarlyCancel?: boolean;
  /** Its memory of a session that is younger than a minute is lost when it is loaded. */
  readonly forgetsYoungSessions?: boolean;
}

const claudeEnv = (modelsUrl: string): Record<string, string> => ({
  ANTHROPIC_BASE_URL: modelsUrl,
  ANTHROPIC_API_KEY: 'fake',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  CLAUDE_CODE_MAX_RETRIES: '1',
  DISABLE_AUTOUPDATER: '1',
  DISABLE_ERROR_REPORTING: '1',
  DISABLE_TELEMETRY: '1',
});

const codexConfig = (modelsUrl: string): string => `
model = "fake-model"
model_provider = "fake"
approval_policy = "on-request"
sandbox_mode = "workspace-write"
check_for_update_on_startup = false
[model_providers.fake]
name = "Fake"
base_url = "${modelsUrl}/v1"
wire_api = "responses"
env_key = "FAKE_KEY"
request_max_retries = 1
stream_max_retries = 1
[analytics]
enabled = false
[feedback]
enabled = false
`;

export const RECIPES = {
  claude: {
    name: 'Claude Code',
    specifier: '@anthropic-ai/claude-code@2.1.329',
    forks: true,
    command: 'claude',
    args: [],
    driver: claudeDriver,
    env: claudeEnv,
    files: () => ({}),
    offersChoices: true,
    onError: { 500: /API Error: 500 fake error 500/, 401: /needs you to log in.*\/login/s },
  },
  'claude-acp': {
    name: 'Claude Code',
    specifier: '@agentclientprotocol/claude-agent-acp@0.100.0',
    forks: true,
    lists: true,
    command: 'claude-agent-acp',
    args: [],
    driver: acpDriver,
    env: claudeEnv,
    files: () => ({}),
    offersChoices: true,
    onError: { 500: /500/, 401: /needs you to log in/ },
  },
  opencode: {
    name: 'OpenCode',
    specifier: 'opencode-ai@1.18.33',
    forks: true,
    lists: true,
    command: 'opencode',
    args: ['acp'],
    driver: acpDriver,
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
  codex: {
    name: 'Codex',
    specifier: '@agentclientprotocol/codex-acp@2.6.0',
    forks: true,
    lists: true,
    command: 'codex-acp',
    args: [],
    driver: acpDriver,
    env: () => ({
      FAKE_KEY: 'fake',
      NO_BROWSER: '1',
      MODEL_PROVIDER: 'fake',
      INITIAL_AGENT_MODE: 'workspace-write',
    }),
    files: (modelsUrl) => ({ '.codex/config.toml': codexConfig(modelsUrl) }),
    mode: 'code',
    afterRefusal: 'cancelled',
    preamble: /^Warning: Model metadata for `fake-model` not found[^\n]*\n+/,
    onError: { 500: /high demand, which may cause temporary errors/, 401: /needs you to log in/ },
  },
  gemini: {
    name: 'Gemini CLI',
    specifier: '@google/gemini-cli@0.61.0',
    command: 'gemini',
    args: ['--acp', '--skip-trust'],
    driver: acpDriver,
    env: (modelsUrl) => ({
      GEMINI_API_KEY: 'fake',
      GOOGLE_GEMINI_BASE_URL: modelsUrl,
      GEMINI_CLI_NO_RELAUNCH: 'true',
      GEMINI_TELEMETRY_ENABLED: 'false',
    }),
    files: () => ({
      '.gemini/settings.json': {
        security: { auth: { selectedType: 'gemini-api-key' } },
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
        general: { enableAutoUpdate: false, enableAutoUpdateNotification: false, disableAutoUpdate: true },
      },
    }),
    forgetsYoungSessions: true,
  },
  copilot: {
    name: 'GitHub Copilot',
    specifier: '@github/copilot@1.0.102',
    lists: true,
    command: 'copilot',
    args: ['--acp', '--no-auto-update', '--model', 'fake-model'],
    driver: acpDriver,
    env: (modelsUrl) => ({
      COPILOT_PROVIDER_BASE_URL: `${modelsUrl}/v1`,
      COPILOT_PROVIDER_TYPE: 'openai',
      COPILOT_PROVIDER_API_KEY: 'fake',
      COPILOT_MODEL: 'fake-model',
      COPILOT_OFFLINE: 'true',
      COPILOT_AUTO_UPDATE: 'false',
    }),
    files: () => ({}),
    missesEarlyCancel: true,
    onError: { 500: /retried 5 times.*500 fake error 500/, 401: /Authentication failed with provider/ },
  },
  qwen: {
    name: 'Qwen Code',
    specifier: '@qwen-code/qwen-code@0.24.4',
    lists: true,
    command: 'qwen',
    args: ['--acp', '--auth-type', 'openai', '--approval-mode', 'default'],
    driver: acpDriver,
    env: (modelsUrl) => ({
      OPENAI_API_KEY: 'fake',
      OPENAI_BASE_URL: `${modelsUrl}/v1`,
      OPENAI_MODEL: 'fake-model',
      QWEN_CODE_NO_RELAUNCH: 'true',
      QWEN_TELEMETRY_ENABLED: 'false',
    }),
    files: () => ({
      '.qwen/settings.json': {
        security: { auth: { selectedType: 'openai' } },
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
        general: { enableAutoUpdate: false, disableAutoUpdate: true },
        model: { name: 'fake-model' },
      },
    }),
    onError: { 401: /401 fake error 401/ },
  },
} satisfies Record<string, Recipe>;

export type RealAgentId = keyof typeof RECIPES;
