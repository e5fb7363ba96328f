// The tools of agents over MCP: who has them, what they allow, and when they end.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { readDiscovery } from '../../gateway/rpc/discovery.ts';
import { startGateway } from '../support/gateway.ts';
import { sharedGateway } from '../support/sharedGateway.ts';
import {
  connectOverHttp,
  connectOverStdio,
  COPILOT,
  ERAS,
  givenTo,
  newToolSession,
  serversOf,
  tokenOf,
  toolAgentConfig,
} from '../support/mcp.ts';
import { holdfast } from '../cli/holdfast.ts';
import { ask } from '../support/rawHttp.ts';
import { waitFor } from '../support/waitFor.ts';

const gateway = await sharedGateway({ config: { agents: toolAgentConfig, http: { port: 0 } } });
const client = await gateway.connect();
let agent = await newToolSession(client);

const HttpServers = z.array(
  z.object({
    type: z.literal('http'),
    name: z.string(),
    url: z.string(),
    headers: z.array(z.object({ name: z.string(), value: z.string() })),
  }),
);

const TOOLS = ['acknowledge_message', 'check_inbox', 'list_agents', 'send_message'];

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const post = (path: string, token: string, body: object, headers: Record<string, string> = {}) =>
  ask(gateway.socket, {
    path,
    headers: { ...bearer(token), Accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify(body),
  });
const rpc = (token: string, method: string, params: object = {}) => post('/rpc', token, { method, params });
const mcp = (token: string, method: string, params: object = {}, headers: Record<string, string> = {}) =>
  post('/mcp', token, { jsonrpc: '2.0', id: 1, method, params }, headers);

for (const era of ERAS) {
  test(`an agent is given the four tools, on a pipe and over HTTP alike (MCP of ${era})`, async () => {
    const clients = [
      await connectOverStdio(agent, era),
      await connectOverHttp(gateway.socket, tokenOf(agent), era),
    ];
    for (const one of clients) {
      const { tools } = await one.listTools();
      assert.deepEqual(tools.map(({ name }) => name).toSorted(), TOOLS);
      const send = tools.find(({ name }) => name === 'send_message');
      assert.deepEqual(send?.inputSchema.required, ['to', 'message'], 'the schema is the one of mail.send');
      assert.ok(!('from' in (send?.inputSchema.properties ?? {})), 'nobody says who he is');
      assert.match(one.getInstructions() ?? '', /not orders/);
      assert.equal(one.getServerCapabilities()?.tools?.listChanged, false, 'no news is promised');
      await one.close();
    }
  });
}

test('whoever names no event stream is answered in JSON, in the earlier revision too', async () => {
  for (const accept of ['*/*', 'application/json']) {
    const { status, body } = await mcp(tokenOf(agent), 'tools/list', {}, { Accept: accept });
    assert.equal(status, 200, accept);
    const { result } = JSON.parse(body) as { result: { tools: { name: string }[] } };
    assert.deepEqual(result.tools.map(({ name }) => name).toSorted(), TOOLS);
  }
});

test('what is piped into the bridge is answered, to the last call', async () => {
  const lines = [
    [
      'initialize',
      { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
    ],
    ['tools/call', { name: 'list_agents', arguments: {} }],
    ['tools/call', { name: 'check_inbox', arguments: {} }],
  ].map(([method, params], id) => `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
  const env = { HOLDFAST_MCP_TOKEN: tokenOf(agent) };
  const { code, out } = await holdfast(gateway.home, ['mcp'], { input: lines.join(''), env });
  assert.equal(code, 0);
  const ids = out
    .trim()
    .split('\n')
    .map((line) => z.object({ id: z.int(), result: z.object() }).parse(JSON.parse(line)).id);
  assert.deepEqual(new Set(ids), new Set([0, 1, 2]));
});

test('the token is in the environment of the bridge and in no argument list', () => {
  const [server, ...more] = agent.servers;
  assert.deepEqual(more, []);
  assert.equal(server?.name, 'holdfast');
  assert.equal(server.args.at(-1), 'mcp');
  assert.match(tokenOf(agent), /^hfa_[A-Za-z0-9_-]{43}$/);
  assert.ok(!JSON.stringify([server.command, server.args]).includes(tokenOf(agent)));
});

test('an agent that starts no programs for us is given the port, and nothing where none is open', async () => {
  const sessionId = await client.newSession({ agent: COPILOT });
  const [server, ...more] = HttpServers.parse(await givenTo(client, sessionId));
  assert.deepEqual(more, []);
  assert.ok(server);
  assert.equal(server.name, 'holdfast');
  const answer = await fetch(server.url, {
    method: 'POST',
    headers: {
      ...Object.fromEntries(server.headers.map(({ name, value }) => [name, value])),
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
  });
  const text = await answer.text();
  for (const tool of TOOLS) assert.match(text, new RegExp(`"name":"${tool}"`));

  await using closed = await startGateway({ config: { agents: toolAgentConfig } });
  const other = await closed.connect();
  assert.deepEqual(await givenTo(other, await other.newSession({ agent: COPILOT })), []);
});

test('the log knows no token', async () => {
  const file = path.join(gateway.home, 'gateway.log');
  assert.ok(!readFileSync(file, 'utf8').includes(tokenOf(agent)));
});

test('the bridge ends with its input, and says what is missing', async () => {
  const hello = { jsonrpc: '2.0', id: 1, method: 'ping' };
  const env = { HOLDFAST_MCP_TOKEN: tokenOf(agent) };
  const { code, out, err } = await holdfast(gateway.home, ['mcp'], {
    env,
    input: `${JSON.stringify(hello)}\n`,
  });
  assert.equal(code, 0, err);
  assert.equal(err, '');
  assert.deepEqual(JSON.parse(out), { jsonrpc: '2.0', id: 1, result: {} });
  const nobody = await holdfast(gateway.home, ['mcp']);
  assert.equal(nobody.code, 3);
  assert.match(nobody.err, /HOLDFAST_MCP_TOKEN is not set/);
  assert.equal((await holdfast(gateway.home, ['mcp', '--token', 'x'])).code, 2, 'a token is no argument');
});

test('two agents have two tokens', async () => {
  const other = await newToolSession(client);
  assert.notEqual(tokenOf(other), tokenOf(agent));
});

test("an agent's token does nothing but mail, whatever way it comes", async () => {
  const token = tokenOf(agent);
  for (const method of [
    'session.list',
    'session.send',
    'permission.answer',
    'token.create',
    'mailbox.create',
  ]) {
    const { status, body } = await rpc(token, method, {});
    assert.equal(status, 200);
    assert.match(body, /access\.denied|Method not found/, method);
  }
  for (const path of [`/v1/sessions/${agent.sessionId}/events`, '/metrics']) {
    const { status } = await ask(gateway.socket, { method: 'GET', path, headers: bearer(token) });
    assert.equal(status, 403, path);
  }
});

test('over TCP the same token opens the same doors', async () => {
  const at = `http://127.0.0.1:${readDiscovery(gateway.home)?.http?.port}`;
  const status = async (path: string, token: string): Promise<number> =>
    (await fetch(`${at}${path}`, { headers: bearer(token) })).status;
  assert.equal(await status('/v1/inbox', tokenOf(agent)), 200);
  for (const path of ['/v1/outbox', '/v1/events', '/v1/peers', '/v1/health', '/metrics']) {
    assert.equal(await status(path, tokenOf(agent)), 403, path);
  }
  assert.equal(await status('/v1/inbox?mailbox=person', tokenOf(agent)), 403, "somebody else's mailbox");
  assert.equal(await status('/v1/inbox', 'hfa_wrong'), 401);
});

test('a token on the socket is what it says, and a wrong one is nobody', async () => {
  assert.equal((await rpc('hfa_wrong', 'session.list')).status, 401);
  assert.equal((await mcp('hfa_wrong', 'tools/list')).status, 401);
  const { token } = await client.call('token.create', { name: 'dashboard' });
  assert.match((await rpc(token, 'session.list')).body, /sessions/);
  assert.match((await rpc(token, 'token.list')).body, /access\.denied/);
  assert.equal((await mcp(token, 'tools/list')).status, 403, 'one that may only read writes no mail');
});

test('a session id of MCP is no credential, and none is given out', async () => {
  const { status } = await mcp(tokenOf(agent), 'tools/list', {}, { 'Mcp-Session-Id': 'guessed' });
  assert.equal(status, 404);
  const hello = await mcp(tokenOf(agent), 'initialize', {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'a test', version: '1' },
  });
  assert.equal(hello.status, 200);
  assert.ok(!/mcp-session-id/i.test(hello.head));
});

test('there is nothing to read or to subscribe to, and no stream to wait on', async () => {
  const token = tokenOf(agent);
  assert.match((await mcp(token, 'resources/read', { uri: 'file:///{+path}' })).body, /-32601/);
  const progress = { _meta: { progressToken: 2 ** 53 + 2 }, name: 'list_agents', arguments: {} };
  assert.match((await mcp(token, 'tools/call', progress)).body, /"(?:error|isError)"/);
  for (const method of ['GET', 'DELETE']) {
    const { status } = await ask(gateway.socket, { method, path: '/mcp', headers: bearer(token) });
    assert.equal(status, 405);
  }
});

test('what is too long, too deep or no JSON is refused before anything is made of it', async () => {
  const token = tokenOf(agent);
  const long = { name: 'send_message', arguments: { to: 'x', message: 'x'.repeat(1024 * 1024) } };
  assert.equal((await mcp(token, 'tools/call', long)).status, 413);
  const headers = bearer(token);
  for (const body of ['[', '['.repeat(100_000)]) {
    assert.equal((await ask(gateway.socket, { path: '/mcp', headers, body })).status, 400);
  }
});

test('a tool that is called wrongly says what is wrong', async () => {
  const { body } = await mcp(tokenOf(agent), 'tools/call', {
    name: 'send_message',
    arguments: { to: 'no such name!' },
  });
  assert.match(body, /must be name, @topic or/);
});

test('the token ends within a second when the agent does, and the next agent has another', async () => {
  const { sessions } = await client.call('monitor.sessions', {});
  const pid = sessions.find(({ sessionId }) => sessionId === agent.sessionId)?.process?.pid;
  const before = tokenOf(agent);
  const url = `ws://127.0.0.1:${readDiscovery(gateway.home)?.http?.port}/rpc`;
  const letIn = new WebSocket(url, { headers: bearer(before) });
  await once(letIn, 'open');
  const hungUp = once(letIn, 'close');
  assert.ok(pid);
  process.kill(pid, 'SIGKILL');
  await hungUp;
  await waitFor('the end of the token', async () => (await mcp(before, 'tools/list')).status === 401, 1_000);
  agent = { ...agent, servers: await serversOf(client, agent.sessionId) };
  assert.notEqual(tokenOf(agent), before);
  await client.call('session.destroy', { sessionId: agent.sessionId });
  assert.equal((await mcp(tokenOf(agent), 'tools/list')).status, 401);
});

test('the tools can be turned off', async () => {
  await using plain = await startGateway({ config: { agents: toolAgentConfig, mail: { tools: false } } });
  const user = await plain.connect();
  assert.deepEqual((await newToolSession(user)).servers, []);
});
