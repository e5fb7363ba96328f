// Gateways of tests that get to know each other.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Peer } from '../../gateway/protocol/index.ts';
import type { TestClient } from './client.ts';
import type { TestGateway } from './gateway.ts';
import { waitFor } from './waitFor.ts';

/** A heartbeat every 3 s: dead after 9, first waits of half a second. On loopback only. */
export const peersConfig = (name: string, more: object = {}): object => ({
  peers: { name, host: '127.0.0.1', heartbeatSeconds: 3, ...more },
});

export const peerOf = async (client: TestClient, name: string): Promise<Peer | undefined> =>
  (await client.call('peers.list', {})).peers.find((peer) => peer.name === name);

/** Resolves when the peer is in that state, as this side sees it. */
export const whenPeer = (client: TestClient, name: string, state: Peer['state']): Promise<Peer> =>
  waitFor(`${name} to be ${state}`, async () => {
    const peer = await peerOf(client, name);
    return peer?.state === state ? peer : undefined;
  });

/** The second joins the first. */
export async function linkGateways(
  first: TestGateway,
  second: TestGateway,
): Promise<[TestClient, TestClient]> {
  const [a, b] = [await first.connect(), await second.connect()];
  const { code } = await a.call('peers.invite', { address: '127.0.0.1' });
  await b.call('peers.join', { code });
  return [a, b];
}

export interface AuditLine {
  readonly audit: string;
  readonly peer?: string;
  readonly address?: string;
  readonly reason?: string;
}

/** What the gateway has written about its peers, oldest first. */
export function auditOf({ home }: { readonly home: string }, kind?: string): AuditLine[] {
  const lines = readFileSync(path.join(home, 'gateway.log'), 'utf8').trim().split('\n');
  return lines
    .map((line) => JSON.parse(line) as Partial<AuditLine>)
    .filter(
      (line): line is AuditLine => line.audit !== undefined && (kind === undefined || line.audit === kind),
    );
}
