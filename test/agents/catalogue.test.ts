// The catalogue says what is installed without running anything, and how to mend what is not.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { Catalogue, type CatalogueOptions } from '../../gateway/agents/catalogue.ts';

/** A folder with executable files: a PATH on which exactly these commands are installed. */
const pathWith = (...commands: string[]): { path: string } & Disposable => {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-path-'));
  for (const command of commands) writeFileSync(join(path, command), 'exit 1', { mode: 0o700 });
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
};

const catalogue = (path: string, agents: CatalogueOptions['agents'] = {}): Catalogue =>
  new Catalogue({ agents, node: '/usr/bin/node', script: '/opt/holdfast/gateway.js', path });

const row = (rows: Catalogue, agent: string) => rows.list().find((candidate) => candidate.agent === agent);

test('an agent on the PATH is installed, and the detail says where', () => {
  using bin = pathWith('opencode');
  assert.deepEqual(row(catalogue(bin.path), 'opencode'), {
    agent: 'opencode',
    name: 'OpenCode',
    icon: 'terminal',
    source: 'known',
    state: 'installed',
    detail: join(bin.path, 'opencode'),
  });
  const found = catalogue(bin.path).find('opencode');
  assert.deepEqual([found.command, ...found.args], ['opencode', 'acp']);
});

test('an agent that npm can install names the command that does it', () => {
  using bin = pathWith('npm');
  const claude = row(catalogue(bin.path), 'claude');
  assert.equal(claude?.state, 'installable');
  assert.match(claude.detail, /npm install -g @agentclientprotocol\/claude-agent-acp/);
});

test('without npm it says what to install first', () => {
  using bin = pathWith();
  const claude = row(catalogue(bin.path), 'claude');
  assert.equal(claude?.state, 'missing');
  assert.match(claude.detail, /Install Node\.js with npm first/);
});

test('a folder of the PATH that cannot be looked into, or that has a folder of that name, hides nothing in another one', () => {
  using bin = pathWith('opencode');
  const closed = join(bin.path, 'closed');
  symlinkSync(closed, closed);
  const folders = join(bin.path, 'folders');
  mkdirSync(join(folders, 'opencode'), { recursive: true });
  const rows = catalogue([closed, folders, bin.path].join(delimiter));
  assert.equal(row(rows, 'opencode')?.detail, join(bin.path, 'opencode'));
  assert.equal(row(rows, 'claude')?.state, 'missing');
});

test('a file that may not be executed is broken, with the command that mends it', () => {
  using bin = pathWith();
  writeFileSync(join(bin.path, 'gemini'), '', { mode: 0o600 });
  const gemini = row(catalogue(bin.path), 'gemini');
  assert.equal(gemini?.state, 'broken');
  assert.match(gemini.detail, /chmod \+x .*gemini/);
});

test('the demo agent is always installed, and the default where nothing else is', () => {
  using bin = pathWith();
  const rows = catalogue(bin.path);
  assert.equal(row(rows, 'demo')?.state, 'installed');
  assert.equal(rows.defaultAgent, 'demo');
  const demo = rows.find('demo');
  assert.deepEqual([demo.command, ...demo.args], ['/usr/bin/node', '/opt/holdfast/gateway.js', 'demo-agent']);
});

test('the first installed agent is the default', () => {
  using bin = pathWith('qwen', 'gemini');
  const rows = catalogue(bin.path);
  assert.equal(rows.defaultAgent, 'gemini');
  assert.equal(rows.find('gemini').login, 'gemini', 'and it is known how to log in');
});

test("a user's own agent stands beside the known ones, or replaces one", () => {
  using bin = pathWith('my-agent');
  const rows = catalogue(bin.path, {
    mine: { name: 'Mine', command: join(bin.path, 'my-agent'), args: ['--acp'], env: { KEY: 'value' } },
    claude: { command: 'my-agent' },
    plain: { command: 'my-agent', protocol: 'command' },
    lost: { command: '/nowhere/agent' },
  });
  assert.equal(row(rows, 'mine')?.state, 'installed');
  assert.deepEqual(rows.find('mine').env, { KEY: 'value' });
  assert.equal(rows.find('claude').command, 'my-agent');
  const remembers = ['mine', 'plain'].map((agent) => 'pastSessions' in rows.find(agent).driver);
  assert.deepEqual(remembers, [true, false], 'ACP, if no other protocol is named');
  assert.match(row(rows, 'lost')?.detail ?? '', /\/nowhere\/agent does not exist/);
});

test('an unknown agent is refused with the known ones, a missing one with how to mend it', () => {
  using bin = pathWith('npm');
  const rows = catalogue(bin.path);
  assert.throws(() => rows.find('nonesuch'), {
    problem: 'agent.unknown',
    message: /Choose one of: claude, codex/,
  });
  assert.throws(() => rows.find('opencode'), {
    problem: 'agent.missing',
    message: /npm install -g opencode-ai/,
  });
});

test('Claude is its adapter where that is installed, and plain `claude` in its own protocol where not', () => {
  using plain = pathWith('claude', 'npm');
  const claude = row(catalogue(plain.path), 'claude');
  assert.equal(claude?.state, 'installed');
  assert.equal(claude.detail, `${join(plain.path, 'claude')}, in Claude's own protocol`);
  const found = catalogue(plain.path).find('claude');
  assert.deepEqual([found.command, 'pastSessions' in found.driver], ['claude', false]);

  using both = pathWith('claude', 'claude-agent-acp');
  assert.equal(row(catalogue(both.path), 'claude')?.detail, join(both.path, 'claude-agent-acp'));
  assert.equal(catalogue(both.path).find('claude').command, 'claude-agent-acp');
});

test('a script of the Windows shell is not started, and it is said what to do instead', () => {
  using bin = pathWith('gemini.cmd', 'opencode.exe', 'npm.cmd');
  const rows = new Catalogue({ node: 'node.exe', script: 'x.js', path: bin.path, platform: 'win32' });
  assert.equal(row(rows, 'opencode')?.state, 'installed');
  assert.equal(row(rows, 'gemini')?.state, 'broken');
  assert.match(row(rows, 'gemini')?.detail ?? '', /gemini\.cmd is a script of the Windows shell.*node\.exe/);
  assert.equal(row(rows, 'qwen')?.state, 'installable', 'npm itself is a script there');
});
