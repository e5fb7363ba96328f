// Makes the programs that are shipped, each one bundle below dist/: the gateway, the tools of agents, extension and panel.
import { context, build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { configSchema } from '../gateway/config.ts';
import { notices } from './notices.ts';

const root = path.resolve(import.meta.dirname, '..');
const dist = path.join(root, 'dist');
const contract = path.join(root, 'gateway/protocol');

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  // A crash prints the line that it happened on.
  lineLimit: 200,
  // Names stay in stack traces and in the logs that people send us.
  keepNames: true,
  sourcemap: 'linked',
  // Licences are gathered from the packages themselves, see notices.ts.
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  // A CommonJS bundle has no import.meta: what reads it would fail on a user's machine only.
  logOverride: { 'empty-import-meta': 'error' },
};

/** zod brings its messages in fifty languages, a third of each bundle; all that we let it say is in English. */
const englishOnly: Plugin = {
  name: 'zod in English',
  setup: (bundle) =>
    bundle.onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: `export { default as en } from "./en.js";`,
      loader: 'js',
    })),
};

/** pino's own ways to files and threads, for which it also asks who called it: ours is given a stream. */
const pinoToStream: Plugin = {
  name: 'pino to a stream',
  setup: (bundle) => {
    bundle.onResolve(
      { filter: /^(?:sonic-boom|thread-stream|worker_threads|\.\/lib\/caller)$/ },
      ({ path: name, importer }) =>
        /[\\/]pino[\\/]/.test(importer) ? { path: name, namespace: 'unused' } : undefined,
    );
    bundle.onLoad({ filter: /^/, namespace: 'unused' }, () => ({
      contents: 'module.exports = function () {};',
    }));
  },
};

/** Of package.json a program needs its version, not all that VS Code reads there. */
const versionOnly: Plugin = {
  name: 'the version',
  setup: (bundle) =>
    bundle.onLoad({ filter: /[\\/]package\.json$/ }, async ({ path: file }) => {
      if (file !== path.join(root, 'package.json')) return undefined;
      const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string };
      return { contents: JSON.stringify({ version }), loader: 'json' };
    }),
};

/** What is imported when it is needed, and is a file of its own. */
const apart = (source: RegExp, file: string): Plugin => ({
  name: file,
  setup: (bundle) =>
    bundle.onResolve({ filter: source }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: file, external: true } : undefined,
    ),
});

/** Most gateways never need the tools of agents: they and their library stay out until somebody asks for them. */
const toolsApart = apart(/\/mcpServer\.ts$/, './mcp.cjs');

/** The files of the contract define values and do nothing else: a client carries, and evaluates, those that it uses. */
const asNeeded: Plugin = {
  name: 'the contract as needed',
  setup: (bundle) =>
    bundle.onResolve({ filter: /\/protocol\/\w+\.ts$|^\.\/\w+\.ts$/ }, ({ path: file, resolveDir }) => {
      const found = path.resolve(resolveDir, file);
      return path.dirname(found) === contract ? { path: found, sideEffects: false } : undefined;
    }),
};

/** `z` as a value would bring all of zod along; as a namespace it brings what is used. The two mean the same. */
const zodInParts: Plugin = {
  name: 'zod in parts',
  setup: (bundle) =>
    bundle.onLoad({ filter: /[\\/](?:gateway|extension)[\\/].*\.ts$/ }, async ({ path: file }) => ({
      contents: (await readFile(file, 'utf8')).replace("import { z } from 'zod'", "import * as z from 'zod'"),
      loader: 'ts',
    })),
};

const onNode: BuildOptions = {
  ...common,
  platform: 'node',
  format: 'cjs',
  target: 'node24',
  // Loading a file by import() would start the other loader, which takes longer than the file.
  supported: { 'dynamic-import': false },
  plugins: [englishOnly, versionOnly],
  // Its "main" is a UMD file whose requires no bundler can follow.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
};

const inPanel: BuildOptions = {
  ...common,
  outdir: 'dist/webview',
  platform: 'browser',
  format: 'esm',
  // The Chromium of the oldest VS Code that we support.
  target: 'chrome138',
};

const bundles: BuildOptions[] = [
  // Also what the command `holdfast` runs (scripts/holdfast.mjs), so it says who runs it, and what an old Node is told.
  {
    ...onNode,
    entryPoints: ['gateway/launch.ts'],
    outfile: 'dist/gateway.cjs',
    banner: {
      js: [
        '#!/usr/bin/env node',
        'try {',
        "  if (!require('node:sqlite').DatabaseSync || !require('node:zlib').crc32) throw new Error();",
        '} catch {',
        '  console.error(`Holdfast needs Node 24 or newer, and this is ${process.version}: https://nodejs.org`);',
        '  process.exit(1);',
        '}',
      ].join('\n'),
    },
  },
  {
    ...onNode,
    entryPoints: ['gateway/main.ts'],
    outfile: 'dist/main.cjs',
    // Names as they are. Short ones, with what keeps the others beside them, are a third less to read, but take longer to start.
    ...{ minify: false, minifySyntax: true, minifyWhitespace: true, keepNames: false },
    plugins: [englishOnly, versionOnly, zodInParts, toolsApart, pinoToStream],
  },
  { ...onNode, entryPoints: ['gateway/rpc/mcpServer.ts'], outfile: 'dist/mcp.cjs' },
  {
    ...onNode,
    entryPoints: ['extension/extension.ts'],
    outfile: 'dist/extension.cjs',
    external: ['vscode'],
    plugins: [englishOnly, asNeeded, zodInParts],
  },
  // A page that starts waits for one file.
  {
    ...inPanel,
    entryPoints: { main: 'extension/webview/main.ts', mail: 'extension/webview/mail/main.ts' },
    plugins: [apart(/\/colours\.ts$/, './colours.js')],
  },
  {
    ...inPanel,
    entryPoints: ['extension/webview/colours.ts'],
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
  },
];

/** The icon font comes ready-made: the panel links its style sheet. */
async function copyIcons(): Promise<void> {
  await mkdir(path.join(dist, 'webview'), { recursive: true });
  for (const file of ['codicon.css', 'codicon.ttf']) {
    await copyFile(
      path.join(root, 'node_modules/@vscode/codicons/dist', file),
      path.join(dist, 'webview', file),
    );
  }
}

async function buildOnce(): Promise<void> {
  // Chunks have hashed names: old ones would stay for ever, and travel in the package.
  await rm(dist, { recursive: true, force: true });
  await copyIcons();
  const results = await Promise.all(bundles.map((bundle) => build(bundle)));
  // The command that `npm link` leads to is this file, also when it is made anew.
  await chmod(path.join(dist, 'gateway.cjs'), 0o755);
  const metafiles = results.flatMap(({ metafile }): Metafile[] => (metafile ? [metafile] : []));
  await writeFile(path.join(dist, 'config.schema.json'), JSON.stringify(configSchema()));
  await writeFile(path.join(dist, 'NOTICES.txt'), await notices(root, metafiles, ['@vscode/codicons']));
}

async function watch(): Promise<void> {
  await copyIcons();
  for (const bundle of bundles) {
    const watched = await context({ ...bundle, logLevel: 'info' });
    await watched.watch();
  }
}

await (process.argv.includes('--watch') ? watch() : buildOnce());
