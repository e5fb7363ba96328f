// Runs Mocha suites inside the extension host and reports each test in one line, which test/support/vscode/mocha.ts reads.
import Mocha from 'mocha';

const TEST_MS = 60_000;
const MARK = '::holdfast-host::';

/** Each entry loads one file of suites, which registers itself with Mocha's globals. */
export async function runSuites(files: readonly (() => Promise<unknown>)[]): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: TEST_MS, reporter: Reporter });
  // What Mocha does for each file that it loads by itself: describe, it and the hooks become global.
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  for (const load of files) await load();
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failures > 0) throw new Error(`${failures} failed`);
}

class Reporter extends Mocha.reporters.Base {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    runner.on('pass', (test) => report({ kind: 'passed', title: test.fullTitle() }));
    runner.on('pending', (test) => report({ kind: 'skipped', title: test.fullTitle() }));
    runner.on('fail', (test, error: Error) =>
      report({ kind: 'failed', title: test.fullTitle(), error: error.stack ?? String(error) }),
    );
  }
}

function report(line: object): void {
  console.log(MARK + JSON.stringify(line));
}
