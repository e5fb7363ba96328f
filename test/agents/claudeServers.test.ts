// The tools of a plain Claude are in a file: what it holds, who can read it, and that it goes.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { claudeDriver } from '../../gateway/agents/claude.ts';
import { writeServersFile } from '../../gateway/agents/claudeServers.ts';
import { openAgent, recordedClaude } from '../support/agents.ts';

const PROGRAM = { command: 'node', args: ['main.ts', 'mcp'], env: { SECRET: 'hfa_secret' } };
const SERVER = { name: 'holdfast', ...PROGRAM, http: () => undefined };

test('only its user can read the file, and no argument holds a secret', () => {
  const servers = writeServersFile([SERVER]);
  const [flag, file = ''] = servers.args;
  assert.equal(flag, '--mcp-config');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(path.dirname(file)).mode & 0o777, 0o700);
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), {
    mcpServers: { holdfast: { type: 'stdio', ...PROGRAM } },
  });
  assert.ok(!servers.args.join(' ').includes('hfa_secret'));
  servers[Symbol.dispose]();
  assert.ok(!existsSync(path.dirname(file)));
});

test('without tools there is no file', () => {
  assert.deepEqual(writeServersFile([]).args, []);
});

// Only there can the arguments of a process be read as a file.
if (process.platform === 'linux') {
  test('the file is there for as long as Claude runs', async () => {
    await using opened = await openAgent(recordedClaude('think'), { driver: claudeDriver, tools: [SERVER] });
    const { agent } = opened;
    const args = readFileSync(`/proc/${agent.pid}/cmdline`, 'utf8').split('\0');
    const file = args[args.indexOf('--mcp-config') + 1] ?? '';
    assert.ok(existsSync(file), file);
    assert.ok(!args.join(' ').includes('hfa_secret'));
    await agent[Symbol.asyncDispose]();
    assert.ok(!existsSync(file));
  });
}
