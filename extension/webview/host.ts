// The panel's door to the extension host, typed; what is kept is told to the host as well, which is quicker than VS Code.
import type { ToHost, ToPanel } from '../chatMessages.ts';
import { openDoor, type Door } from './door.ts';
import type { Kept } from './state.ts';

export type { ToHost, ToPanel };

export interface Host extends Omit<Door<ToHost, ToPanel>, 'keep'> {
  keep(state: Kept): void;
}

export function connectHost(): Host {
  const door = openDoor<ToHost, ToPanel>();
  return {
    ...door,
    keep: (state) => {
      door.keep(state);
      door.post({ type: 'keep', sessionId: state.sessionId, kept: JSON.stringify(state) });
    },
  };
}
