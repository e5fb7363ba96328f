// Two ends of one link in memory.
import { duplexPair } from 'node:stream';
import { FrameStream } from '../../gateway/peers/frame.ts';
import { FrameLink, type Fingerprint, type Hello } from '../../gateway/peers/link.ts';

/** The first talks to `b`, the second to `a`. */
export function linkPair(a: Fingerprint, b: Fingerprint): [FrameLink, FrameLink] {
  const [left, right] = duplexPair();
  return [
    new FrameLink(new FrameStream(left), helloOf(b)),
    new FrameLink(new FrameStream(right), helloOf(a)),
  ];
}

const helloOf = (gatewayId: Fingerprint): Hello => ({
  proto: { min: 1, max: 1 },
  gatewayId,
  instanceId: gatewayId,
  logId: '00000000',
  name: gatewayId,
  version: '0.0.0',
  caps: [],
  addresses: [],
});
