// Redis as Debian ships it, on a Unix socket, spoken to with the usual library or with a client of a page, which is faster.
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startProgram, type Started } from '../processes.ts';
import { packages, program } from '../provide.ts';
import type { Speech } from '../area.ts';
import { connectPage, type RedisClient } from './redisPage.ts';

export const redisServer = program('redis-server');
export const ioredis = packages('ioredis-6.0.0', 'ioredis@6.0.0');

export interface Redis extends Started {
  readonly client: RedisClient;
}

/** always: a reply follows the sync (one for all that came in a turn of its loop). no: nothing is promised. */
export async function startRedis(
  folder: string,
  appendfsync: 'always' | 'no',
  speech: Speech,
): Promise<Redis> {
  const socket = path.join(folder, 'redis.sock');
  const dir = path.join(folder, 'redis');
  mkdirSync(dir);
  const settings = { port: 0, unixsocket: socket, dir, save: '', appendonly: 'yes', appendfsync };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const started = await startProgram(await redisServer(), args, {}, () => existsSync(socket));
  await listening(socket);
  return Object.assign(started, { client: await (speech === 'page' ? connectPage : connectLibrary)(socket) });
}

/** The socket is there a moment before anybody listens. */
async function listening(file: string): Promise<void> {
  for (;;) {
    const socket = connect({ path: file });
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await delay(5);
  }
}

/** What we use of ioredis. */
interface Library {
  readonly Redis: new (options: object) => RedisClient;
}

async function connectLibrary(socket: string): Promise<RedisClient> {
  // The package is not there when this is compiled; these are its documented names.
  const { Redis } = createRequire(await ioredis())('ioredis') as Library;
  const client = new Redis({ path: socket, maxRetriesPerRequest: 1, retryStrategy: () => null });
  await client.call('PING');
  return client;
}
