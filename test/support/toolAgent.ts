// A small ACP agent that answers every prompt with the MCP servers that it was given at the start of its session. Its
// argument is what it calls itself.
import { object, type JsonObject } from '../../gateway/agents/json.ts';
import { onMessage, say, send } from './acpLines.ts';

let servers: unknown;

function answer(method: unknown, { sessionId, mcpServers }: JsonObject): object {
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
      servers = mcpServers;
      return { sessionId: 'the only one' };
    case 'session/prompt':
      say(sessionId, JSON.stringify(servers));
      return { stopReason: 'end_turn' };
    default:
      return {};
  }
}

onMessage(({ id, method, params }) => {
  if (id !== undefined) send({ id, result: answer(method, object(params)) });
});
