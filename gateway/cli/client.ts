// How a verb reaches the gateway, and how the short names that people type become ids.
import { randomUUID } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { withoutUndefined } from '../language.ts';
import {
  ClientId,
  Problem,
  type MethodName,
  type PeerName,
  type Permission,
  type Session,
} from '../protocol/index.ts';
import { connect, NoGatewayError, type ConnectOptions, type GatewayClient } from '../rpc/connect.ts';
import { readDiscovery } from '../rpc/discovery.ts';
import { stateFolder } from '../rpc/paths.ts';
import { oneLine } from './plainText.ts';
import type { Program } from './verb.ts';

/** What other windows read: "answered in a terminal". */
export const CLIENT_NAME = 'a terminal';
/** The id of this process as a client: it stays the same over lost links. */
const CLIENT_ID = ClientId.parse(`terminal-${randomUUID()}`);

/** Somebody else's gateway: exit code 3. */
export class NotAuthorisedError extends Error {
  override name = 'NotAuthorisedError';
}

/** How to start a gateway when none answers. */
export const startOf = ({ node, script }: Program): NonNullable<ConnectOptions['start']> => ({
  command: node,
  args: [script, 'up', '--foreground'],
});

/** Connects; starts a gateway when there is none and a program to start it with is given. */
export async function dial(program?: Program, signal?: AbortSignal): Promise<GatewayClient> {
  try {
    const start = program === undefined ? undefined : startOf(program);
    const client = await connect(withoutUndefined({ name: CLIENT_NAME, clientId: CLIENT_ID, start, signal }));
    const call: GatewayClient['call'] = client.call.bind(client);
    const addressed: GatewayClient['call'] = (method, params) => call(method, { ...at(params), ...params });
    return Object.assign(client, { call: addressed });
  } catch (error) {
    if (error instanceof NoGatewayError) mustBeOurs();
    throw error;
  }
}

/** Uses a gateway for the time of one verb. With `start`, one is started if none runs. */
export async function withGateway<T>(
  use: (client: GatewayClient) => Promise<T>,
  start?: Program,
): Promise<T> {
  await using client = await dial(start);
  return await use(client);
}

/** Uses the gateway that runs. undefined: none does. */
export async function ifRunning<T>(use: (client: GatewayClient) => Promise<T>): Promise<T | undefined> {
  try {
    return await withGateway(use);
  } catch (error) {
    if (error instanceof NoGatewayError) return undefined;
    throw error;
  }
}

/** On which peer each session or question lives that was found by what people type. */
const elsewhere = new Map<string, PeerName>();

/** Remembers on which peer something was made or found. */
export function isAt(id: string, peer: PeerName): void {
  elsewhere.set(id, peer);
}

/** Where a call goes, to stand among its parameters: every method that names a session or a question takes it. */
export function at(params: object): { readonly peer?: PeerName } {
  const id =
    'sessionId' in params ? params.sessionId : 'permissionId' in params ? params.permissionId : undefined;
  const peer = typeof id === 'string' ? elsewhere.get(id) : undefined;
  return peer === undefined ? {} : { peer };
}

/** Calls a method whose name is known only now. The gateway checks the parameters, so nothing is promised of them. */
export const callByName = (client: GatewayClient, method: string, params: unknown): Promise<unknown> =>
  client.call(method as MethodName, params as never);

/** The mode of folder and socket is what lets a caller in: say so when that is why nobody answers. */
function mustBeOurs(): void {
  const home = stateFolder();
  const socket = readDiscovery(home)?.socket;
  for (const file of [home, path.join(home, 'gateway.json'), ...(socket === undefined ? [] : [socket])]) {
    try {
      accessSync(file, constants.R_OK | (file === socket ? constants.W_OK : 0));
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error;
      if (error.code !== 'EACCES' && error.code !== 'EPERM') continue;
      throw new NotAuthorisedError(
        `${file} belongs to somebody else. Set HOLDFAST_HOME to a folder of your own, or ask its owner.`,
      );
    }
  }
}

/** The session that somebody means: an id, the beginning of one, or a title. Throws session.unknown. */
export async function findSession(client: GatewayClient, text: string): Promise<Session> {
  const { sessions } = await client.call('session.list', {});
  for (const { sessionId, peer } of sessions) if (peer !== undefined) isAt(sessionId, peer);
  return meant(
    'session',
    text,
    sessions,
    ({ sessionId }) => sessionId,
    ({ title }) => title,
  );
}

/** What agents ask here and on linked machines. Machines that cannot be reached are left out: nothing could be answered there. */
export async function openPermissions(client: GatewayClient): Promise<Permission[]> {
  const { permissions } = await client.call('permission.list', {});
  const { peers } = await client.call('peers.list', {});
  const asking = peers.filter(
    ({ state, sessions }) =>
      state !== 'disconnected' && sessions.some(({ pendingPermissions }) => pendingPermissions > 0),
  );
  const there = await Promise.all(
    asking.map(async ({ name: peer }) => {
      const found = await client.call('permission.list', { peer }).catch((error: unknown) => {
        if (error instanceof Problem) return { permissions: [] };
        throw error;
      });
      for (const { permissionId } of found.permissions) isAt(permissionId, peer);
      return found.permissions;
    }),
  );
  return [...permissions, ...there.flat()];
}

/** The open permission that somebody means, by its id or the beginning of it. */
export const findPermission = async (client: GatewayClient, text: string): Promise<Permission> =>
  meant('permission', text, await openPermissions(client), ({ permissionId }) => permissionId);

/** Ids come before titles, and exact ones before beginnings, so that nobody can take a name away by choosing it. */
export function meant<T>(
  kind: 'session' | 'permission',
  text: string,
  all: readonly T[],
  idOf: (one: T) => string,
  titleOf?: (one: T) => string,
): T {
  const tests: ((one: T) => boolean)[] = [(one) => idOf(one) === text];
  if (text !== '') tests.push((one) => idOf(one).startsWith(text));
  if (titleOf !== undefined) {
    tests.push((one) => titleOf(one) === text);
    tests.push((one) => titleOf(one).toLowerCase() === text.toLowerCase());
  }
  for (const test of tests) {
    const found = all.filter(test);
    const [first, second] = found;
    if (first === undefined) continue;
    if (second === undefined) return first;
    const names = found.map((one) => idOf(one)).join(', ');
    throw new Problem(
      `${kind}.unknown`,
      `"${oneLine(text)}" could be ${found.length} ${kind}s: ${names}. Give more of the id.`,
    );
  }
  throw new Problem(`${kind}.unknown`, `There is no ${kind} "${oneLine(text)}". ${WHERE_TO_LOOK[kind]}`);
}

const WHERE_TO_LOOK = {
  session: 'List them: holdfast sessions',
  permission: 'List the open ones: holdfast permission list',
} as const;
