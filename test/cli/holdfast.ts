// The command line as people and scripts use it: a process of its own, with its words and its exit code.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { MAIN, testEnv } from '../support/gateway.ts';
import { waitFor, within } from '../support/waitFor.ts';

export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs one verb to its end. */
export async function holdfast(
  home: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Said> {
  await using run = new Running(process.execPath, [MAIN, ...args], home, options);
  run.end(options.input ?? '');
  return await run.over();
}

/** The same for a verb that must succeed; answers what it printed, as JSON. */
export async function holdfastJson(
  home: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<unknown> {
  const { code, out, err } = await holdfast(home, [...args, '--json'], options);
  if (code !== 0) throw new Error(`holdfast ${args.join(' ')} ended with ${code}: ${err}`);
  return JSON.parse(out);
}

/** Starts a verb that goes on: chat, attach, logs -f. */
export const startHoldfast = (home: string, args: readonly string[], options: RunOptions = {}): Running =>
  new Running(process.execPath, [MAIN, ...args], home, options);

export class Running implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<unknown>;
  #out = '';
  #err = '';

  constructor(command: string, args: readonly string[], home: string, { env, cwd }: RunOptions = {}) {
    this.#child = spawn(command, args, { env: testEnv(home, env), cwd });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#out += text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#err += text));
    // It may end before it has read everything.
    this.#child.stdin.on('error', () => {});
    this.#closed = once(this.#child, 'close');
  }

  get out(): string {
    return this.#out;
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  end(text: string | Buffer = ''): void {
    this.#child.stdin.end(text);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves when the output holds the text, or as often as told. */
  async until(text: string, times = 1): Promise<void> {
    const said = (): string => `${this.#out.slice(-2_000)}${this.#err}`;
    await waitFor(`"${text}"`, () => {
      if (this.#out.split(text).length > times) return true;
      if (this.#child.exitCode === null) return false;
      throw new Error(`it ended with ${this.#child.exitCode} without "${text}"`);
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}; it has said: ${said()}`, { cause: error });
    });
  }

  /** Resolves when it has ended by itself. */
  async over(): Promise<Said> {
    await within(`the end of a verb that says: ${this.#out.slice(-2_000)}${this.#err}`, this.#closed);
    return { code: this.#child.exitCode, out: this.#out, err: this.#err };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.#closed;
  }
}
