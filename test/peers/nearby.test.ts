// Gateways that find each other on the local network: over loopback here, over cables in network.test.ts.
import assert from 'node:assert/strict';
import { createSocket, Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Nearby } from '../../gateway/live/nearby.ts';
import { makeIdentity } from '../../gateway/peers/certificate.ts';
import { Answering, askAround, isNear, type About } from '../../gateway/peers/nearby.ts';
import { PeerName } from '../../gateway/protocol/index.ts';
import { Store } from '../../gateway/store/store.ts';
import { newFolder } from '../support/folders.ts';
import { TestClock } from '../support/mailDesk.ts';
import { waitFor } from '../support/waitFor.ts';

const HERE = '127.0.0.1';
const ABOUT: About = {
  name: PeerName.parse('box'),
  port: 7411,
  fingerprint: '0123456789abcdef',
  version: '0.1.0',
};

/** A UDP port that nobody uses now. */
async function freePort(): Promise<number> {
  await using socket = await open();
  return socket.port;
}

interface Open extends AsyncDisposable {
  readonly socket: Socket;
  readonly port: number;
}

async function open(options: { port?: number; group?: string } = {}): Promise<Open> {
  const socket = createSocket({ type: 'udp4', reuseAddr: options.port !== undefined });
  socket.bind({ port: options.port ?? 0, address: options.group === undefined ? HERE : '0.0.0.0' });
  await once(socket, 'listening');
  if (options.group !== undefined) socket.addMembership(options.group, HERE);
  const end = async (): Promise<void> => {
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  };
  return { socket, port: socket.address().port, [Symbol.asyncDispose]: end };
}

/** All who answer until `enough` of them have. */
async function found(port: number, enough = 1): Promise<Map<string, About>> {
  const all = new Map<string, About>();
  await waitFor('answers', async () => {
    await askAround(port, 200, (about, address) => all.set(`${about.name} ${address}`, about));
    return all.size >= enough;
  });
  return all;
}

const ask = (text: string, bytes = 512): Buffer => Buffer.from(text.padEnd(bytes));
const question = JSON.stringify({ holdfast: 1, ask: 'feedfeedfeedfeed' });

describe('a gateway that lets itself be found', () => {
  it('is heard by whoever asks, with others on the same machine, and by nobody after its end', async () => {
    const port = await freePort();
    {
      await using _box = await Answering.open(port, HERE, () => ABOUT);
      await using _desk = await Answering.open(port, HERE, () => ({
        ...ABOUT,
        name: PeerName.parse('desk'),
      }));
      const all = await found(port, 2);
      assert.deepEqual([...all.keys()].toSorted(), [`box ${HERE}:7411`, `desk ${HERE}:7411`]);
      assert.deepEqual(all.get(`box ${HERE}:7411`), ABOUT);
    }
    await askAround(port, 200, () => assert.fail('somebody has answered'));
  });

  it('gives no longer answer than the question, and few of them, so that nobody can be flooded with it', async () => {
    const port = await freePort();
    await using _box = await Answering.open(port, HERE, () => ABOUT);
    await using asker = await open();
    const answers: string[] = [];
    asker.socket.on('message', (packet) => answers.push(packet.toString()));
    const send = (packet: Buffer): void => asker.socket.send(packet, port, HERE);
    const wrong = [
      ask(question, 511),
      ask(question, 513),
      ask('{"holdfast":1}'),
      ask('['.repeat(512)),
      ask(''),
    ];
    const begun = performance.now();
    for (const packet of wrong) send(packet);
    for (let count = 0; count < 200; count += 1) send(ask(question));
    await waitFor('answers', () => answers.length >= 20);
    const last = JSON.stringify({ holdfast: 1, ask: 'cafecafecafecafe' });
    // Those that come in the second after are answered again.
    await waitFor('the last answer', () => {
      send(ask(last));
      return answers.at(-1)?.includes('cafecafecafecafe');
    });
    const seconds = Math.ceil((performance.now() - begun) / 1000) + 1;
    assert.ok(answers.length <= 20 * seconds, `${answers.length} answers in ${seconds} s`);
    for (const answer of answers) assert.ok(answer.length <= 512 && JSON.parse(answer) !== null);
  });

  it('outlives a question from port 0, which only a forged packet can have', async (t) => {
    const sockets: Socket[] = [];
    t.mock.method(Socket.prototype, 'addMembership', function (this: Socket) {
      sockets.push(this);
    });
    await using _ = await Answering.open(await freePort(), HERE, () => ABOUT);
    const [socket] = sockets;
    assert.ok(socket);
    socket.emit('message', ask(question), { address: HERE, family: 'IPv4', port: 0, size: 512 });
  });

  it('says nothing to somebody who is on none of its networks', () => {
    const net = { family: 'udp4', place: '10.1.2.3', zone: '', address: '10.1.2.3', cidr: '10.1.2.3/24' };
    const six = { ...net, family: 'udp6', place: '::%eth0', address: 'fe80::1', cidr: 'fe80::1/64' };
    const nets = [net, six] as Parameters<typeof isNear>[1];
    assert.deepEqual(
      ['10.1.2.77', '10.1.3.1', '203.0.113.9', 'fe80::9%eth0', '2001:db8::1'].map((address) =>
        isNear(address, nets),
      ),
      [true, false, false, true, false],
    );
  });
});

describe('who looks around', () => {
  it('believes no answer that is malformed, too long, or to a question of somebody else', async () => {
    const port = await freePort();
    await using liar = await open({ port, group: '239.255.72.70' });
    const fake = { holdfast: 1, ...ABOUT };
    liar.socket.on('message', (packet, { port: to, address }) => {
      const { ask: answer } = JSON.parse(packet.toString()) as { ask: string };
      const lies: unknown[] = [
        { ...fake, answer: 'feedfeedfeedfeed' },
        { ...fake, answer, name: '\u001b[31mbox\u0007' },
        { ...fake, answer, name: '../../box' },
        { ...fake, answer, port: 0 },
        { ...fake, answer, port: 70_000 },
        { ...fake, answer, fingerprint: 'nothing' },
        { ...fake, answer, version: '<img src=x>' },
        { ...fake, answer, more: 'x'.repeat(600) },
        null,
        [[[]]],
        { ...fake, answer, name: 'honest' },
      ];
      for (const lie of lies) liar.socket.send(JSON.stringify(lie), to, address);
    });
    assert.deepEqual([...(await found(port)).keys()], [`honest ${HERE}:7411`]);
  });

  it('forgets what it has not heard for half a minute, remembers so many, and never lists itself', async () => {
    const port = await freePort();
    const clock = new TestClock();
    using store = Store.open(newFolder());
    const identity = makeIdentity();
    const nearby = new Nearby({
      ...{ store, clock, name: PeerName.parse('desk'), about: { version: '0.1.0' } },
      reach: { known: identity, identity, port: 7000 },
      settings: { discoveryPort: port },
    });
    await using _ = nearby;
    await nearby.announce(HERE);
    {
      await using crowd = await open({ port, group: '239.255.72.70' });
      crowd.socket.on('message', (packet, { port: to, address }) => {
        const { ask: answer } = JSON.parse(packet.toString()) as { ask: string };
        for (let count = 0; count < 100; count += 1)
          crowd.socket.send(
            JSON.stringify({ holdfast: 1, ...ABOUT, name: `box${count}`, answer }),
            to,
            address,
          );
      });
      await waitFor('a crowd', async () => (await nearby.discover(200)).length === 64);
    }
    clock.pass(29_000);
    const all = await nearby.discover(100);
    assert.equal(all.length, 64);
    assert.equal(all[0]?.peer, null);
    assert.deepEqual((await nearby.addressesOf(ABOUT.fingerprint.padEnd(64, '0'), false))[0], `${HERE}:7411`);
    assert.deepEqual(await nearby.addressesOf('f'.repeat(64), false), []);
    clock.pass(1_001);
    assert.deepEqual(await nearby.discover(100), []);
    assert.equal(nearby.announces, true);
  });
});
