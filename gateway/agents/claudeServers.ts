// The tools of a plain Claude, handed over in a file that only its user can read: an argument could be read by everyone.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ToolServer } from './agent.ts';

export interface ServersFile extends Disposable {
  /** What Claude is started with. */
  readonly args: readonly string[];
}

/** Claude reads it at its start, and again when a server has to be started anew: it stays for as long as Claude runs. */
export function writeServersFile(tools: readonly ToolServer[]): ServersFile {
  if (tools.length === 0) return { args: [], [Symbol.dispose]: () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  const file = join(folder, 'mcp.json');
  const mcpServers = Object.fromEntries(
    tools.map(({ name, command, args, env }) => [name, { type: 'stdio', command, args, env }]),
  );
  writeFileSync(file, JSON.stringify({ mcpServers }), { mode: 0o600, flag: 'wx' });
  return {
    args: ['--mcp-config', file],
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
