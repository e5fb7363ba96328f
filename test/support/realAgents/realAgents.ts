// Real agents, ready to be started against the fake models: what to run, with which settings, in a home of their own.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Program } from '../../../gateway/agents/process.ts';
import { installed } from './install.ts';
import { RECIPES, type RealAgentId, type Recipe } from './recipes.ts';

/** A program for a driver, or for the `agents` of a gateway's configuration. Disposing removes its home. */
export interface RealAgent extends Program, AsyncDisposable {
  readonly home: string;
  /** An empty folder to work in. */
  readonly workspace: string;
  readonly recipe: Recipe;
}

/** A home that no setting of the developer's own machine reaches into. */
const homeEnvironment = (home: string): Record<string, string> => ({
  HOME: home,
  XDG_CONFIG_HOME: join(home, '.config'),
  XDG_DATA_HOME: join(home, '.local/share'),
  XDG_STATE_HOME: join(home, '.local/state'),
  XDG_CACHE_HOME: join(home, '.cache'),
  CLAUDE_CONFIG_DIR: join(home, '.claude'),
  TMPDIR: join(home, 'tmp'),
  // The agents' launchers are Node scripts, which want a newer Node than the system may have.
  PATH: [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
  NO_COLOR: '1',
  // A proxy must not come between an agent and the models on loopback.
  NO_PROXY: '127.0.0.1,localhost',
});

/** The agents of this run: all of them, or those that are named. */
export const realAgentIds = (chosen = process.env['HOLDFAST_AGENTS'] ?? ''): readonly RealAgentId[] => {
  // Every id of the table is a key of it, which Object.keys does not say.
  const all = Object.keys(RECIPES) as RealAgentId[];
  if (chosen === '' || chosen === 'all') return all;
  const names = chosen.split(',');
  const unknown = names.filter((name) => !all.some((id) => id === name));
  if (unknown.length > 0)
    throw new Error(`HOLDFAST_AGENTS: ${unknown.join(', ')}. Known: all, ${all.join(', ')}`);
  return all.filter((id) => names.includes(id));
};

/** Whether its model can ask a person to choose between answers. */
export const offersChoices = (id: RealAgentId): boolean => {
  const recipe: Recipe = RECIPES[id];
  return recipe.offersChoices === true;
};

export const prepareRealAgent = async (id: RealAgentId, modelsUrl: string): Promise<RealAgent> => {
  const recipe: Recipe = RECIPES[id];
  const command = await installed(recipe.specifier, recipe.command);
  const home = await mkdtemp(join(tmpdir(), `holdfast-${id}-`));
  const workspace = join(home, 'workspace');
  await Promise.all([workspace, join(home, 'tmp')].map((folder) => mkdir(folder)));
  for (const [path, content] of Object.entries(recipe.files(modelsUrl))) {
    const file = join(home, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  }
  return {
    name: recipe.name,
    command,
    args: recipe.args,
    env: { ...homeEnvironment(home), ...recipe.env(modelsUrl) },
    home,
    workspace,
    recipe,
    // Agents write their last state while they end: a removal may meet a folder that fills again.
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  };
};
