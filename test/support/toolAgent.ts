// A small ACP agent that answers every prompt with the MCP servers that it was given at the start of its session. Its
// argument is what it calls itself.
import { createInterface } from 'node:readline';

interface Request {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly mcpServers?: unknown; readonly sessionId?: string };
}

const send = (message: object): void => {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
};

let servers: unknown;

function answer({ method, params }: Request): object {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: 1,
        agentInfo: { name: process.argv[2] ?? 'tools', version: '1' },
        agentCapabilities: { loadSession: true },
        authMethods: [],
      };
    case 'session/new':
    case 'session/load':
      servers = params?.mcpServers;
      return { sessionId: 'the only one' };
    case 'session/prompt': {
      const content = { type: 'text', text: JSON.stringify(servers) };
      const update = { sessionUpdate: 'agent_message_chunk', content };
      send({ method: 'session/update', params: { sessionId: params?.sessionId, update } });
      return { stopReason: 'end_turn' };
    }
    default:
      return {};
  }
}

process.stdout.on('error', () => process.exit(0));
createInterface(process.stdin)
  .on('line', (line) => {
    // Its only peer is the gateway.
    const request = JSON.parse(line) as Request;
    const { id } = request;
    if (id !== undefined) send({ id, result: answer(request) });
  })
  .on('close', () => process.exit(0));
