// Every area of the benchmark, by its name.
import type { Area } from './area.ts';
import { fanout } from './areas/fanout.ts';
import { rpc } from './areas/rpc.ts';

export const areas: Readonly<Record<string, Area>> = { rpc, fanout };
