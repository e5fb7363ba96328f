// The door of `npm start` and `npm test` on a fresh machine: runs on Node 20 with nothing installed, installs what the
// lock file says (Node 24 is among it), and hands over to the TypeScript file of that name on Node 24.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const bin = path.join(root, 'node_modules', '.bin');
const node = path.join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
const [name = '', ...args] = process.argv.slice(2);

/** @param {string} text */
const say = (text) => console.error(`[setup] ${text}`);

/** npm writes its own lock file last, so one that is older than ours belongs to an earlier or broken install. */
function isInstalled() {
  const written = path.join(root, 'node_modules/.package-lock.json');
  if (!existsSync(written) || !existsSync(node)) return false;
  return statSync(written).mtimeMs >= statSync(path.join(root, 'package-lock.json')).mtimeMs;
}

function install() {
  say('installing the packages of package-lock.json (a minute or so, once)');
  // npm on Windows is a script of the shell.
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) {
    say('npm ci failed: its message is above. Holdfast needs npm and a package registry that it can reach.');
    process.exit(1);
  }
  if (!existsSync(node)) {
    say('Node 24 is missing in node_modules: npm did not run the install script of the package "node".');
    say('Run: npm config delete ignore-scripts; then try again.');
    process.exit(1);
  }
}

if (!isInstalled()) install();

// Whatever is started from here on finds Node 24 first.
const env = { ...process.env, PATH: bin + path.delimiter + (process.env['PATH'] ?? '') };
const child = spawn(node, [path.join(root, 'scripts', `${name}.ts`), ...args], { stdio: 'inherit', env });
// Ctrl-C reaches the child by itself; this process only waits for it to tidy up.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('error', (error) => {
  say(`Node 24 did not start: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
