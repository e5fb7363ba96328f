// The program: runs the daemon, the built-in demo agent, or one verb of the command line.
// Each loads what it needs and no more: a gateway has no use for the command line, and starts in two thirds of the time.

/** From sysexits.h: what a supervisor should know without reading the message. */
const EXIT = { alreadyRuns: 0, usage: 2, otherHost: 4, bug: 70, unfitFolder: 73, config: 78 } as const;

const STARTED_MS = 1_000;

const program = { node: process.execPath, script: process.argv[1] ?? '' };
const [verb, ...rest] = process.argv.slice(2);

/** `--port N` and `--port=N` of `up`. */
const port = /(?:^|\0)--port[=\0]([^\0]*)/.exec(verb === 'up' ? rest.join('\0') : '')?.[1];
// The gateway may be this process or one that this process starts.
if (port !== undefined) process.env['HOLDFAST_PORT'] = port;

// CommonJS, which starts faster, has no await out here.
void run().then((code) => process.exit(code));

async function run(): Promise<number> {
  if (verb === 'demo-agent') {
    const { runDemoAgent } = await import('./agents/demo.ts');
    await runDemoAgent(process.stdin, process.stdout);
    return 0;
  }
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) {
    console.error(`--port is a number up to 65535, not ${JSON.stringify(port)}. 0 takes any free port.`);
    return EXIT.usage;
  }
  // The command line says what is wrong with anything else.
  const isKnown = (word: string, at: number): boolean =>
    /^--(?:foreground$|json$|port=)/.test(word) ||
    (word === '--port' ? at + 1 < rest.length : rest[at - 1] === '--port');
  if (verb === 'up' && rest.includes('--foreground') && rest.every(isKnown)) return daemon();
  const { runCli } = await import('./cli/cli.ts');
  return runCli(process.argv.slice(2), program);
}

async function daemon(): Promise<number> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  // Making these streams takes 2 ms, and nothing is said before the gateway is there, or will never be.
  setTimeout(bearBrokenPipes, STARTED_MS).unref();
  const { runDaemon, ConfigError, HostError, LockedError, NewerDatabaseError, UnfitFolderError } =
    await import('./daemon.ts');
  try {
    await runDaemon(program, stop.signal);
    return 0;
  } catch (error) {
    bearBrokenPipes();
    if (error instanceof LockedError) {
      console.error(error.message);
      return EXIT.alreadyRuns;
    }
    console.error(error instanceof Error ? error.message : error);
    if (error instanceof HostError) return forPeople(EXIT.otherHost);
    if (error instanceof UnfitFolderError) return forPeople(EXIT.unfitFolder);
    const isConfig = error instanceof NewerDatabaseError || error instanceof ConfigError;
    return isConfig ? forPeople(EXIT.config) : EXIT.bug;
  }
}

/** What only a person can mend. To launchd, which starts again whatever ends with another code, it is a good end. */
const forPeople = (code: number): number => (process.env['HOLDFAST_SERVICE'] === 'launchd' ? 0 : code);

/** Whoever started us may be gone; its pipes with it. */
function bearBrokenPipes(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}
