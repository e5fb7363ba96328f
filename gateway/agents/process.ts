// A running agent program: messages in and out as JSON lines or as they are, and an end that leaves nothing behind.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { isRecord, messageOf, within } from '../language.ts';
import { AgentError, type AgentEnd } from './agent.ts';
import { agentEnvironment } from './environment.ts';
import { LineFramer } from './framer.ts';
import { type JsonObject } from './json.ts';
import { statOf } from './lookUp.ts';
import {
  family,
  MARK,
  markedSince,
  signalAll,
  startTime,
  TERM_GRACE_MS,
  ticksNow,
  type Member,
} from './processTree.ts';

export interface Program {
  /** For people, in error texts: "Claude Code". */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What to run in a terminal to log in, where the agent itself does not tell. */
  readonly login?: string | undefined;
}

export interface ProcessOptions {
  readonly cwd: string;
  /** All that one read held, in order. A batch is never empty. */
  readonly onMessages?: (messages: readonly JsonObject[]) => void;
  /** For programs that speak no protocol: takes the output as it comes, and there are no messages. */
  readonly onOutput?: (chunk: Buffer) => void;
  /** A line that is no message: not JSON, not an object, or too long. The agent lives on. */
  readonly onGarbage?: (line: string) => void;
  readonly maxLineBytes?: number;
  readonly termGraceMs?: number;
}

/** A grandchild may hold the pipe open for ever; what the agent itself has written is here long before. */
const PIPE_GRACE_MS = 2_000;
const STDERR_TAIL_BYTES = 4_096;
const GARBAGE_KEPT = 3;
const GARBAGE_LINE_CHARS = 200;

const describeSpawnFailure = (program: Program, cwd: string, error: unknown): AgentError => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  if (statOf(cwd)?.isDirectory() !== true) {
    return new AgentError('path.missing', `${cwd} is not an existing folder: choose another one.`, error);
  }
  const reasons: Record<string, string> = {
    ENOENT: `there is no program "${program.command}". Install it, or correct its path in the settings`,
    EACCES: `"${program.command}" may not be executed. Check its permissions (chmod +x)`,
    E2BIG: 'its arguments and environment are too large. Shorten them in the settings',
  };
  const reason = reasons[code] ?? messageOf(error);
  return new AgentError('agent.missing', `${program.name} could not be started: ${reason}.`, error);
};

export class AgentProcess implements AsyncDisposable {
  readonly pid: number;
  readonly ended: Promise<AgentEnd>;
  readonly garbage: string[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #startTime: string;
  readonly #mark: string;
  #turnStart: number | undefined;
  readonly #options: ProcessOptions;
  readonly #framer: LineFramer;
  #stderr = Buffer.alloc(0);
  #exit: Pick<AgentEnd, 'code' | 'signal'> | undefined;
  #isMute = false;
  #leftovers: Member[] = [];
  #disposed: Promise<void> | undefined;

  /** Starts a program in a process group of its own. Rejects with words that say what to do. */
  static async start(program: Program, options: ProcessOptions): Promise<AgentProcess> {
    const mark = randomUUID();
    try {
      const child = spawn(program.command, program.args, {
        cwd: options.cwd,
        env: { ...agentEnvironment(program.env), [MARK]: mark },
        detached: true,
        windowsHide: true,
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      const started = new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', reject);
      });
      if (child.pid === undefined) await started; // Rejects: without a pid there is no process.
      const agent = new AgentProcess(child, child.pid ?? -1, mark, options);
      await started;
      return agent;
    } catch (error) {
      // Some failures are thrown (a NUL in an argument), others are events: they are the same to everybody else.
      throw describeSpawnFailure(program, options.cwd, error);
    }
  }

  private constructor(
    child: ChildProcessWithoutNullStreams,
    pid: number,
    mark: string,
    options: ProcessOptions,
  ) {
    this.pid = pid;
    this.#mark = mark;
    this.#child = child;
    this.#startTime = startTime(pid) ?? '';
    this.#options = options;
    this.#framer = new LineFramer(
      (maxBytes) => this.#reportGarbage(`a line of more than ${maxBytes} bytes, which is too long`),
      options.maxLineBytes,
    );
    child.stdout.on('data', options.onOutput ?? ((chunk: Buffer) => this.#read(this.#framer.push(chunk))));
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = Buffer.concat([this.#stderr, chunk]).subarray(-STDERR_TAIL_BYTES);
    });
    if (options.onMessages !== undefined) child.stdout.once('end', () => this.#fellSilent());
    // A pipe that breaks is followed by the end of the process, which is what tells everybody.
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.on('error', () => {});
    this.ended = this.#watchEnd();
  }

  /** What it has written may still come, from it or from a child that it has left behind. */
  get hasExited(): boolean {
    return this.#exit !== undefined;
  }

  /** Resolves when the agent's pipe has taken the message: await it, and memory stays bounded. */
  write(message: unknown): Promise<void> {
    const { stdin } = this.#child;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (!stdin.writable) return Promise.reject(new Error('the agent does not read any more'));
    stdin.write(`${JSON.stringify(message)}\n`, (error) => (error ? reject(error) : resolve()));
    return promise;
  }

  /** What runs in a turn is the agent's work: when the agent dies in the middle of it, so does what it has started since. */
  setInTurn(isInTurn: boolean): void {
    this.#turnStart = isInTurn ? ticksNow() : undefined;
  }

  /** Gives a program that speaks no protocol all of its input. It may well end without having read it. */
  finish(input: string): void {
    this.#child.stdin.end(input);
  }

  /** What the agent said before it ended, for people: garbage on its output first, then the end of its stderr. */
  get lastWords(): string {
    const [first] = this.garbage;
    const printed = first === undefined ? [] : [`It printed something that is not its protocol: "${first}".`];
    const stderr = this.#stderr.toString('utf8').trim();
    const mute = this.#isMute ? ['It had closed its output, so it could not answer any more.'] : [];
    return [...printed, ...mute, ...(stderr === '' ? [] : [stderr])].join('\n');
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#end();
    return this.#disposed;
  }

  /** Mostly it is ending. One that speaks a protocol and lives on without its output will never answer. */
  #fellSilent(): void {
    if (this.#exit !== undefined) return;
    const timer = setTimeout(() => {
      this.#isMute = true;
      void this[Symbol.asyncDispose]();
    }, PIPE_GRACE_MS);
    this.#child.once('exit', () => clearTimeout(timer));
  }

  async #end(): Promise<void> {
    if (this.#exit === undefined) {
      // Remembered while the agent lives: later nobody can tell whose children they were.
      this.#leftovers = family(this.pid, this.#startTime);
      this.#child.stdin.end();
      this.#signalGroup('SIGTERM');
      const timer = setTimeout(() => {
        this.#leftovers.push(...family(this.pid, this.#startTime));
        this.#killLeftovers();
      }, this.#options.termGraceMs ?? TERM_GRACE_MS);
      await this.ended;
      clearTimeout(timer);
    }
    await this.ended;
  }

  async #watchEnd(): Promise<AgentEnd> {
    const child = this.#child;
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const exit = await new Promise<Pick<AgentEnd, 'code' | 'signal'>>((resolve) =>
      child.once('exit', (code, signal) => resolve({ code, signal })),
    );
    this.#exit = exit;
    child.stdin.end(); // A launcher may have died while the real agent lives: it ends when its input does.
    if (this.#disposed !== undefined) this.#killLeftovers();
    await within(PIPE_GRACE_MS, closed);
    this.#leftovers.push(...family(this.pid, this.#startTime));
    if (this.#disposed === undefined && this.#turnStart !== undefined)
      this.#leftovers.push(...markedSince(this.#mark, this.#turnStart));
    this.#killLeftovers();
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
    const rest = this.#framer.end();
    if (rest !== undefined) this.#read([rest]);
    return { ...exit, detail: this.lastWords };
  }

  #signalGroup(signal: NodeJS.Signals): void {
    try {
      // Windows has no groups: there the members are signalled one by one, at the end.
      process.kill(process.platform === 'win32' ? this.pid : -this.pid, signal);
    } catch {
      // The group is gone.
    }
  }

  #killLeftovers(): void {
    if (this.#exit === undefined) this.#signalGroup('SIGKILL');
    signalAll(this.#leftovers, 'SIGKILL');
  }

  #read(lines: readonly string[]): void {
    const messages: JsonObject[] = [];
    for (const line of lines) {
      // Programs of .NET begin with a byte order mark, which counts as space here, and is none to JSON.
      const said = line.trim();
      if (said === '') continue;
      const message = parseObject(said);
      if (message === undefined) this.#reportGarbage(line);
      else messages.push(message);
    }
    if (messages.length > 0) this.#options.onMessages?.(messages);
  }

  #reportGarbage(line: string): void {
    const shown = line.slice(0, GARBAGE_LINE_CHARS);
    if (this.garbage.length < GARBAGE_KEPT) this.garbage.push(shown);
    this.#options.onGarbage?.(shown);
  }
}

const parseObject = (line: string): JsonObject | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
};
