// The chat panel: starts itself in the page that the extension host has written.
import { App } from './app.ts';
import { connectHost } from './host.ts';

const root = document.getElementById('app');
if (root !== null) new App(root, connectHost(), () => Date.now()).start();
