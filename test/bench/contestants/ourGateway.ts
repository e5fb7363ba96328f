// Our gateway as it is shipped, in a state folder of its own, with the scripted agent in its configuration.
import { writeFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { WebSocket } from 'ws';
import { NODE_FLAGS } from '../../../gateway/rpc/connect.ts';
import { readDiscovery } from '../../../gateway/rpc/discovery.ts';
import type { Settings } from '../area.ts';
import { startNode, type Started } from '../processes.ts';
import { bytesOf, dial, RawCaller } from '../sockets.ts';

const AGENT = path.join(import.meta.dirname, '../streamAgent.ts');

export interface OurGateway extends Started {
  readonly socket: string;
  /** A session with the scripted agent. */
  readonly sessionId: string;
  /** A connection that is no measured client. */
  readonly control: Client;
}

export interface Client extends Disposable {
  readonly ws: WebSocket;
  call(method: string, params: object): Promise<unknown>;
}

export async function startOurGateway(
  bundle: string,
  folder: string,
  settings: Settings,
  more: object = {},
): Promise<OurGateway> {
  const home = path.join(folder, 'home');
  mkdirSync(home, { mode: 0o700, recursive: true });
  const agents = { scripted: { command: process.execPath, args: [AGENT] } };
  writeFileSync(path.join(home, 'config.json'), JSON.stringify({ agents, ...more }));
  const profile =
    settings.profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${settings.profiles}`];
  const started = await startNode(
    [...NODE_FLAGS, ...profile, bundle, 'up', '--foreground'],
    { HOLDFAST_HOME: home },
    () => readDiscovery(home) !== undefined,
  );
  const socket = readDiscovery(home)?.socket ?? '';
  const control = await connectTo(socket);
  // The contract of session.create.
  const created = (await control.call('session.create', { path: folder, agent: 'scripted' })) as {
    sessionId: string;
  };
  return Object.assign(started, { socket, control, sessionId: created.sessionId });
}

/** A client that sends JSON-RPC as text and reads each answer; `onText` gets the notifications as they come. */
export async function connectTo(socket: string, onText: (text: Buffer) => void = () => {}): Promise<Client> {
  const ws = await dial(socket, '/rpc');
  const caller = new RawCaller((text) => ws.send(text));
  ws.on('message', (data) => {
    const bytes = bytesOf(data);
    if (isNotification(bytes)) onText(bytes);
    else caller.receive(bytes.toString());
  });
  return {
    ws,
    call: (method, params) => caller.call(method, params),
    [Symbol.dispose]: () => ws.terminate(),
  };
}

const NOTIFICATION = Buffer.from('{"jsonrpc":"2.0","method":');

/** A look at the first bytes: parsing is what the other contestants' clients do not do either. */
const isNotification = (bytes: Buffer): boolean =>
  bytes.subarray(0, NOTIFICATION.length).equals(NOTIFICATION);
