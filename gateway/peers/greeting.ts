// The first words on a link: each side says who it is, and nobody believes to be in before he was welcomed.
import type { Duplex } from 'node:stream';
import { FrameStream, reasonOf } from './frame.ts';
import { FrameLink, Hello, type Fingerprint } from './link.ts';

/** The versions of the link that this build speaks. */
export const PEER_PROTOCOL = { min: 1, max: 1 } as const;

const GREETING_MS = 5_000;

export interface Greeting {
  readonly own: Hello;
  /** Whose key this connection has shown. */
  readonly peer: Fingerprint;
  /** Called once: what comes after the greeting comes to this link, so it has to be taken at once. */
  readonly onLink: (link: FrameLink) => void;
  /** Called once instead, with a sentence. The connection is ended. */
  readonly onRefused: (reason: string) => void;
}

/** The side that dialled speaks first; TLS 1.3 lets it write before its own key was judged, so it waits for a welcome. */
export const greet = (carrier: Duplex, greeting: Greeting): void =>
  begin(carrier, greeting, 'hello', 'welcome');

/** The side that was dialled. */
export const welcome = (carrier: Duplex, greeting: Greeting): void =>
  begin(carrier, greeting, 'welcome', 'hello');

function begin(
  carrier: Duplex,
  { own, peer, onLink, onRefused }: Greeting,
  says: 'hello' | 'welcome',
  expects: 'hello' | 'welcome',
): void {
  const frames = new FrameStream(carrier);
  let refusal: string | undefined;
  const deadline = setTimeout(
    () => refuse(`No ${expects} came within ${GREETING_MS / 1000} s.`),
    GREETING_MS,
  );
  const refuse = (reason: string): void => {
    refusal = reason;
    frames.send('bye', JSON.stringify({ code: 'refused', reason }));
    frames.end(reason);
  };
  frames.onEnd = (reason) => {
    clearTimeout(deadline);
    onRefused(refusal ?? wordsFor(says, reason));
  };
  frames.onFrame = (kind, body) => {
    if (kind === 'bye') return frames.end((refusal = reasonOf(body)));
    if (kind !== expects) return refuse(`A ${expects} was due, not ${kind}.`);
    const hello = Hello.safeParse(body);
    if (!hello.success) return refuse(`Its ${expects} is malformed.`);
    const { gatewayId, proto } = hello.data;
    if (gatewayId !== peer) return refuse('It says that it is another gateway than its key does.');
    if (proto.max < PEER_PROTOCOL.min || proto.min > PEER_PROTOCOL.max)
      return refuse(
        `It speaks version ${proto.min} to ${proto.max} of the link, this gateway ${PEER_PROTOCOL.min} to ${PEER_PROTOCOL.max}: the older one needs an update.`,
      );
    clearTimeout(deadline);
    if (says === 'welcome') frames.send(says, JSON.stringify(own));
    return onLink(new FrameLink(frames, hello.data));
  };
  if (says === 'hello') frames.send(says, JSON.stringify(own));
}

/** A key that is refused is not told so: TLS simply ends. */
const wordsFor = (says: 'hello' | 'welcome', reason: string): string =>
  says === 'hello' ? `${reason} It may have removed this gateway: join it again if so.` : reason;
