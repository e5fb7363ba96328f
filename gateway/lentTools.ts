// What the agent of a session is lent: a bridge to the gateway's mail tools, with a token that ends when the agent does.
import type { LentTools, ToolServer } from './agents/agent.ts';
import type { SessionId } from './protocol/index.ts';
import type { Bearers } from './rpc/bearer.ts';

/** The bridge is this very program: `holdfast mcp`, see cli/mcp.ts. Its token is in no argument list and in no file. */
export const mailToolsOf =
  (
    program: { readonly node: string; readonly script: string },
    home: string,
    bearers: Bearers,
    tcpPort: () => number | undefined,
  ) =>
  (sessionId: SessionId): LentTools => {
    const lent = bearers.lend(sessionId);
    const env = {
      HOLDFAST_HOME: home,
      HOLDFAST_MCP_TOKEN: lent.token,
      // Inside VS Code, "node" is Electron: it has to be told to behave as Node.
      ...('electron' in process.versions ? { ELECTRON_RUN_AS_NODE: '1' } : {}),
    };
    const http: ToolServer['http'] = () => {
      const port = tcpPort();
      return port === undefined ? undefined : { url: `http://127.0.0.1:${port}/mcp`, token: lent.token };
    };
    return {
      servers: [{ name: 'holdfast', command: program.node, args: [program.script, 'mcp'], env, http }],
      [Symbol.dispose]: () => lent[Symbol.dispose](),
    };
  };

export const noTools = (): LentTools => ({ servers: [], [Symbol.dispose]: () => {} });
