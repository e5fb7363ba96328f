// An ACP agent that does nothing but stream, as fast or as evenly as told: `stream <count> <per second> <bytes>`.
// Each piece is "t=<microseconds> <filler>", so that whoever gets it can tell its age. Rate 0: as fast as it goes.
import { writeSync } from 'node:fs';
import { onLines } from './lines.ts';
import { microseconds } from './statistics.ts';

const PIECE_CHARS = 16_000;
const napping = new Int32Array(new SharedArrayBuffer(4));
const nap = (ms: number): string => Atomics.wait(napping, 0, 0, ms);

/** Synchronous, so that no event loop adds to an event's age. */
function write(text: string): void {
  const bytes = Buffer.from(text);
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      // The pipe is full; anything else means that nobody listens any more.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) process.exit(1);
      nap(0.2);
    }
  }
}

const send = (message: object): void => write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

function stream(sessionId: string, count: number, perSecond: number, bytes: number): void {
  const head = `{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":${JSON.stringify(sessionId)},"update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"t=`;
  const tail = ` ${'x'.repeat(bytes)}"}}}}\n`;
  const start = microseconds();
  let piece = '';
  for (let index = 0; index < count; index += 1) {
    if (perSecond > 0) {
      const early = start + (index * 1e6) / perSecond - microseconds();
      if (early > 50) nap(early / 1000);
    }
    piece += head + String(microseconds()) + tail;
    if (perSecond > 0 || piece.length >= PIECE_CHARS) {
      write(piece);
      piece = '';
    }
  }
  write(piece);
}

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: { readonly sessionId: string; readonly prompt: readonly { readonly text?: string }[] };
}

function answer({ id, method, params }: Request): void {
  switch (method) {
    case 'initialize':
      return send({ id, result: { protocolVersion: 1, agentCapabilities: {}, authMethods: [] } });
    case 'session/new':
      return send({ id, result: { sessionId: `stream-${process.pid}` } });
    case 'session/prompt': {
      const text = params.prompt.map((block) => block.text ?? '').join('\n');
      const [count = 0, perSecond = 0, bytes = 8] = (text.match(/\d+/g) ?? []).map(Number);
      stream(params.sessionId, count, perSecond, bytes);
      return send({ id, result: { stopReason: 'end_turn' } });
    }
    default:
      if (id !== undefined) send({ id, error: { code: -32601, message: 'method not found' } });
  }
}

onLines(process.stdin, (lines) => {
  // Both ends of a benchmark are ours.
  for (const line of lines) answer(JSON.parse(line) as Request);
});
process.stdin.on('end', () => process.exit());
