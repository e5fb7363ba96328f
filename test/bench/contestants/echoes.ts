// Bare servers that give back what they are sent: json-rpc-2.0 over ws, JSON by hand over ws, lines over a socket or TLS.
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { JSONRPCServer, type JSONRPCRequest } from 'json-rpc-2.0';
import { makeIdentity } from '../../../gateway/peers/certificate.ts';
import { onLines } from '../lines.ts';
import { bytesOf, serveWebSockets } from '../sockets.ts';

/** What the library makes of it, with nothing around. */
export async function serveJsonRpc(socket: string): Promise<void> {
  const server = new JSONRPCServer();
  server.addMethod('echo', (params: unknown) => params);
  await serveWebSockets(socket, (client) => {
    const answer = async (text: string): Promise<void> => {
      // The library checks the request.
      const response = await server.receive(JSON.parse(text) as JSONRPCRequest);
      if (response !== null) client.send(JSON.stringify(response));
    };
    client.on('message', (data) => void answer(bytesOf(data).toString()));
  });
}

/** The limit of WebSocket in Node. */
export async function serveWs(socket: string): Promise<void> {
  await serveWebSockets(socket, (client) => {
    client.on('message', (data) => client.send(echo(bytesOf(data).toString())));
  });
}

/** The limit of a socket in Node. */
export async function serveNet(socket: string): Promise<void> {
  const server = createServer((client) => {
    client.on('error', () => client.destroy());
    onLines(client, (lines) => {
      for (const line of lines) client.write(`${echo(line)}\n`);
    });
  });
  server.listen(socket);
  await once(server, 'listening');
}

/** The same over TLS 1.3 and TCP. Its port is in the file that others make a socket of. */
export async function serveTls(file: string): Promise<void> {
  const { privateKey, certificate } = makeIdentity();
  const server = createTlsServer({ key: privateKey, cert: certificate, minVersion: 'TLSv1.3' }, (client) => {
    client.on('error', () => client.destroy());
    onLines(client, (lines) => {
      for (const line of lines) client.write(`${echo(line)}\n`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // It listens on TCP, so the address is no path.
  writeFileSync(`${file}.new`, String((server.address() as AddressInfo).port));
  renameSync(`${file}.new`, file);
}

function echo(text: string): string {
  // Both ends of a benchmark are ours.
  const { id, params } = JSON.parse(text) as { id: number; params: unknown };
  return JSON.stringify({ jsonrpc: '2.0', id, result: params });
}
