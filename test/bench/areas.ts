// Every area of the benchmark, by its name.
import type { Area } from './area.ts';
import { accept } from './areas/accept.ts';
import { fanout } from './areas/fanout.ts';
import { mail } from './areas/mail.ts';
import { panel } from './areas/panel.ts';
import { peer } from './areas/peer.ts';
import { proc } from './areas/proc.ts';
import { replay } from './areas/replay.ts';
import { rpc } from './areas/rpc.ts';
import { servers } from './areas/servers.ts';
import { vscodeWindow } from './areas/window.ts';

export const areas: Readonly<Record<string, Area>> = {
  rpc,
  fanout,
  accept,
  replay,
  proc,
  panel,
  window: vscodeWindow,
  peer,
  mail,
  servers,
};
