// An agent sees what it needs of the gateway's environment, and nothing that could reach into it or out of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agentEnvironment } from '../../gateway/agents/environment.ts';

test('keys, proxies and the basics are passed on', () => {
  const gateway = {
    PATH: '/bin',
    HOME: '/home/me',
    LC_ALL: 'C.UTF-8',
    XDG_CONFIG_HOME: '/home/me/.config',
    ANTHROPIC_API_KEY: 'a',
    CLOUD_ML_REGION: 'europe-west1',
    SOME_NEW_MODEL_API_KEY: 'b',
    OPENAI_BASE_URL: 'c',
    https_proxy: 'd',
    SSH_AUTH_SOCK: 'e',
  };
  assert.deepEqual(agentEnvironment({}, gateway), { ...gateway, TERM: 'dumb' });
});

test('what loads code into programs, belongs to the editor or opens the gateway is not passed on', () => {
  const gateway = {
    NODE_OPTIONS: '--require ./evil.js',
    ELECTRON_RUN_AS_NODE: '1',
    VSCODE_IPC_HOOK: '/run/vscode.sock',
    LD_PRELOAD: 'evil.so',
    DYLD_INSERT_LIBRARIES: 'evil.dylib',
    GIT_ASKPASS: 'vscode-askpass',
    GIT_CONFIG_COUNT: '1',
    HOLDFAST_TOKEN: 'secret',
    HOLDFAST_API_KEY: 'secret',
    DATABASE_PASSWORD: 'secret',
  };
  assert.deepEqual(agentEnvironment({}, gateway), { TERM: 'dumb' });
});

test("what the user's own configuration adds wins", () => {
  const environment = agentEnvironment(
    { TERM: 'xterm', NODE_OPTIONS: '--max-old-space-size=512' },
    { PATH: '/bin' },
  );
  assert.deepEqual(environment, { PATH: '/bin', TERM: 'xterm', NODE_OPTIONS: '--max-old-space-size=512' });
});
