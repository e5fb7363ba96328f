// The least program that puts an agent's stream before many clients: unstored with a frame for each event, or with a
// synced commit and one frame for each read. What a gateway costs beyond this is the price of its promises.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { WebSocket } from 'ws';
import { onLines } from '../lines.ts';
import { bytesOf, RawCaller, serveWebSockets } from '../sockets.ts';

export interface BareOptions {
  /** Whether each read is one synced SQLite transaction before anybody sees it. */
  readonly isStored: boolean;
  readonly send: 'each' | 'batch';
}

/** Past the first the agent is not read, until everybody is below the second. */
const HIGH_WATER = 8 * 1024 * 1024;
const LOW_WATER = 1024 * 1024;

export async function serveBareGateway(socket: string, { isStored, send }: BareOptions): Promise<void> {
  const clients = new Set<WebSocket>();
  const save = isStored ? openStore(`${socket}.db`) : () => {};
  let seq = 0;

  const agent = spawn(process.execPath, [path.join(import.meta.dirname, '../streamAgent.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const caller = new RawCaller((text) => agent.stdin.write(`${text}\n`));
  const queued = (): number => Math.max(0, ...Array.from(clients, (client) => client.bufferedAmount));
  const goOnWhenDrained = (): void => {
    if (queued() < LOW_WATER) agent.stdout.resume();
    else setTimeout(goOnWhenDrained, 1);
  };
  onLines(agent.stdout, (lines) => {
    const events = lines.filter((line) => isUpdate(line, caller));
    if (events.length === 0) return;
    save(events);
    const frames = events.map((event) => `{"seq":${(seq += 1)},"ev":${event}}`);
    if (send === 'each') {
      for (const frame of frames) for (const client of clients) client.send(frame);
    } else {
      const frame = Buffer.from(frames.join('\n'));
      for (const client of clients) client.send(frame, { binary: false });
    }
    if (queued() < HIGH_WATER) return;
    agent.stdout.pause();
    goOnWhenDrained();
  });

  await caller.call('initialize', { protocolVersion: 1, clientCapabilities: {} });
  // The agent is ours.
  const { sessionId } = (await caller.call('session/new', { cwd: '/', mcpServers: [] })) as {
    sessionId: string;
  };
  await serveWebSockets(socket, (client, { url }) => {
    client.on('error', () => client.terminate());
    if (url !== '/control') {
      clients.add(client);
      client.on('close', () => clients.delete(client));
      return;
    }
    const prompt = async (text: string): Promise<void> => {
      await caller.call('session/prompt', { sessionId, prompt: [{ type: 'text', text }] });
      client.send('done');
    };
    client.on('message', (data) => void prompt(bytesOf(data).toString()));
  });
}

/** Parses, as whoever has to know what an agent says must; answers go to their calls. */
function isUpdate(line: string, caller: RawCaller): boolean {
  // The agent is ours.
  const message = JSON.parse(line) as { method?: string };
  if (message.method === undefined) caller.receive(line);
  return message.method === 'session/update';
}

function openStore(file: string): (events: readonly string[]) => void {
  const db = new DatabaseSync(file);
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 4000;
    CREATE TABLE event (seq INTEGER PRIMARY KEY, json TEXT NOT NULL);
  `);
  const insert = db.prepare('INSERT INTO event (json) VALUES (?)');
  return (events) => {
    db.exec('BEGIN');
    for (const event of events) insert.run(event);
    db.exec('COMMIT');
  };
}
