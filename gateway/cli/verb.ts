// What a verb of the command line is, and how a table of them becomes the program that parses arguments.
import { Command } from 'commander';
import type { z } from 'zod';
import type { Output } from './output.ts';
import { oneLine } from './plainText.ts';

export interface Verb {
  /** The words that call it: "queue list". */
  readonly name: string;
  readonly summary: string;
  /** `<needed>` or `[optional]`, with what it is. */
  readonly args?: readonly (readonly [name: string, about: string])[];
  readonly options?: readonly (readonly [flags: string, about: string])[];
  /** Said at the end of its help. */
  readonly more?: string;
  /** Resolves when it is done; an exit code other than 0 may be answered. */
  readonly run: (call: Call) => Promise<number | void>;
}

/** How this process was started, so that it can start a gateway in the same way. */
export interface Program {
  readonly node: string;
  readonly script: string;
}

/** One verb being called. */
export interface Call {
  readonly program: Program;
  readonly out: Output;
  /** The arguments as they were written. */
  readonly args: readonly string[];
  /** The argument at a place. */
  arg(index: number): string | undefined;
  /** The value of an option that takes one. */
  option(name: string): string | undefined;
  /** A switch: undefined when it was not given. */
  flag(name: string): boolean | undefined;
}

/** Wrong usage: exit code 2. The message says what would be right. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The number, 0 or more, that was given with this option. Throws a complaint about wrong usage. */
export function numberOf(call: Call, option: string): number | undefined {
  const text = call.option(option);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number) && number >= 0) return number;
  const flag = option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UsageError(`--${flag} is a number, which "${oneLine(text)}" is not.`);
}

/** What was said, read by a schema of the contract. Throws a complaint about wrong usage. */
export function typed<S extends z.ZodType>(schema: S, text: string | undefined): z.output<S> {
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new UsageError(`"${oneLine(text ?? '')}" ${parsed.error.issues[0]?.message ?? 'is no id'}.`);
}

/** Adds every verb to the program; "queue list" goes below "queue", which is made when no verb has that name. */
export function addVerbs(
  root: Command,
  verbs: readonly Verb[],
  call: (verb: Verb, call: Parsed) => Promise<void>,
) {
  for (const verb of verbs) {
    const words = verb.name.split(' ');
    const last = words.pop() ?? verb.name;
    const parent = words.reduce(groupOf, root);
    // A verb of our own stands before one that is made from the contract.
    if (parent.commands.some((command) => command.name() === last)) continue;
    const command = parent.command(last).description(verb.summary);
    for (const [name, about] of verb.args ?? []) command.argument(name, about);
    for (const [flags, about] of verb.options ?? []) command.option(flags, about);
    command.option('--json', 'machine-readable output');
    if (verb.more !== undefined) command.addHelpText('after', `\n${verb.more}`);
    command.action((...given: unknown[]) => call(verb, { args: command.args, options: given.at(-2) }));
  }
}

/** What the parser has found. */
export interface Parsed {
  readonly args: readonly string[];
  readonly options: unknown;
}

/** What the verbs below one word are about. */
const GROUPS: Readonly<Record<string, string>> = {
  agent: 'One agent: check it, list what it remembers, fetch the registry',
  bus: 'Mailboxes with a socket, for scripts: create, send, receive, list, destroy',
  client: 'What a connected program says of itself',
  gateway: 'The gateway: info, drain, stop',
  health: 'Is it well, and how much does it use',
  mail: 'Messages between agents, programs and people: send, inbox, ack ...',
  mailbox: 'The mailboxes themselves: create, list, destroy ...',
  monitor: 'All sessions with their queue and their process',
  outbox: 'What was sent and has not arrived: list, requeue',
  peers: 'Gateways of other machines: invite, join, list, remove ...',
  permission: 'What agents ask: list, answer',
  profile: 'What others see of a mailbox: get, set',
  queue: 'The prompts of a session that wait: list, edit, move, remove, pause ...',
  session: 'Everything that can be done with a session',
  task: 'Prompts that were given to another machine',
  token: 'Tokens for programs that come by TCP: create, list, revoke',
};

function groupOf(parent: Command, word: string): Command {
  const found = parent.commands.find((command) => command.name() === word);
  return found ?? parent.command(word).description(GROUPS[word] ?? `The methods ${word}.* of the gateway`);
}
