// The gateway is started when Holdfast is first looked at, and comes back when it is killed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { Discovery } from '../../gateway/protocol/index.ts';
import { connected, holdfast, waitFor } from './holdfast.ts';

function gatewayPid(): number | undefined {
  try {
    const file = path.join(process.env['HOLDFAST_HOME'] ?? '', 'gateway.json');
    return Discovery.parse(JSON.parse(readFileSync(file, 'utf8'))).pid;
  } catch {
    return undefined;
  }
}

describe('the link to the gateway', () => {
  it('is made when the sessions come into view', async () => {
    const api = await holdfast();
    await vscode.commands.executeCommand('holdfast.sessions.focus');
    await connected(api);
    assert.notEqual(gatewayPid(), undefined);
  });

  it('heals when the gateway is killed', async () => {
    const api = await holdfast();
    await connected(api);
    const states: string[] = [];
    const listening = api.onDidChangeLink(({ state }) => states.push(state));
    const killed = await waitFor('gateway.json', gatewayPid);
    process.kill(killed, 'SIGKILL');
    await waitFor('another gateway', () => (states.at(-1) === 'connected' ? true : undefined));
    listening.dispose();
    assert.notEqual(gatewayPid(), killed);
    assert.equal(states[0], 'connecting');
  });

  it('comes back after a restart that was asked for', async () => {
    const api = await holdfast();
    await connected(api);
    const before = gatewayPid();
    await vscode.commands.executeCommand('holdfast.restartGateway');
    await waitFor('another gateway', () => {
      const now = gatewayPid();
      return now !== undefined && now !== before && api.link().state === 'connected' ? now : undefined;
    });
  });
});
