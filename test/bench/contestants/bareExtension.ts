// The least extension: a few lines, and a view that says a word. What VS Code takes for it, it takes for every one.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const BARE = { id: 'holdfast-bench.bare', container: 'Bare', words: 'Nothing but a word' };

const manifest = {
  name: 'bare',
  publisher: 'holdfast-bench',
  version: '1.0.0',
  engines: { vscode: '^1.125.0' },
  main: './main.js',
  activationEvents: ['onStartupFinished'],
  contributes: {
    viewsContainers: { activitybar: [{ id: 'bare', title: BARE.container, icon: 'bare.svg' }] },
    views: { bare: [{ id: 'bare.view', type: 'webview', name: 'Bare' }] },
  },
};

const program = `const { window } = require('vscode');
const resolveWebviewView = ({ webview }) => {
  webview.options = { enableScripts: true };
  webview.html = '<!doctype html><p>${BARE.words}</p>';
};
exports.activate = () => { window.registerWebviewViewProvider('bare.view', { resolveWebviewView }); };
`;

/** Packs it; the result is its VSIX. */
export function packBare(folder: string): string {
  const source = path.join(folder, 'bare');
  mkdirSync(source, { recursive: true });
  writeFileSync(path.join(source, 'package.json'), JSON.stringify(manifest));
  writeFileSync(path.join(source, 'main.js'), program);
  writeFileSync(path.join(source, 'README.md'), 'For a benchmark.\n');
  writeFileSync(path.join(source, '.vscodeignore'), '');
  writeFileSync(
    path.join(source, 'bare.svg'),
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"/>',
  );
  const vsix = path.join(folder, 'bare.vsix');
  const vsce = path.resolve(import.meta.dirname, '../../../node_modules/.bin/vsce');
  execFileSync(
    vsce,
    ['package', '--no-dependencies', '--skip-license', '--allow-missing-repository', '--out', vsix],
    {
      cwd: source,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  return vsix;
}
