// Agents of the ACP registry: what it says of each of them, as far as a catalogue needs it, and what is installed of that.
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { isRecord } from '../language.ts';
import { AgentId, type Agent } from '../protocol/index.ts';
import { list, object, word, type JsonObject } from './json.ts';
import { lookUp } from './lookUp.ts';

/** How an agent is had: an npm package, a Python package, or a program that its maker offers for download. */
export type Source =
  | { readonly from: 'npm' | 'uv'; readonly package: string }
  | { readonly from: 'download'; readonly program: string };

export interface RegistryAgent {
  readonly agent: string;
  readonly name: string;
  readonly website: string | undefined;
  readonly source: Source;
  readonly args: readonly string[];
}

export interface Registry {
  /** The day of which it tells. */
  readonly date: string;
  readonly agents: readonly RegistryAgent[];
}

const ID = /^[a-z][a-z0-9-]{0,63}$/;
const NPM_PACKAGE = /^(?:@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*$/i;
const PROGRAM = /^[a-z0-9][\w.-]*$/i;

const words = (value: unknown): string[] =>
  list(value).flatMap((one) => (typeof one === 'string' ? [one] : []));

const isWeb = (url: string | undefined): url is string =>
  url !== undefined && URL.canParse(url) && new URL(url).protocol === 'https:';

/** The newest version is what a person wants, whatever was tested last. */
const withoutVersion = (name: string, mark: string): string => {
  const at = name.indexOf(mark, 1);
  return at === -1 ? name : name.slice(0, at);
};

const sourceOf = (distribution: JsonObject): { source: Source; args: string[] } | undefined => {
  const { npx, uvx, binary } = distribution;
  const npm = withoutVersion(word(object(npx)['package']) ?? '', '@');
  if (NPM_PACKAGE.test(npm))
    return { source: { from: 'npm', package: npm }, args: words(object(npx)['args']) };
  const uv = withoutVersion(word(object(uvx)['package']) ?? '', '==').split('@')[0] ?? '';
  if (PROGRAM.test(uv)) return { source: { from: 'uv', package: uv }, args: words(object(uvx)['args']) };
  const [target] = Object.values(object(binary));
  const program =
    (word(object(target)['cmd']) ?? '')
      .split(/[\\/]/)
      .at(-1)
      ?.replace(/\.(?:exe|cmd)$/, '') ?? '';
  if (!PROGRAM.test(program)) return undefined;
  return { source: { from: 'download', program }, args: words(object(target)['args']) };
};

const registryAgent = (value: unknown): RegistryAgent[] => {
  const raw = object(value);
  const agent = word(raw['id']);
  const found = sourceOf(object(raw['distribution']));
  if (agent === undefined || !ID.test(agent) || found === undefined) return [];
  const website = [word(raw['website']), word(raw['repository'])].find(isWeb);
  return [{ agent, name: word(raw['name']) ?? agent, website, ...found }];
};

/** Reads the registry's own form; undefined: it is something else. An agent that makes no sense is left out. */
export const readRegistry = (value: unknown, date: string): Registry | undefined => {
  if (!isRecord(value) || !Array.isArray(value['agents'])) return undefined;
  const agents = value['agents'].flatMap(registryAgent);
  return agents.length === 0 ? undefined : { date: word(value['date']) ?? date, agents };
};

/** Where the program of an agent is, if it is installed. Nothing is run to find out. */
export const installedProgram = (
  source: Source,
  path: string,
  platform: NodeJS.Platform,
): string | undefined => {
  if (source.from === 'npm') return npmProgram(source.package, path, platform);
  const lookup = lookUp(source.from === 'download' ? source.program : source.package, path, platform);
  return lookup !== undefined && 'found' in lookup ? lookup.found : undefined;
};

/** A row of the catalogue: how it would be started, or the very command that installs it. */
export const describeRegistryAgent = (
  { agent, name, website, source, args }: RegistryAgent,
  path: string,
  platform: NodeJS.Platform,
): Agent => {
  const row = { agent: AgentId.parse(agent), name, icon: 'package', source: 'registry' as const };
  const found = installedProgram(source, path, platform);
  if (found !== undefined) return { ...row, state: 'installed', detail: [found, ...args].join(' ') };
  if (source.from === 'download') {
    const where = website === undefined ? '' : ` as ${website} says`;
    const detail = `Install it${where}, so that \`${source.program}\` is on the PATH of the gateway.`;
    return { ...row, state: 'missing', detail };
  }
  const { tool, install, first } = INSTALLERS[source.from];
  const command = `Run \`${install} ${source.package}\`.`;
  const canInstall = 'found' in (lookUp(tool, path, platform) ?? {});
  return canInstall
    ? { ...row, state: 'installable', detail: command }
    : { ...row, state: 'missing', detail: `${first} Then: ${command}` };
};

const INSTALLERS = {
  npm: { tool: 'npm', install: 'npm install -g', first: 'Install Node.js with npm first (nodejs.org).' },
  uv: { tool: 'uv', install: 'uv tool install', first: 'Install uv first (docs.astral.sh/uv).' },
} as const;

/** What a package is called says nothing of its command: the package itself does. */
function npmProgram(name: string, path: string, platform: NodeJS.Platform): string | undefined {
  for (const folder of path.split(delimiter).filter((one) => one !== '')) {
    const root = platform === 'win32' ? folder : join(dirname(folder), 'lib');
    const manifest = join(root, 'node_modules', name, 'package.json');
    if (!existsSync(manifest)) continue;
    const bin = readManifest(manifest)['bin'];
    const short = name.split('/').at(-1) ?? name;
    const commands = typeof bin === 'string' ? [short] : Object.keys(object(bin));
    const command = commands.find((one) => one === short) ?? commands[0];
    const lookup = command === undefined ? undefined : lookUp(join(folder, command), path, platform);
    if (lookup !== undefined && 'found' in lookup) return lookup.found;
  }
  return undefined;
}

const readManifest = (file: string): JsonObject => {
  try {
    return object(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
};
