// mcp: what the gateway starts beside an agent, so that the agent has the mail tools on a pipe of its own.
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { ask } from '../rpc/ask.ts';
import type { CallMail } from '../rpc/mcpServer.ts';
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
      const { mcpServerOf, serveStdio, StdioServerTransport } = await import('../rpc/mcpServer.ts');
      const ended = once(process.stdin, 'close');
      const calls = new Set<Promise<unknown>>();
      // The library hangs up on calls when its input ends, but what was piped in is to be answered. So its input goes on.
      const input = process.stdin.pipe(new PassThrough(), { end: false });
      const answering: CallMail = (method, params) => {
        // The gateway answers by the same contract.
        const call = ask(home, token, method, params) as Promise<never>;
        calls.add(call);
        const over = (): unknown => calls.delete(call);
        call.then(over, over);
        return call;
      };
      serveStdio(() => mcpServerOf(answering), {
        transport: new StdioServerTransport(input, process.stdout),
      });
      await ended;
      do {
        // What came last is taken, what was answered is written.
        await setImmediate();
        await Promise.allSettled(calls);
      } while (calls.size > 0);
      await setImmediate();
    },
  },
];
