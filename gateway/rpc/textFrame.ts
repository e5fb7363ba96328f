// A WebSocket text frame as a server sends it: unmasked and in one piece, so it is the same for every client.

/** RFC 6455, section 5.2. */
const FINAL_TEXT = 0x81;
const TWO_BYTES_FOLLOW = 126;
const EIGHT_BYTES_FOLLOW = 127;

/** One buffer for a text, which is mostly short; bytes that many are sent are not copied. */
export function textFrame(payload: string | Buffer): readonly Buffer[] {
  if (typeof payload !== 'string') return [head(payload.length), payload];
  const length = Buffer.byteLength(payload);
  const frame = head(length, length);
  frame.write(payload, frame.length - length);
  return [frame];
}

/** What stands before so many bytes, with room for some of them. */
function head(length: number, room = 0): Buffer {
  const size = length < TWO_BYTES_FOLLOW ? 2 : length < 0x10000 ? 4 : 10;
  const bytes = Buffer.allocUnsafe(size + room);
  bytes[0] = FINAL_TEXT;
  if (size === 2) bytes[1] = length;
  else if (size === 4) {
    bytes[1] = TWO_BYTES_FOLLOW;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = EIGHT_BYTES_FOLLOW;
    bytes.writeBigUInt64BE(BigInt(length), 2);
  }
  return bytes;
}
