// Runs one bare server in a process of its own: node serve.ts <name> <socket>. Its socket says that it is ready.
import { serveJsonRpc, serveNet, serveTls, serveWs } from './contestants/echoes.ts';
import { serveStreamModel } from './contestants/streamModel.ts';
import { serveBareGateway } from './contestants/bareGateway.ts';

const SERVERS: Readonly<Record<string, (socket: string) => Promise<void>>> = {
  jsonrpc: serveJsonRpc,
  ws: serveWs,
  net: serveNet,
  tls: serveTls,
  model: serveStreamModel,
  'bare-each': (socket) => serveBareGateway(socket, { isStored: false, send: 'each' }),
  'full-batch': (socket) => serveBareGateway(socket, { isStored: true, send: 'batch' }),
};

const [name = '', socket = ''] = process.argv.slice(2);
const serve = SERVERS[name];
if (serve === undefined) throw new Error(`There is no server "${name}": ${Object.keys(SERVERS).join(', ')}`);
// Whoever started us holds our input open: when it is gone, so are we.
process.stdin.on('end', () => process.exit()).resume();
process.on('SIGTERM', () => process.exit());
await serve(socket);
