// The page of a mail thread: starts itself in what the extension host has written.
import { openDoor } from '../door.ts';
import { readTexts } from '../l10n.ts';
import type { ToMailHost, ToThread } from '../../mail/mailMessages.ts';
import { ThreadApp } from './threadApp.ts';

readTexts(document.getElementById('l10n')?.textContent, document.documentElement.lang);
const root = document.getElementById('app');
if (root !== null) new ThreadApp(root, openDoor<ToMailHost, ToThread>(), () => Date.now()).start();
