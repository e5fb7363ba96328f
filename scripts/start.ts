// `npm start`: builds, starts the gateway, and opens VS Code with the extension in it: the desktop's own, else a VS Code
// server for the browser at an address that is printed.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { say } from '../test/support/vscode/say.ts';
import { startServer } from '../test/support/vscode/server.ts';
import { makePackage } from './package.ts';
import { root } from './paths.ts';

const { values: asked } = parseArgs({
  options: {
    folder: { type: 'string' },
    port: { type: 'string' },
    browser: { type: 'boolean', default: false },
  },
});

/** What the window opens: the folder that was asked for, from where the person stands, else a small sample. */
function workspace(): string {
  if (asked.folder !== undefined) {
    const folder = path.resolve(process.env['INIT_CWD'] ?? process.cwd(), asked.folder);
    if (!existsSync(folder))
      throw new Error(`There is no folder ${folder}. Name one that exists: npm start -- --folder .`);
    return folder;
  }
  const sample = path.join(root, '.cache/sample');
  mkdirSync(sample, { recursive: true });
  const readme = path.join(sample, 'README.md');
  if (!existsSync(readme)) writeFileSync(readme, '# A sample folder\n\nHere an agent can do no harm.\n');
  return sample;
}

/** The command of a VS Code with a screen to open on. Over SSH, or as root, it would not open or would refuse. */
function desktopCode(): string | undefined {
  if (asked.browser || process.env['SSH_CONNECTION'] !== undefined || process.getuid?.() === 0)
    return undefined;
  const hasScreen =
    process.platform !== 'linux' || Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
  if (!hasScreen) return undefined;
  const name = process.platform === 'win32' ? 'code.cmd' : 'code';
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}

function openDesktop(code: string, vsix: string, folder: string): void {
  // On Windows `code` is a script of the shell.
  const options = { stdio: 'inherit', shell: process.platform === 'win32' } as const;
  say(`installing the extension into ${code}`);
  execFileSync(code, ['--install-extension', vsix, '--force'], options);
  execFileSync(code, [folder], options);
  say(
    'VS Code is open: look for the Holdfast icon in its activity bar. A window that was open already: reload it.',
  );
}

async function openInBrowser(vsix: string, folder: string): Promise<void> {
  say('starting the VS Code server');
  const server = await startServer({
    vsix: [vsix],
    // Kept, so that the window looks the same next time.
    dataFolder: path.join(root, '.cache/start'),
    port: Number(asked.port ?? 0),
  });
  const stop = Promise.withResolvers<string>();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.resolve('stopped'));
  void server.ended.then(() => stop.resolve('ended by itself'));
  say('VS Code is ready. Open this address in a browser, and the Holdfast icon in its activity bar:');
  console.log(`\n  ${server.windowUrl(folder)}\n`);
  say('Ctrl-C ends the VS Code server.');
  const why = await stop.promise;
  await server[Symbol.asyncDispose]();
  say(`VS Code server ${why}. The gateway and its sessions go on; end them with: npx holdfast down`);
}

const folder = workspace();
say('building');
execFileSync(process.execPath, ['scripts/build.ts'], { cwd: root, stdio: 'inherit' });
const vsix = makePackage();
say('starting the gateway');
execFileSync(process.execPath, ['dist/gateway.cjs', 'up'], { cwd: root, stdio: ['ignore', 2, 2] });
const code = desktopCode();
if (code === undefined) await openInBrowser(vsix, folder);
else openDesktop(code, vsix, folder);
