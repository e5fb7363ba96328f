// What a link promises, whatever carries it: order, a bound on what waits, and an end that says why.
import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { describe, it } from 'node:test';
import { FrameStream } from '../../gateway/peers/frame.ts';
import { FrameLink, Links, type Link } from '../../gateway/peers/link.ts';
import { Messages } from '../../gateway/peers/messages.ts';
import { linkPair } from '../support/linkPair.ts';
import { waitFor } from '../support/waitFor.ts';

describe('a link', () => {
  it('delivers frames in order, parsed', async () => {
    const [a, b] = linkPair('a', 'b');
    const heard: unknown[] = [];
    b.onFrame = (frame) => heard.push(frame);
    for (let n = 0; n < 100; n += 1) a.send(JSON.stringify({ n }));
    await waitFor('all frames', () => heard.length === 100);
    assert.deepEqual(
      heard,
      Array.from({ length: 100 }, (_, n) => ({ n })),
    );
    assert.equal(a.peer, 'b');
    assert.equal(b.peer, 'a');
  });

  it('says when to wait, and when there is room again', async () => {
    const [a, b] = linkPair('a', 'b');
    let heard = 0;
    b.onFrame = () => (heard += 1);
    const text = JSON.stringify('x'.repeat(100_000));
    let sent = 1;
    while (a.send(text)) sent += 1;
    assert.ok(sent < 10, 'a bound is met soon');
    await new Promise<void>((resolve) => a.onDrain(resolve));
    assert.equal(a.send(text), true);
    await waitFor('the last frame', () => heard === sent + 1);
  });

  it('is cut when its sender does not wait', async () => {
    const [a] = linkPair('a', 'b');
    const text = JSON.stringify('x'.repeat(1_000_000));
    for (let n = 0; n < 10; n += 1) a.send(text);
    assert.match(await a.closed, /More was sent/);
  });

  it('is cut when its other side takes nothing, and not when it takes all that there is, again and again', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const [a, b] = linkPair('a', 'b');
    let heard = 0;
    b.onFrame = () => (heard += 1);
    const fill = (text: string): number => {
      let sent = 1;
      while (a.send(text)) sent += 1;
      return sent;
    };
    let reason: string | undefined;
    void a.closed.then((why) => (reason = why));
    const sent = fill(JSON.stringify('x'.repeat(1_000)));
    await new Promise<void>((resolve) => a.onDrain(resolve));
    t.mock.timers.tick(20_000);
    const all = sent + fill(JSON.stringify('x'.repeat(100_000)));
    t.mock.timers.tick(10_000);
    await waitFor('all that was sent', () => heard === all);
    assert.equal(reason, undefined);
    const [stuck, carrier] = duplexPair();
    const link = new FrameLink(new FrameStream(carrier), a.hello);
    stuck.pause();
    while (link.send(JSON.stringify('x'.repeat(100_000))));
    t.mock.timers.tick(30_000);
    assert.equal(await link.closed, 'It does not read what is sent.');
  });

  it('is cut by a message in pieces without end', async () => {
    const [a, b] = linkPair('a', 'b');
    new Messages(b, () => {});
    const piece = JSON.stringify([false, 'x'.repeat(160_000)]);
    for (let sent = 0; sent < 300; sent += 1) {
      if (a.send(piece)) continue;
      const hasRoom = new Promise<void>((resolve) => a.onDrain(resolve));
      if ((await Promise.race([a.closed, hasRoom])) !== undefined) break;
    }
    assert.equal(await b.closed, 'A message is too large.');
  });

  it('answers no flood of heartbeats to somebody who does not read', async () => {
    const [attacker, carrier] = duplexPair();
    const frames = new FrameStream(carrier);
    const [{ hello }] = linkPair('a', 'b');
    const link = new FrameLink(frames, hello);
    let heard = 0;
    link.onBeat = () => (heard += 1);
    for (let id = 1; id <= 20_000; id += 1) {
      const text = Buffer.from(`[${id},"beat",{"id":${id},"state":null}]`);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(text.length);
      attacker.write(Buffer.concat([length, text]));
    }
    await waitFor('all heartbeats', () => heard === 20_000);
    assert.ok(frames.waiting < 300_000, `${frames.waiting} bytes wait`);
    link.close('Enough.');
  });

  it('ends on both sides with the reason of the one that ended it', async () => {
    const [a, b] = linkPair('a', 'b');
    a.close('It is late.');
    assert.equal(await a.closed, 'It is late.');
    assert.equal(await b.closed, 'It is late.');
  });

  it('tells a heartbeat with what it carries, and knows the round trip by its answer', async () => {
    const [a, b] = linkPair('a', 'b');
    const told: unknown[] = [];
    b.onBeat = (state) => told.push(state);
    a.beat({ sessions: [] });
    await waitFor('an answer', () => a.rttMs !== null);
    assert.deepEqual(told, [{ sessions: [] }]);
  });
});

describe('the links', () => {
  it('tell of a new link before anything is heard over it, and forget one that has ended', async () => {
    const [a, b] = linkPair('a', 'b');
    const links = new Links();
    const heard: unknown[] = [];
    const linked: Link[] = [];
    links.onLinked((link) => {
      linked.push(link);
      link.onFrame = (frame) => heard.push(frame);
    });
    b.send('1');
    links.use(a);
    await waitFor('the frame', () => heard.length === 1);
    assert.deepEqual(linked, [a]);
    assert.equal(links.get('b'), a);
    b.close('enough');
    await a.closed;
    assert.deepEqual(links.all(), []);
  });
});
