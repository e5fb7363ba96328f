// The command line: finds the verb, runs it, and answers with an exit code that scripts can trust.
import { Command, CommanderError } from 'commander';
import { Problem, RPC } from '../protocol/index.ts';
import { NoGatewayError, OtherHostError } from '../rpc/connect.ts';
import { VERSION } from '../version.ts';
import { answerVerbs } from './answer.ts';
import { bundleVerbs } from './bundle.ts';
import { busVerbs } from './bus.ts';
import { chatVerbs } from './chat.ts';
import { NotAuthorisedError } from './client.ts';
import { configVerbs } from './config.ts';
import { contractVerbs } from './contract.ts';
import { doctorVerbs } from './doctor.ts';
import { gatewayVerbs } from './gateway.ts';
import { logVerbs } from './logs.ts';
import { mailVerbs } from './mail.ts';
import { hostVerbs } from './host.ts';
import { isRecord, outputTo } from './output.ts';
import { harmless } from './plainText.ts';
import { mcpVerbs } from './mcp.ts';
import { peerVerbs } from './peers.ts';
import { rpcVerbs } from './rpc.ts';
import { sendVerbs } from './send.ts';
import { serviceVerbs } from './service.ts';
import { sessionVerbs } from './sessions.ts';
import { addVerbs, UsageError, type Call, type Parsed, type Program, type Verb } from './verb.ts';

export const EXIT = { done: 0, failed: 1, usage: 2, notAuthorised: 3, host: 4 } as const;

/** In the order of `holdfast --help`: what one needs first comes first. */
const verbs = (): Verb[] => [
  ...gatewayVerbs,
  ...sessionVerbs,
  ...sendVerbs,
  ...chatVerbs,
  ...answerVerbs,
  ...busVerbs,
  ...bundleVerbs,
  ...peerVerbs,
  ...doctorVerbs,
  ...configVerbs,
  ...hostVerbs,
  ...mailVerbs,
  ...logVerbs,
  ...serviceVerbs,
  ...rpcVerbs,
  ...mcpVerbs,
  ...contractVerbs(),
];

/** Runs one verb and answers its exit code. */
export async function runCli(args: readonly string[], program: Program): Promise<number> {
  // `holdfast logs | head`: whoever does not want more is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? 0 : EXIT.failed),
  );
  let code: number = EXIT.done;
  const root = new Command('holdfast')
    .description('Keeps coding-agent sessions alive while editors come and go')
    .version(VERSION, '-V, --version')
    .enablePositionalOptions()
    .exitOverride();
  addVerbs(root, verbs(), async (verb, parsed) => {
    code = (await verb.run(callOf(program, parsed))) ?? EXIT.done;
  });
  try {
    await root.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    code = complain(error, args.includes('--json'));
  }
  // On some systems a pipe takes its time, and the process ends with what this answers.
  await new Promise((resolve) => process.stdout.write('', resolve));
  return code;
}

function callOf(program: Program, { args, options }: Parsed): Call {
  const given = isRecord(options) ? options : {};
  return {
    program,
    args,
    out: outputTo(process.stdout, given['json'] === true),
    arg: (index) => args[index],
    option: (name) => (typeof given[name] === 'string' ? given[name] : undefined),
    flag: (name) => (typeof given[name] === 'boolean' ? given[name] : undefined),
  };
}

/** Says on standard error what happened and what to do. Bugs come with their stack. */
function complain(error: unknown, json: boolean): number {
  const { message, ...details } = describe(error);
  console.error(json ? JSON.stringify({ error: { message, ...details } }) : harmless(message));
  return codeOf(error);
}

function describe(error: unknown): { message: string; problem?: string; code?: unknown; data?: unknown } {
  if (error instanceof Problem) {
    const { message, problem, code, data } = error;
    return { message, problem, code, data };
  }
  if (!(error instanceof Error)) return { message: String(error) };
  // An error without a name of its own was thrown with a sentence for people.
  const isSentence =
    error.name === 'Error' || error instanceof NoGatewayError || error instanceof NotAuthorisedError;
  const message = isSentence || error instanceof UsageError ? error.message : (error.stack ?? error.message);
  return 'code' in error ? { message, code: error.code } : { message };
}

function codeOf(error: unknown): number {
  if (error instanceof NotAuthorisedError) return EXIT.notAuthorised;
  if (error instanceof Problem && error.problem === 'access.denied') return EXIT.notAuthorised;
  if (error instanceof OtherHostError) return EXIT.host;
  if (error instanceof UsageError) return EXIT.usage;
  // What the contract calls a bad parameter is wrong usage, whoever notices.
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === RPC.invalidParams || code === RPC.methodNotFound ? EXIT.usage : EXIT.failed;
}
