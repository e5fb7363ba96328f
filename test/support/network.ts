// A network for tests: machines in network namespaces of their own, with a cable that can be cut and made bad. Where that
// is not permitted the same stories run over loopback, through a proxy that delays and cuts.
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import path from 'node:path';
import { TcpProxy } from './tcpProxy.ts';
import { waitFor } from './waitFor.ts';

/** Lost and reordered packets are there in namespaces only: over loopback the proxy passes on bytes in their order. */
export interface Weather {
  readonly delayMs?: number;
  readonly jitterMs?: number;
  readonly loss?: number;
}

export interface Network extends AsyncDisposable {
  /** What the test says of where it has run. */
  readonly kind: string;
  /** What a program on that machine is run under; the machine is made when it is first named. */
  under(machine: string): readonly string[];
  /** The address under which others reach that port of the machine. */
  address(machine: string, port: number): Promise<string>;
  /** The same with IPv6; undefined where there is none. */
  address6(machine: string, port: number): string | undefined;
  weather(weather: Weather): Promise<void>;
  /** Nothing reaches the machine, nothing comes from it, and nobody is told. */
  cut(machine: string): Promise<void>;
  mend(machine: string): Promise<void>;
}

export async function openNetwork(machines: readonly string[]): Promise<Network> {
  const namespaces = new Namespaces();
  try {
    await namespaces.open(machines);
    return namespaces;
  } catch (error) {
    await namespaces[Symbol.asyncDispose]();
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return new Loopback(`loopback, because network namespaces are not permitted here (${why})`);
  }
}

function run(command: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 10_000 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
}

const script = (name: string): string => path.join(import.meta.dirname, name);

class Namespaces implements Network {
  kind = 'network namespaces';
  readonly #machines: string[] = [];
  readonly #made: string[] = [];
  readonly #cut = new Set<string>();
  #wire: ChildProcessWithoutNullStreams | undefined;
  #answers = 0;
  #hasNetem: boolean | undefined;
  #hasIPv6 = true;

  async open(machines: readonly string[]): Promise<void> {
    this.#addNamespace('net');
    for (const [index, machine] of machines.entries()) {
      const space = this.#addNamespace(machine);
      const [port, net] = [this.#port(machine), this.#space('net')];
      this.#machines.push(machine);
      run('ip', 'link', 'add', port, 'netns', net, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space);
      run('ip', '-n', net, 'link', 'set', port, 'up');
      run('ip', '-n', space, 'link', 'set', 'lo', 'up');
      run('ip', '-n', space, 'addr', 'add', `10.77.0.${index + 1}/24`, 'dev', 'eth0');
      run('ip', '-n', space, 'link', 'set', 'eth0', 'up');
      const six = ['addr', 'add', `fd77::${index + 1}/64`, 'dev', 'eth0', 'nodad'];
      this.#hasIPv6 &&= spawnSync('ip', ['-n', space, ...six]).status === 0;
      run('ip', 'netns', 'exec', space, 'python3', script('plainFrames.py'), 'eth0');
    }
    const ports = this.#machines.map((machine) => this.#port(machine));
    const wire = spawn('ip', ['netns', 'exec', this.#space('net'), 'python3', script('wire.py'), ...ports]);
    wire.stdout.on('data', (chunk: Buffer) => (this.#answers += chunk.toString().split('\n').length - 1));
    this.#wire = wire;
    await waitFor('the cable', () => {
      if (wire.exitCode !== null) throw new Error('the cable broke');
      return this.#answers === 1;
    });
  }

  under(machine: string): readonly string[] {
    return ['ip', 'netns', 'exec', this.#space(machine)];
  }

  address(machine: string, port: number): Promise<string> {
    return Promise.resolve(`10.77.0.${this.#machines.indexOf(machine) + 1}:${port}`);
  }

  address6(machine: string, port: number): string | undefined {
    return this.#hasIPv6 ? `[fd77::${this.#machines.indexOf(machine) + 1}]:${port}` : undefined;
  }

  async weather({ delayMs = 0, jitterMs = 0, loss = 0 }: Weather): Promise<void> {
    this.#hasNetem ??= this.#netem('delay', '0ms');
    if (!this.#hasNetem) {
      this.kind = 'network namespaces, with a cable of our own: this kernel has no netem';
      return this.#tell({ delay: delayMs / 1000, jitter: jitterMs / 1000, loss });
    }
    // Packets that are not delayed like the others overtake them.
    this.#netem('delay', `${delayMs}ms`, `${jitterMs}ms`, 'loss', `${loss * 100}%`);
    return undefined;
  }

  cut(machine: string): Promise<void> {
    this.#cut.add(this.#port(machine));
    return this.#tell({ cut: [...this.#cut] });
  }

  mend(machine: string): Promise<void> {
    this.#cut.delete(this.#port(machine));
    return this.#tell({ cut: [...this.#cut] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#wire?.stdin.end();
    await waitFor(
      'the cable to be taken away',
      () => this.#wire === undefined || this.#wire.exitCode !== null,
    );
    // What is inside goes along.
    for (const space of this.#made.splice(0)) spawnSync('ip', ['netns', 'del', space]);
  }

  #addNamespace(machine: string): string {
    const space = this.#space(machine);
    run('ip', 'netns', 'add', space);
    this.#made.push(space);
    return space;
  }

  #netem(...rules: string[]): boolean {
    return this.#machines.every((machine) => {
      const port = ['qdisc', 'replace', 'dev', this.#port(machine), 'root', 'netem', ...rules];
      return spawnSync('tc', ['-n', this.#space('net'), ...port]).status === 0;
    });
  }

  async #tell(rules: object): Promise<void> {
    const before = this.#answers;
    this.#wire?.stdin.write(`${JSON.stringify(rules)}\n`);
    await waitFor('the cable to be so', () => this.#answers > before);
  }

  #space(machine: string): string {
    return `hf${process.pid}-${machine}`;
  }

  /** The system allows 15 characters. */
  #port(machine: string): string {
    return `h${process.pid}${machine}`.slice(0, 15);
  }
}

class Loopback implements Network {
  readonly kind: string;
  readonly #proxies: { readonly machine: string; readonly proxy: TcpProxy }[] = [];
  #delayMs = 0;

  constructor(kind: string) {
    this.kind = kind;
  }

  under(): readonly string[] {
    return [];
  }

  async address(machine: string, port: number): Promise<string> {
    const proxy = await TcpProxy.to(port, { delayMs: () => this.#delayMs });
    this.#proxies.push({ machine, proxy });
    return `127.0.0.1:${proxy.port}`;
  }

  address6(): undefined {
    return undefined;
  }

  weather({ delayMs = 0 }: Weather): Promise<void> {
    this.#delayMs = delayMs;
    return Promise.resolve();
  }

  cut(machine: string): Promise<void> {
    for (const proxy of this.#of(machine)) proxy.goDeaf();
    return Promise.resolve();
  }

  mend(machine: string): Promise<void> {
    for (const proxy of this.#of(machine)) proxy.hear();
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#proxies.map(({ proxy }) => proxy[Symbol.asyncDispose]()));
  }

  #of(machine: string): TcpProxy[] {
    return this.#proxies.filter((one) => one.machine === machine).map(({ proxy }) => proxy);
  }
}
