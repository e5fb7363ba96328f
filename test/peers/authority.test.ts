// A certificate that the whole world trusts is worth nothing among peers: only pins are.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect, createServer, getCACertificates, setDefaultCACertificates, type Server } from 'node:tls';
import { makeIdentity } from '../../gateway/peers/certificate.ts';
import { dial, LINK } from '../../gateway/peers/tls.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';
import { auditOf, linkGateways, peersConfig } from '../support/peers.ts';
import { waitFor, within } from '../support/waitFor.ts';

const never = new AbortController().signal;
/** Stands among the authorities that this machine trusts. */
const trusted = makeIdentity();
const file = path.join(newFolder(), 'authority.pem');
const env = { NODE_EXTRA_CA_CERTS: file };

/** A linked gateway, and one with no pins at all: to OpenSSL no list of authorities may mean all that there are. */
const kinds = ['that has a peer', 'that has none'] as const;

describe('a key that the whole world trusts', () => {
  let server: Server;
  before(async () => {
    writeFileSync(file, trusted.certificate);
    setDefaultCACertificates([...getCACertificates('default'), trusted.certificate]);
    server = createServer({
      key: trusted.privateKey,
      cert: trusted.certificate,
      ALPNProtocols: [LINK],
    }).listen(0, '127.0.0.1');
    server.on('tlsClientError', () => {});
    await once(server, 'listening');
  });
  after(async () => {
    server.close();
    await once(server, 'close');
  });
  // It listens on TCP, so the address is no path.
  const port = (): number => (server.address() as AddressInfo).port;

  it('is trusted by programs that ask the authorities', async () => {
    const socket = connect({ port: port(), host: '127.0.0.1', checkServerIdentity: () => undefined });
    await within('the handshake', once(socket, 'secureConnect'));
    assert.equal(socket.authorized, true);
    socket.destroy();
    const counted = spawnSync(process.execPath, ['-p', "require('tls').getCACertificates('extra').length"], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
    assert.equal(counted.stdout, '1\n', counted.stderr);
  });

  for (const kind of kinds) {
    it(`does not get into a gateway ${kind}`, async () => {
      await using desk = await startGateway({ config: peersConfig('desk', { announce: true }), env });
      const client = await desk.connect();
      if (kind === kinds[0]) {
        await using box = await startGateway({ config: peersConfig('box') });
        await linkGateways(desk, box);
      }
      const { listening } = (await client.call('peers.list', {})).self;
      const socket = connect({
        ...{ host: '127.0.0.1', port: listening ?? 0, ALPNProtocols: [LINK], rejectUnauthorized: false },
        ...{ key: trusted.privateKey, cert: trusted.certificate },
      });
      socket.on('error', () => {}).resume();
      await within('the end of the connection', once(socket, 'close'));
      const [refused] = await waitFor('the line in the log', () => {
        const lines = auditOf(desk, 'peer.refused');
        return lines.length > 0 && lines;
      });
      assert.match(refused?.reason ?? '', /SELF_SIGNED/);
    });
  }

  it('is no peer where a peer is dialled, even if somebody forgot to compare it', async () => {
    const [own, box] = [makeIdentity(), makeIdentity()];
    const target = { addresses: [`127.0.0.1:${port()}`], identity: own, protocol: LINK } as const;
    for (const pins of [[box.certificate], []])
      await assert.rejects(
        dial({ ...target, fingerprints: [trusted.fingerprint], pins }, never),
        /another key answers/,
      );
    const looksPast = dial(
      { ...target, fingerprints: [box.fingerprint], pins: [trusted.certificate] },
      never,
    );
    await assert.rejects(looksPast, /another key answers/);
  });
});
