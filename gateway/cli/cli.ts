// The command line: verbs over the same contract that every client uses.
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, CommanderError } from 'commander';
import { methods, Problem, type MethodName } from '../protocol/index.ts';
import { connect, NoGatewayError, type GatewayClient } from '../rpc/connect.ts';
import { VERSION } from '../version.ts';

/** Agents get 5 s to end by themselves. */
const STOP_MS = 15_000;
const EXIT = { done: 0, failed: 1, usage: 2 } as const;

export interface Program {
  readonly node: string;
  readonly script: string;
}

/** Runs one verb and answers its exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runCli(args: readonly string[], program: Program): Promise<number> {
  try {
    await commands(program).parseAsync([...args], { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (error instanceof Problem || error instanceof NoGatewayError) {
      console.error(error.message);
      return EXIT.failed;
    }
    throw error;
  }
}

function commands(program: Program): Command {
  const start = { command: program.node, args: [program.script, 'up', '--foreground'] };
  const holdfast = new Command('holdfast')
    .description('Keeps coding-agent sessions alive while editors come and go')
    .version(VERSION, '-V, --version')
    .exitOverride();

  holdfast
    .command('up')
    .description('Start the gateway, if none runs')
    .option('--foreground', 'stay in the foreground')
    .option('--json', 'machine-readable output')
    .action(async ({ json }: { json?: boolean }) => {
      await using client = await connect({ name: 'a terminal', start });
      print(json, client.info, `The gateway runs (process ${client.info.pid}). State: ${client.info.home}`);
    });

  holdfast
    .command('down')
    .description('Stop the gateway and its agents; everything stays on disk')
    .option('--json', 'machine-readable output')
    .action(async ({ json }: { json?: boolean }) => {
      await withGateway(async (client) => {
        await client.call('gateway.stop', {});
        await client.closed;
        await ended(client.info.pid);
        print(json, { ok: true }, 'The gateway has stopped. Sessions and queued prompts are on disk.');
      });
    });

  holdfast
    .command('status')
    .description('Whether the gateway runs, and what it does')
    .option('--json', 'machine-readable output')
    .action(async ({ json }: { json?: boolean }) => {
      await withGateway(async (client) => {
        const health = await client.call('health.check', {});
        const { pid, version, uptime, sessions } = health;
        print(json, health, `Runs (process ${pid}, version ${version}, ${uptime} s). Sessions: ${sessions}`);
      });
    });

  holdfast
    .command('rpc')
    .description('Call a method of the gateway; parameters as JSON, or from standard input with -')
    .argument('<method>')
    .argument('[params]', 'a JSON object')
    .action(async (method: string, params = '{}') => {
      if (!(method in methods)) {
        throw new CommanderError(
          EXIT.usage,
          'holdfast.method',
          `No method ${method}. rpc.discover lists them.`,
        );
      }
      const text = params === '-' ? await readAll(process.stdin) : params;
      await withGateway(async (client) => {
        // The gateway checks the parameters; this is the door for those who write them by hand.
        const result: unknown = await client.call(method as MethodName, JSON.parse(text) as never);
        console.log(JSON.stringify(result, undefined, 2));
      });
    });
  return holdfast;
}

async function withGateway(use: (client: GatewayClient) => Promise<void>): Promise<void> {
  await using client = await connect({ name: 'a terminal' });
  await use(client);
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

function print(json: boolean | undefined, value: unknown, sentence: string): void {
  console.log(json === true ? JSON.stringify(value) : sentence);
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}
