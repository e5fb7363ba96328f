// Listening on the Unix socket so that nobody's name is stolen and nobody else can connect.
import { existsSync, lstatSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { Server as HttpServer } from 'node:http';
import type { Server } from 'node:net';
import path from 'node:path';
import { makePrivateFolder } from './paths.ts';

const WATCH_MS = 2_000;
/** Anybody on this machine can connect to a port, and each connection takes a file handle: there must be some left for the rest. */
const MAX_TCP_CONNECTIONS = 256;

/**
 * Listens under a temporary name and renames, so that the name always leads to a gateway that answers. Call it only
 * with the state folder's lock held: then a socket of that name is a dead gateway's. The result stops listening.
 */
export async function listenOnSocket(server: Server, socket: string): Promise<AsyncDisposable> {
  if (process.platform === 'win32') {
    await listen(server, socket);
    return { [Symbol.asyncDispose]: () => close(server) };
  }
  makePrivateFolder(path.dirname(socket));
  if (existsSync(socket) && !lstatSync(socket).isSocket()) {
    throw new Error(`${socket} is in the way and is no socket. Move it away, then start again.`);
  }
  const temporary = path.join(path.dirname(socket), `g.${process.pid}`);
  // A gateway that had this pid may have been killed just before the renaming.
  rmSync(temporary, { force: true });
  await listen(server, temporary, 0o600);
  renameSync(temporary, socket);
  const { ino } = lstatSync(socket);
  return {
    async [Symbol.asyncDispose]() {
      // A later gateway's socket may have taken the name.
      if (existsSync(socket) && lstatSync(socket).ino === ino) unlinkSync(socket);
      await close(server);
    },
  };
}

/**
 * The same, and listens anew when somebody has taken the file away (a tidying-up of temporary folders, say): then nobody
 * new could find the gateway, though it runs. Whoever is connected stays connected.
 */
export async function keepListeningOnSocket(
  makeServer: () => Server,
  socket: string,
): Promise<AsyncDisposable> {
  const listeners = [await listenOnSocket(makeServer(), socket)];
  let mending: Promise<unknown> | undefined;
  const watch = setInterval(() => {
    if (mending !== undefined || process.platform === 'win32' || existsSync(socket)) return;
    mending = listenOnSocket(makeServer(), socket)
      .then((listener) => listeners.push(listener))
      // Tried again at the next look.
      .catch(() => undefined)
      .finally(() => (mending = undefined));
  }, WATCH_MS);
  watch.unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(watch);
      await mending;
      await Promise.all(listeners.map((listener) => listener[Symbol.asyncDispose]()));
    },
  };
}

/** Listens on TCP loopback only. 0: any free port. Answers the port. */
export async function listenOnLoopback(
  server: Server,
  port: number,
): Promise<AsyncDisposable & { port: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.maxConnections = MAX_TCP_CONNECTIONS;
  server.listen({ host: '127.0.0.1', port }, resolve);
  await promise;
  server.off('error', reject);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The TCP port has no address.');
  return { port: address.port, [Symbol.asyncDispose]: () => close(server) };
}

function listen(server: Server, socket: string, mode = 0o666): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.once('listening', resolve);
  // The name is bound before listen() returns, so no agent that is started meanwhile gets this mask.
  const umask = process.umask(0o777 & ~mode);
  server.listen(socket);
  process.umask(umask);
  return promise.finally(() => server.off('error', reject));
}

async function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  if (server instanceof HttpServer) {
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 1_000).unref();
  }
  await promise;
}
