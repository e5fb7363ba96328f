// The command line: finds the verb, runs it, and answers with an exit code that scripts can trust.
import { Command, CommanderError } from 'commander';
import { isRecord } from '../language.ts';
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
import { outputTo } from './output.ts';
import { harmless, inertJson } from './plainText.ts';
import { mcpVerbs } from './mcp.ts';
import { peerVerbs } from './peers.ts';
import { rpcVerbs } from './rpc.ts';
import { sendVerbs } from './send.ts';
import { serviceVerbs } from './service.ts';
import { sessionVerbs } from './sessions.ts';
import { addVerbs, UsageError, type Call, type Parsed, type Program, type Verb } from './verb.ts';

export const EXIT = { done: 0, failed: 1, usage: 2, notAuthorised: 3, host: 4 } as const;

/** In the order of `holdfast --help`: what one needs first comes first. */
const verbs = (): Readonly<Record<string, readonly Verb[]>> => ({
  'Sessions:': [...chatVerbs, ...sessionVerbs, ...sendVerbs, ...answerVerbs, ...bundleVerbs],
  'The gateway:': [
    ...gatewayVerbs,
    ...doctorVerbs,
    ...logVerbs,
    ...configVerbs,
    ...serviceVerbs,
    ...hostVerbs,
  ],
  'Mail and other machines:': [...mailVerbs, ...busVerbs, ...peerVerbs],
  'For programs:': [...rpcVerbs, ...mcpVerbs],
  'Every method of the gateway, by its name:': contractVerbs(),
});

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
    .exitOverride()
    .configureHelp({ subcommandTerm: termOf })
    // Said by `complain`.
    .configureOutput({ outputError: () => {} })
    .addHelpText('after', '\nBegin with: holdfast chat. Each says more of itself: holdfast chat --help');
  for (const [heading, table] of Object.entries(verbs())) {
    root.commandsGroup(heading);
    addVerbs(root, table, async (verb, parsed) => {
      code = (await verb.run(callOf(program, parsed))) ?? EXIT.done;
    });
  }
  root.commandsGroup('The gateway:').helpCommand('help [verb]');
  try {
    await root.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) code = complain(error, args.includes('--json'));
    else if (error.exitCode === 0) code = EXIT.done;
    // Whoever names no verb has been shown which there are.
    else if (error.code === 'commander.help') code = EXIT.usage;
    else code = complain(wrongUsage(error, helpFor(root, args)), args.includes('--json'));
  }
  // On some systems a pipe takes its time, and the process ends with what this answers.
  await new Promise((resolve) => process.stdout.write('', resolve));
  return code;
}

/** A verb in a list: below another one with its arguments, which at the top would leave no room to say what it is. */
const termOf = (command: Command): string =>
  [command.name(), ...(command.parent?.parent ? [command.usage().replace(/^\[options\] ?/, '')] : [])]
    .join(' ')
    .trim();

/** What tells more of the verb that was meant. */
function helpFor(root: Command, args: readonly string[]): string {
  const words = [root.name()];
  let command: Command | undefined = root;
  for (const arg of args) {
    command = command.commands.find((one) => one.name() === arg);
    if (command === undefined) break;
    words.push(arg);
  }
  return `${words.join(' ')} --help`;
}

/** The parser's complaint in the form of all others. */
const wrongUsage = ({ message }: CommanderError, help: string): UsageError =>
  new UsageError(
    `${message.replace(/^error: (.)/, (_, first: string) => first.toUpperCase())}\nSee: ${help}`,
  );

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
  console.error(json ? inertJson({ error: { message, ...details } }) : harmless(message));
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
