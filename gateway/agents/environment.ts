// What an agent gets to see of the gateway's environment: what agents need, and nothing that reaches into programs.

const words = (...lines: readonly string[]): string[] => lines.join(' ').split(' ');

/** Whole names. The rest of the environment (tokens of other tools, the editor's own variables) stays out. */
const NAMES: ReadonlySet<string> = new Set(
  words(
    'PATH HOME USER LOGNAME SHELL LANG LANGUAGE TZ TMPDIR TMP TEMP',
    // Windows: without these many programs do not even start.
    'SYSTEMROOT COMSPEC PATHEXT APPDATA LOCALAPPDATA USERPROFILE HOMEDRIVE HOMEPATH',
    'HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS',
    'SSH_AUTH_SOCK GPG_TTY GH_TOKEN GITHUB_TOKEN NO_COLOR JAVA_HOME GOPATH CARGO_HOME',
    // Where Claude finds its models on Vertex AI, with VERTEX_ below.
    'CLOUD_ML_REGION GCLOUD_PROJECT',
  ),
);

/** Beginnings and ends: the settings and keys by which agents and their models are configured. */
const PREFIXES = words(
  'LC_ XDG_ GIT_ NVM_ ANTHROPIC_ CLAUDE_ OPENAI_ CODEX_ OPENCODE_ GEMINI_ GOOGLE_ COPILOT_ QWEN_',
  'MISTRAL_ AWS_ AZURE_ OLLAMA_ OPENROUTER_ VERTEX_',
);
const SUFFIXES = words('_API_KEY _BASE_URL');

/** Never, whatever the lists say: these load code into, or give powers over, whatever program sees them. */
const FORBIDDEN = /^(?:HOLDFAST_|VSCODE_|ELECTRON_|NODE_OPTIONS$|LD_|DYLD_|GIT_ASKPASS$|GIT_CONFIG_)/;

const isAllowed = (name: string): boolean => {
  const upper = name.toUpperCase();
  if (FORBIDDEN.test(upper)) return false;
  return (
    NAMES.has(upper) ||
    PREFIXES.some((prefix) => upper.startsWith(prefix)) ||
    SUFFIXES.some((suffix) => upper.endsWith(suffix))
  );
};

/**
 * The environment of an agent. `extra` is what its catalogue entry asks for, by the user's own configuration, so it is
 * taken as it is. TERM=dumb keeps terminal tricks out of what agents print.
 */
export const agentEnvironment = (
  extra: Readonly<Record<string, string>>,
  gateway: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> => {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(gateway)) {
    if (value !== undefined && isAllowed(name)) environment[name] = value;
  }
  return { ...environment, TERM: 'dumb', ...extra };
};
