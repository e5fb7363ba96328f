// install-service and uninstall-service: a gateway that starts at log-in, said honestly.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import path from 'node:path';
import { NODE_FLAGS } from '../rpc/connect.ts';
import { makePrivateFolder, stateFolder } from '../rpc/paths.ts';
import { dial } from './client.ts';
import { planFor, type Plan } from './servicePlan.ts';
import type { Call, Program, Verb } from './verb.ts';

/** systemd's, where there is systemd. */
const LOGINCTL = 'loginctl';

export const serviceVerbs: readonly Verb[] = [
  {
    name: 'install-service',
    summary: 'Start the gateway at every log-in, and again when it fails',
    options: [
      ['--print', 'show the file instead of installing it'],
      ['--force', 'also on a build machine (CI=true)'],
    ],
    run: install,
  },
  {
    name: 'uninstall-service',
    summary: 'Take back install-service; sessions stay on disk',
    run: uninstall,
  },
];

async function install(call: Call): Promise<void> {
  const plan = mustPlan(call.program);
  if (call.flag('print') === true) {
    return call.out.answer({ file: plan.file, text: plan.text }, [`# ${plan.file}`, plan.text.trimEnd()]);
  }
  if (/^(?:1|true)$/i.test(process.env['CI'] ?? '') && call.flag('force') !== true) {
    throw new Error('CI=true: a build machine should not keep a gateway. If it should: --force');
  }
  const running = await dial().then(
    async (client) => {
      await client[Symbol.asyncDispose]();
      return client.info.pid;
    },
    () => undefined,
  );
  // launchd starts nothing whose log has no folder.
  makePrivateFolder(stateFolder());
  mkdirSync(path.dirname(plan.file), { recursive: true });
  const text = plan.encoding === 'utf16le' ? `\ufeff${plan.text}` : plan.text;
  writeFileSync(plan.file, text, { encoding: plan.encoding });
  if (running === undefined) firstFailure(plan.before);
  const failure = firstFailure(running === undefined ? plan.install : plan.later);
  if (failure !== undefined) {
    const left = failure.left.map((words) => words.join(' ')).join(' && ');
    throw new Error(`${plan.file} is there, but ${failure.why}\nRun it yourself: ${left}`);
  }
  const notes = [...plan.notes, ...lingerNotes()];
  call.out.answer({ ok: true, file: plan.file, started: running === undefined, notes }, [
    `Installed as ${plan.what}: ${plan.file}`,
    running === undefined
      ? 'The gateway was started.'
      : `A gateway runs already (process ${running}) and goes on; the service takes over at the next log-in.`,
    ...notes,
  ]);
}

async function uninstall(call: Call): Promise<void> {
  const plan = mustPlan(call.program);
  if (!existsSync(plan.file)) {
    return call.out.answer(
      { ok: true, removed: false },
      `No service is installed (${plan.file} is not there).`,
    );
  }
  // What cannot be switched off, or was never on, is gone with its file all the same.
  const failure = firstFailure(plan.uninstall);
  rmSync(plan.file, { force: true });
  const notes = failure === undefined ? [] : [`${failure.why}. If a gateway runs still: holdfast down`];
  call.out.answer({ ok: true, removed: true, notes }, [
    `Removed ${plan.what}. Sessions and queued prompts are on disk; holdfast up starts a gateway for now.`,
    ...notes,
  ]);
}

function mustPlan({ node, script }: Program): Plan {
  const { username, uid } = userInfo();
  const plan = planFor({
    platform: process.platform,
    env: process.env,
    userHome: homedir(),
    user: username,
    uid,
    stateFolder: stateFolder(),
    // npx starts it by a link in its cache, which may be gone tomorrow.
    command: [node, ...NODE_FLAGS, realpathSync(script)],
  });
  if (plan !== undefined) return plan;
  throw new Error(
    `Holdfast knows no service manager on ${process.platform}. Start the gateway yourself: holdfast up`,
  );
}

/** Runs them up to the first that fails: why it did, and what is left to do. */
function firstFailure(commands: Plan['install']): { why: string; left: Plan['install'] } | undefined {
  for (const [index, [command = '', ...args]] of commands.entries()) {
    const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 });
    if (status === 0) continue;
    const why = (error?.message ?? stderr.trim()) || `exit code ${String(status)}`;
    return { why: `${command} failed: ${why}`, left: commands.slice(index) };
  }
  return undefined;
}

/** systemd ends a user's services with the last log-in unless the user lingers. Whether to, is not ours to decide. */
function lingerNotes(): string[] {
  if (process.platform !== 'linux') return [];
  const { username } = userInfo();
  const [command, ...args] = [LOGINCTL, 'show-user', username, '--property=Linger', '--value'];
  const asked = spawnSync(command, args, { encoding: 'utf8' });
  const answer = asked.status === 0 ? asked.stdout.trim() : '';
  if (answer === 'yes') return ['You linger: the gateway goes on when you log out.'];
  const wish = `To keep it: loginctl enable-linger ${username}`;
  return answer === 'no'
    ? [`The gateway ends when your last log-in does. ${wish}`]
    : [`Whether the gateway outlives your log-in could not be found out (loginctl does not say). ${wish}`];
}
