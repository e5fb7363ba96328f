// Agents with mail tools, for tests: a session whose agent tells what it was given, and MCP clients that use it.
import { request } from 'node:http';
import path from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { z } from 'zod';
import { AgentId, type SessionId } from '../../gateway/protocol/index.ts';
import type { TestClient } from './client.ts';

export const TOOL_AGENT = AgentId.parse('tools');

/** One that calls itself as GitHub Copilot does. */
export const COPILOT = AgentId.parse('copilot');

const script = path.join(import.meta.dirname, 'toolAgent.ts');

/** What config.json says of the agents that tell their tools. */
export const toolAgentConfig = {
  [TOOL_AGENT]: { command: process.execPath, args: [script] },
  [COPILOT]: { command: process.execPath, args: [script, 'Copilot'] },
};

const Servers = z.array(
  z.object({
    name: z.string(),
    command: z.string(),
    args: z.array(z.string()),
    env: z.array(z.object({ name: z.string(), value: z.string() })),
  }),
);
export type Server = z.infer<typeof Servers>[number];

export interface ToolSession {
  readonly sessionId: SessionId;
  readonly servers: readonly Server[];
}

/** A session whose agent runs, with what that agent was given. */
export async function newToolSession(client: TestClient, title?: string): Promise<ToolSession> {
  const sessionId = await client.newSession({ agent: TOOL_AGENT, ...(title === undefined ? {} : { title }) });
  return { sessionId, servers: await serversOf(client, sessionId) };
}

export const serversOf = async (client: TestClient, sessionId: SessionId): Promise<readonly Server[]> =>
  Servers.parse(await givenTo(client, sessionId));

/** The servers that the agent of a session was given, in its own words. */
export async function givenTo(client: TestClient, sessionId: SessionId): Promise<unknown> {
  const follower = await client.ask(sessionId, 'What were you given?');
  const said = follower.events.map((event) => (event.type === 'partial' ? event.content : ''));
  return JSON.parse(said.join(''));
}

export const tokenOf = ({ servers }: ToolSession): string =>
  servers[0]?.env.find(({ name }) => name === 'HOLDFAST_MCP_TOKEN')?.value ?? '';

/** The two revisions of MCP that agents speak today. */
export const ERAS = ['2025-11-25', '2026-07-28'] as const;
export type Era = (typeof ERAS)[number];

const newClient = (era: Era): Client =>
  new Client(
    { name: 'a test', version: '1' },
    { versionNegotiation: { mode: era === '2025-11-25' ? 'legacy' : { pin: era } } },
  );

/** Starts what an agent would start. */
export async function connectOverStdio({ servers }: ToolSession, era: Era): Promise<Client> {
  const [server] = servers;
  if (server === undefined) throw new Error('the agent was given no server');
  const { command, args, env } = server;
  const client = newClient(era);
  const own = Object.fromEntries(env.map(({ name, value }) => [name, value]));
  await client.connect(
    new StdioClientTransport({ command, args: [...args], env: { PATH: process.env['PATH'] ?? '', ...own } }),
  );
  return client;
}

/** Over HTTP on the Unix socket. */
export async function connectOverHttp(socketPath: string, token: string, era: Era): Promise<Client> {
  const client = newClient(era);
  await client.connect(
    new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), {
      requestInit: { headers: { Authorization: `Bearer ${token}` } },
      fetch: (url, init) => fetchOverSocket(socketPath, new Request(url, init)),
    }),
  );
  return client;
}

/** fetch cannot speak to a Unix socket. */
async function fetchOverSocket(socketPath: string, asked: Request): Promise<Response> {
  const body = await asked.text();
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const headers = { ...Object.fromEntries(asked.headers), host: 'localhost' };
  const sent = request(
    { socketPath, path: new URL(asked.url).pathname, method: asked.method, headers },
    (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const type = response.headers['content-type'] ?? '';
        resolve(
          new Response(Buffer.concat(chunks), {
            status: response.statusCode ?? 0,
            headers: { 'content-type': type },
          }),
        );
      });
    },
  );
  sent.on('error', reject);
  sent.end(body);
  return promise;
}

/** What a tool answers: its text, what programs read of it, and whether it went wrong. */
export async function callTool(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
): Promise<{ text: string; structured: unknown; isError: boolean }> {
  const { content, structuredContent, isError } = await client.callTool({ name, arguments: args });
  const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
  return { text, structured: structuredContent, isError: isError === true };
}
