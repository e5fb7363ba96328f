// A WebSocket text frame as a server sends it: unmasked and in one piece, so it is the same for every client.

/** RFC 6455, section 5.2. */
const FINAL_TEXT = 0x81;
const TWO_BYTES_FOLLOW = 126;
const EIGHT_BYTES_FOLLOW = 127;

/** What many clients are sent is framed once. */
const framed = new WeakMap<Buffer, Buffer>();

export function textFrame(payload: string | Buffer): Buffer {
  if (typeof payload === 'string')
    return write(Buffer.byteLength(payload), (frame, at) => frame.write(payload, at));
  let frame = framed.get(payload);
  if (frame === undefined) {
    frame = write(payload.length, (target, at) => payload.copy(target, at));
    framed.set(payload, frame);
  }
  return frame;
}

function write(length: number, put: (frame: Buffer, at: number) => void): Buffer {
  const head = length < TWO_BYTES_FOLLOW ? 2 : length < 0x10000 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = FINAL_TEXT;
  if (head === 2) frame[1] = length;
  else if (head === 4) {
    frame[1] = TWO_BYTES_FOLLOW;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = EIGHT_BYTES_FOLLOW;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  put(frame, head);
  return frame;
}
