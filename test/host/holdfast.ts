// The extension as the suites meet it: running in this very host, with a gateway of its own.
import assert from 'node:assert/strict';
import { homedir, tmpdir } from 'node:os';
import * as vscode from 'vscode';
import { z } from 'zod';
import type { HoldfastApi } from '../../extension/extension.ts';

const PATIENCE_MS = 30_000;
const LOOK_MS = 20;

export async function holdfast(): Promise<HoldfastApi> {
  const home = process.env['HOLDFAST_HOME'] ?? '';
  // These suites kill gateways: never the user's own.
  assert.ok(
    home !== '' && !home.startsWith(homedir()),
    `HOLDFAST_HOME must be below ${tmpdir()}, not "${home}"`,
  );
  const extension = vscode.extensions.getExtension<HoldfastApi>('holdfast.holdfast');
  assert.ok(extension, 'the extension is not installed in this host');
  return extension.activate();
}

const Manifest = z.object({
  contributes: z.object({
    commands: z.array(z.object({ command: z.string(), category: z.string() })),
    views: z.object({ holdfast: z.array(z.object({ id: z.string() })) }),
  }),
});

export const manifest = () =>
  Manifest.parse(vscode.extensions.getExtension('holdfast.holdfast')?.packageJSON).contributes;

/** Resolves with the first answer that is not undefined; rejects, naming what it waited for. */
export async function waitFor<T>(what: string, look: () => T | undefined): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const seen = look();
    if (seen !== undefined) return seen;
    if (performance.now() > deadline) throw new Error(`waited ${PATIENCE_MS} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

export const connected = (api: HoldfastApi): Promise<true> =>
  waitFor('the link to the gateway', () => (api.link().state === 'connected' ? true : undefined));
