// The chat panel: starts itself in the page that the extension host has written.
import { App } from './app.ts';
import { connectHost } from './host.ts';
import { readTexts } from './l10n.ts';

readTexts(document.getElementById('l10n')?.textContent, document.documentElement.lang);
const root = document.getElementById('app');
if (root !== null) new App(root, connectHost(), () => Date.now()).start();
