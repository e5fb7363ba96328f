// mcp: what the gateway starts beside an agent, so that the agent has the mail tools on a pipe of its own.
import { once } from 'node:events';
import { ask } from '../rpc/ask.ts';
import { stateFolder } from '../rpc/paths.ts';
import { NotAuthorisedError } from './client.ts';
import type { Verb } from './verb.ts';

export const mcpVerbs: readonly Verb[] = [
  {
    name: 'mcp',
    summary: 'Speak MCP on standard input and output, with the mail tools of a token',
    more: 'The token is read from HOLDFAST_MCP_TOKEN. A gateway gives each agent one that is for its own mail only.',
    async run() {
      const token = process.env['HOLDFAST_MCP_TOKEN'];
      if (token === undefined || token === '') {
        throw new NotAuthorisedError(
          'HOLDFAST_MCP_TOKEN is not set. Agents get it from their gateway; for a program, make one: holdfast token create',
        );
      }
      const home = stateFolder();
      // No other verb needs it.
      const { mcpServerOf, serveStdio } = await import('../rpc/mcpServer.ts');
      const ended = once(process.stdin, 'close');
      // The gateway answers by the same contract.
      serveStdio(() => mcpServerOf((method, params) => ask(home, token, method, params) as never));
      await ended;
    },
  },
];
