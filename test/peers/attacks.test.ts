// What somebody on the network can do to a gateway that listens for peers: be refused, with one line in the log each.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, type AddressInfo, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connect as connectTls, createServer, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { makeIdentity, spkiOf, type Identity } from '../../gateway/peers/certificate.ts';
import { readCode } from '../../gateway/peers/code.ts';
import { FrameStream } from '../../gateway/peers/frame.ts';
import { greet, PEER_PROTOCOL } from '../../gateway/peers/greeting.ts';
import { readIdentity } from '../../gateway/peers/identity.ts';
import type { FrameLink, Hello } from '../../gateway/peers/link.ts';
import { invitationIdOf, join, proofKeyOf, proofOf } from '../../gateway/peers/pairing.ts';
import { dial, LINK, PAIRING } from '../../gateway/peers/tls.ts';
import type { TestClient } from '../support/client.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { auditOf, linkGateways, peersConfig, whenPeer, type AuditLine } from '../support/peers.ts';
import { TcpProxy } from '../support/tcpProxy.ts';
import { waitFor, within } from '../support/waitFor.ts';

const never = new AbortController().signal;

const helloOf = ({ fingerprint }: Pick<Identity, 'fingerprint'>): Hello => ({
  proto: PEER_PROTOCOL,
  gatewayId: fingerprint,
  instanceId: 'an-attacker',
  logId: '00000000',
  name: 'box',
  version: '0.0.0',
  caps: [],
  addresses: [],
});

describe('a gateway that listens for peers', () => {
  let desk: TestGateway;
  let port = 0;
  let client: TestClient;
  /** Keys that desk has pinned. Their gateways have ended: the test speaks for them. */
  let box: Identity;
  let crate: Identity;
  let own: Identity;
  const stranger = makeIdentity();

  before(async () => {
    desk = await startGateway({ config: peersConfig('desk', { heartbeatSeconds: 60 }) });
    const identities = await Promise.all(
      ['box', 'crate'].map(async (name) => {
        await using other = await startGateway({ config: peersConfig(name, { heartbeatSeconds: 60 }) });
        await linkGateways(desk, other);
        return readIdentity(other.home);
      }),
    );
    const self = readIdentity(desk.home);
    assert.ok(identities[0] && identities[1] && self);
    [box, crate, own] = [identities[0], identities[1], self];
    client = await desk.connect();
    for (const name of ['box', 'crate']) await whenPeer(client, name, 'disconnected');
    // Invitations of the linking would let strangers further.
    await desk.restart();
    client = await desk.connect();
    port = (await client.call('peers.list', {})).self.listening ?? 0;
  });
  after(() => desk[Symbol.asyncDispose]());

  const tls = (options: ConnectionOptions): TLSSocket => {
    const socket = connectTls({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
      ALPNProtocols: [LINK],
      ...options,
    });
    socket.on('error', () => {});
    return socket;
  };
  const as = ({ privateKey, certificate }: Identity): ConnectionOptions => ({
    key: privateKey,
    cert: certificate,
  });

  /** What desk has written since; waits for the first line, and sees that there is no second. */
  const refusals = async (attack: () => Promise<unknown>): Promise<AuditLine> => {
    const before = auditOf(desk).length;
    await attack();
    await waitFor('the line in the log', () => auditOf(desk).length > before);
    // A call answered after it: whatever else there was to write is written.
    const { peers } = await client.call('peers.list', {});
    assert.deepEqual(
      peers.map(({ state }) => state),
      ['disconnected', 'disconnected'],
      'nobody got in',
    );
    const lines = auditOf(desk).slice(before);
    assert.equal(lines.length, 1, JSON.stringify(lines));
    const [line] = lines;
    assert.ok(line?.audit === 'peer.refused');
    assert.equal(line.address, '127.0.0.1');
    return line;
  };
  const closed = (socket: Socket): Promise<unknown> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.once('close', () => resolve());
    socket.resume();
    return socket.closed ? Promise.resolve() : within('the end of the connection', promise, 7_000);
  };

  const handshakes: readonly (readonly [string, () => ConnectionOptions, RegExp])[] = [
    ['TLS 1.2', () => ({ ...as(box), minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }), /protocol/],
    ['no key', () => ({}), /did not return a certificate/],
    ['a key that is not pinned', () => as(stranger), /SELF_SIGNED/],
    ['another protocol over TLS', () => ({ ...as(box), ALPNProtocols: ['h2'] }), /no application protocol/],
    ['no protocol at all', () => ({ ...as(box), ALPNProtocols: [] }), /no gateway/],
    ['pairing without an invitation', () => ({ ...as(stranger), ALPNProtocols: [PAIRING] }), /SELF_SIGNED/],
  ];
  for (const [name, options, reason] of handshakes) {
    it(`refuses ${name}`, async () => {
      const line = await refusals(() => closed(tls(options())));
      assert.match(line.reason ?? '', reason);
    });
  }

  it('refuses what is no TLS', async () => {
    await refusals(async () => {
      const socket = connectTcp(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write('GET / HTTP/1.1\r\nHost: desk\r\n\r\n');
      await closed(socket);
    });
  });

  it('refuses a pinned key that claims to be another peer', async () => {
    const line = await refusals(async () => {
      const socket = tls(as(box));
      await once(socket, 'secureConnect');
      const { promise, resolve } = Promise.withResolvers<string>();
      greet(socket, {
        own: helloOf(crate),
        peer: own.fingerprint,
        onLink: () => resolve(''),
        onRefused: resolve,
      });
      assert.match(await promise, /another gateway/);
    });
    assert.match(line.reason ?? '', /another gateway than its key/);
  });

  it('refuses to resume what a peer has begun, with or without its key', async () => {
    const sessions: Buffer[] = [];
    const first = tls({ ...as(box), secureOptions: 0 });
    first.on('session', (session: Buffer) => sessions.push(session));
    await once(first, 'secureConnect');
    await refusals(async () => {
      first.destroy();
      await closed(first);
    });
    for (const session of sessions.slice(0, 1)) {
      const line = await refusals(() => closed(tls({ session })));
      assert.match(line.reason ?? '', /certificate/);
      const resumed = tls({ ...as(box), session });
      await once(resumed, 'secureConnect');
      assert.equal(resumed.isSessionReused(), false);
      await refusals(async () => {
        resumed.destroy();
        await closed(resumed);
      });
    }
  });

  it('waits five seconds for a greeting, and no longer', async () => {
    const begun = performance.now();
    const line = await refusals(async () => {
      const socket = tls(as(box));
      await closed(socket);
    });
    assert.match(line.reason ?? '', /within 5 s/);
    assert.ok(performance.now() - begun < 15_000);
  });

  it('lets only so many strangers wait at the door', async () => {
    const before = auditOf(desk, 'peer.refused').length;
    const idle = Array.from({ length: 12 }, () => connectTcp(port, '127.0.0.1'));
    for (const socket of idle) socket.on('error', () => {});
    await waitFor('four to be sent away', () => auditOf(desk, 'peer.refused').length === before + 4);
    assert.match(auditOf(desk, 'peer.refused').at(-1)?.reason ?? '', /Too many/);
    for (const socket of idle) socket.destroy();
    await waitFor('the others to be gone', () => auditOf(desk, 'peer.refused').length === before + 12);
  });

  it('cuts a stranger who talks too much', async () => {
    const line = await refusals(async () => {
      const socket = connectTcp(port, '127.0.0.1');
      socket.on('error', () => {});
      // Records of a handshake that never comes to anything.
      const record = Buffer.alloc(5 + 0x3fff);
      record.set([0x16, 0x03, 0x01, 0x3f, 0xff, 0x01, 0x00, 0xff, 0xff]);
      while (!socket.closed && socket.writable) {
        socket.write(record);
        await new Promise((resolve) => setImmediate(resolve));
        if (socket.bytesWritten > 1e6) break;
      }
      await closed(socket);
    });
    assert.ok(line.reason !== undefined);
  });

  it('delivers nothing of a recorded connection that is played again', async () => {
    await using tape = await TcpProxy.to(port);
    const target = { addresses: [`127.0.0.1:${tape.port}`], identity: box, protocol: LINK } as const;
    const { socket } = await dial(
      { ...target, fingerprints: [own.fingerprint], pins: [own.certificate] },
      never,
    );
    const link = await greeted(socket, box, own);
    link.close('enough');
    await waitFor('its end', async () =>
      (await client.call('peers.list', {})).peers.every(({ state }) => state === 'disconnected'),
    );
    await refusals(async () => {
      const replay = connectTcp(port, '127.0.0.1');
      replay.on('error', () => {});
      replay.write(Buffer.concat(tape.heard));
      await closed(replay);
    });
  });

  it('refuses a handshake that was cut short, wherever it was cut', async () => {
    for (const bytes of [1, 100, 700]) {
      await using scissors = await TcpProxy.to(port, { cutAfter: bytes });
      await refusals(async () => {
        const target = { addresses: [`127.0.0.1:${scissors.port}`], identity: box, protocol: LINK } as const;
        const attempt = dial({ ...target, fingerprints: [own.fingerprint], pins: [own.certificate] }, never);
        await assert.rejects(attempt);
      });
    }
  });

  it('ends a link in which a single bit was changed, and delivers nothing of it', async () => {
    await using wire = await TcpProxy.to(port);
    // An address that makes no sense keeps nobody from the others.
    const addresses = ['127.0.0.1:99999', `127.0.0.1:${wire.port}`];
    const target = { addresses, identity: box, protocol: LINK } as const;
    const { socket } = await dial(
      { ...target, fingerprints: [own.fingerprint], pins: [own.certificate] },
      never,
    );
    const link = await greeted(socket, box, own);
    await whenPeer(client, 'box', 'connected');
    wire.flipNext();
    link.beat({ secret: 'canary' });
    await within('the end of the link', link.closed);
    await whenPeer(client, 'box', 'disconnected');
    assert.doesNotMatch(Buffer.concat(wire.heard).toString('latin1'), /canary/);
  });

  describe('while it has invited somebody', () => {
    let code = '';
    before(async () => {
      ({ code } = await client.call('peers.invite', { address: '127.0.0.1' }));
    });

    const pairing = async (identity: Identity): Promise<TLSSocket> => {
      const target = {
        addresses: [`127.0.0.1:${port}`],
        identity,
        protocol: PAIRING,
        pins: undefined,
      } as const;
      return (await dial({ ...target, fingerprints: [own.fingerprint] }, never)).socket;
    };
    const say = async (socket: TLSSocket, words: object): Promise<string> => {
      const frames = new FrameStream(socket);
      const { promise, resolve } = Promise.withResolvers<string>();
      frames.onFrame = (kind) => resolve(kind);
      frames.onEnd = resolve;
      frames.send('join', JSON.stringify({ name: 'mallory', addresses: [], ...words }));
      return promise;
    };

    it('still lets nobody link whose key is not pinned', async () => {
      const line = await refusals(() => closed(tls(as(stranger))));
      assert.match(line.reason ?? '', /not known/);
    });

    it('says the same of an unknown invitation as of a wrong one, and nothing of itself', async () => {
      await refusals(async () => {
        const socket = await pairing(stranger);
        assert.equal(await say(socket, { invitationId: 'no-such', proof: 'x'.repeat(43) }), 'bye');
        await closed(socket);
      });
    });

    it('fails both ends of a relay: a proof is worth something on one connection only', async () => {
      // Mallory answers box with a key of his own (box looks past that here), and passes the words on to desk.
      const read = readCode(code);
      assert.ok(typeof read !== 'string');
      await using relay = await TcpProxy.terminating(port, stranger, PAIRING);
      const target = { addresses: [`127.0.0.1:${relay.port}`], identity: box, protocol: PAIRING } as const;
      const naive = await dial({ ...target, fingerprints: [stranger.fingerprint], pins: undefined }, never);
      await refusals(async () => {
        await assert.rejects(
          join(naive, read, box, { name: 'box', addresses: [] }),
          /wrong, used or expired/,
        );
      });
      const honest = dial({ ...target, fingerprints: [read.fingerprint], pins: undefined }, never);
      await assert.rejects(honest, /another key/);
      await waitFor('the relay to be sent away', () => relay.isIdle);
    });

    it('is not believed by its key alone: whoever has the code asks for a proof, too', async (t) => {
      const read = readCode(code);
      assert.ok(typeof read !== 'string');
      const server = createServer({
        key: stranger.privateKey,
        cert: stranger.certificate,
        ALPNProtocols: [PAIRING],
      });
      t.after(() => server.close());
      server.on('secureConnection', (socket) => {
        const frames = new FrameStream(socket);
        const words = { name: 'mallory', addresses: [], proof: 'x'.repeat(43) };
        frames.onFrame = () => frames.send('paired', JSON.stringify(words));
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      // It listens on TCP, so the address is no path.
      const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      const target = { addresses: [address], identity: box, protocol: PAIRING, pins: undefined } as const;
      const dialled = await dial({ ...target, fingerprints: [stranger.fingerprint] }, never);
      t.after(() => dialled.socket.destroy());
      await assert.rejects(
        join(dialled, read, box, { name: 'box', addresses: [] }),
        /does not know the code/,
      );
    });

    it('does not take its own proof for an answer', () => {
      const [exported, a, b] = [Buffer.alloc(32, 1), Buffer.alloc(91, 2), Buffer.alloc(91, 3)];
      const mine = proofOf('key', 'join', exported, a, b);
      assert.notEqual(proofOf('key', 'invite', exported, b, a), mine);
      assert.notEqual(proofOf('key', 'invite', exported, a, b), mine);
    });

    it('proves it on this very connection, and with these keys', () => {
      const of = (byte: number): Buffer => Buffer.alloc(91, byte);
      const [exported, a, b, other] = [of(1), of(2), of(3), of(4)];
      const proofs = [
        proofOf('key', 'join', exported, a, b),
        proofOf('another key', 'join', exported, a, b),
        proofOf('key', 'join', other, a, b),
        proofOf('key', 'join', exported, other, b),
        proofOf('key', 'join', exported, a, other),
      ];
      assert.equal(new Set(proofs).size, proofs.length);
    });

    it('burns the invitation at the third wrong proof', async () => {
      const read = readCode(code);
      assert.ok(typeof read !== 'string');
      const invitationId = invitationIdOf(proofKeyOf(read.secret));
      // The relay's was the first.
      await refusals(async () => {
        const socket = await pairing(stranger);
        assert.equal(await say(socket, { invitationId, proof: 'x'.repeat(43) }), 'bye');
        await closed(socket);
      });
      const before = auditOf(desk, 'peer.burnt').length;
      await say(await pairing(stranger), { invitationId, proof: 'y'.repeat(43) });
      await waitFor('it to be burnt', () => auditOf(desk, 'peer.burnt').length === before + 1);
      await using late = await startGateway({ config: peersConfig('late') });
      const c = await late.connect();
      await assert.rejects(c.call('peers.join', { code }), { problem: /peer\.(code|offline)/ });
    });

    it('ends the connection of whoever is let in, who could keep it open as long as it pleases him', async () => {
      const invited = readCode((await client.call('peers.invite', { address: '127.0.0.1' })).code);
      assert.ok(typeof invited !== 'string');
      const socket = await pairing(stranger);
      const proofKey = proofKeyOf(invited.secret);
      const exported = socket.exportKeyingMaterial(32, 'EXPORTER-holdfast-pair-v1', Buffer.alloc(0));
      const [mine, theirs] = [stranger, own].map(({ certificate }) =>
        spkiOf(new X509Certificate(certificate)),
      );
      assert.ok(mine && theirs);
      const proof = proofOf(proofKey, 'join', exported, mine, theirs);
      assert.equal(await say(socket, { invitationId: invitationIdOf(proofKey), proof }), 'paired');
      await closed(socket);
    });
  });
});

async function greeted(socket: TLSSocket, self: Identity, peer: Identity): Promise<FrameLink> {
  const { promise, resolve, reject } = Promise.withResolvers<FrameLink>();
  const onRefused = (reason: string): void => reject(new Error(reason));
  greet(socket, { own: helloOf(self), peer: peer.fingerprint, onLink: resolve, onRefused });
  return promise;
}
