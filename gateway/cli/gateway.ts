// up, down, status and version: the life of the gateway.
import { setTimeout as sleep } from 'node:timers/promises';
import { withoutUndefined } from '../language.ts';
import { Problem, type Discovery, type GatewayInfo } from '../protocol/index.ts';
import { NoGatewayError } from '../rpc/connect.ts';
import { readDiscovery } from '../rpc/discovery.ts';
import { stateFolder } from '../rpc/paths.ts';
import { VERSION } from '../version.ts';
import { ifRunning, withGateway } from './client.ts';
import { tcpFindings } from './doctor.ts';
import { duration, megabytes, table } from './output.ts';
import type { Verb } from './verb.ts';

/** Agents get 5 s to end by themselves. */
const STOP_MS = 15_000;
const ANNOUNCED_MS = 5_000;

export const gatewayVerbs: readonly Verb[] = [
  {
    name: 'up',
    summary: 'Start the gateway, if none runs',
    options: [
      ['--foreground', 'stay in the foreground, until it is told to stop'],
      ['--port <number>', 'also serve whoever has a token on this TCP port of loopback; 0: any free one'],
    ],
    // With --foreground this process is the gateway, which main.ts sees to before any verb is looked for; --port it has put
    // into the environment of whichever process that is.
    run: (call) =>
      withGateway(async ({ info }) => {
        const http = (await discoveryOf(info))?.http;
        const port = call.option('port');
        if (port !== undefined && (http === undefined || ![0, http.port].includes(Number(port)))) {
          const now = http === undefined ? 'without a TCP port' : `on TCP port ${http.port}`;
          throw new Error(
            `The gateway runs already (process ${info.pid}), ${now}. To change that: holdfast down, then holdfast up --port ${port}`,
          );
        }
        call.out.answer(withoutUndefined({ ...info, http }), [
          `The gateway runs (process ${info.pid}). State: ${info.home}`,
          ...(http === undefined ? [] : [`TCP: ${http.host}:${http.port}, for whoever has a token`]),
        ]);
      }, call.program),
  },
  {
    name: 'down',
    summary: 'Stop the gateway and its agents; everything stays on disk',
    run: async ({ out }) => {
      await withGateway(async (client) => {
        await client.call('gateway.stop', {});
        await client.closed;
        await ended(client.info.pid);
      }).catch(endMisfit);
      out.answer({ ok: true }, 'The gateway has stopped. Sessions and queued prompts are on disk.');
    },
  },
  {
    name: 'status',
    summary: 'Whether the gateway runs, and what it does',
    run: ({ out }) =>
      withGateway(async (client) => {
        const health = await client.call('health.check', {});
        const byStatus = Object.entries(health.sessionsByStatus).map(
          ([status, count]) => `${count} ${status}`,
        );
        out.answer(
          health,
          table([
            ['Gateway', `runs (process ${health.pid}, version ${health.version})`],
            ...(health.draining
              ? [['Draining', 'it takes no new prompts, and ends when no turn runs any more']]
              : []),
            ['Since', `${duration(health.uptime)} ago`],
            ['Sessions', `${health.sessions}${byStatus.length === 0 ? '' : ` (${byStatus.join(', ')})`}`],
            ['Memory', megabytes(health.memory.rss)],
            ['State', client.info.home],
            ...tcpFindings(client.info.home).map(({ name, detail }) => [name, detail]),
          ]),
        );
      }),
  },
  {
    name: 'version',
    summary: 'The version of this program, and of the gateway that runs',
    run: async ({ out }) => {
      const running = await ifRunning(async ({ info }) => info);
      const gateway = running && { version: running.version, protocol: running.protocol, pid: running.pid };
      out.answer(
        { version: VERSION, gateway: gateway ?? null },
        table([
          ['holdfast', VERSION],
          ['gateway', gateway ? `${gateway.version} (process ${gateway.pid})` : 'does not run'],
        ]),
      );
    },
  },
];

/** One that is older or newer than this program cannot be told to stop; it has just answered, so that the process is its own. */
async function endMisfit(error: unknown): Promise<void> {
  const pid = readDiscovery(stateFolder())?.pid;
  if (!(error instanceof Problem) || error.problem !== 'protocol.version' || pid === undefined) throw error;
  process.kill(pid, 'SIGTERM');
  await ended(pid);
}

/** What it wrote when it listened. One that was killed has left another, which is there a moment longer than its socket. */
async function discoveryOf({ instanceId }: GatewayInfo): Promise<Discovery | undefined> {
  for (const end = performance.now() + ANNOUNCED_MS; performance.now() < end; await sleep(20)) {
    const found = readDiscovery(stateFolder());
    if (found?.instanceId === instanceId) return found;
  }
  return undefined;
}

/** The link ends a moment before the process does, and a gateway that starts at once would find the lock taken. */
async function ended(pid: number): Promise<void> {
  for (const end = performance.now() + STOP_MS; performance.now() < end; await sleep(20)) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
  }
  throw new NoGatewayError(
    `The gateway (process ${pid}) has not ended yet. Look into its log, or end it: kill ${pid}`,
  );
}
