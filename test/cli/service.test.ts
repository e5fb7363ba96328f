// The service: what is written for each system, and what installing does and says.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { planFor, type Facts, type Plan } from '../../gateway/cli/servicePlan.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';
import { holdfast } from './holdfast.ts';

const facts: Facts = {
  platform: 'linux',
  env: { PATH: '/usr/bin:/opt/my tools' },
  userHome: '/home/ada',
  user: 'ada',
  uid: 1000,
  stateFolder: '/home/ada/.local/state/holdfast',
  command: ['/opt/node 24/bin/node', '/opt/holdfast/gateway.cjs'],
};
const plan = (change: Partial<Facts>): Plan => {
  const made = planFor({ ...facts, ...change });
  assert.ok(made !== undefined);
  return made;
};

describe('what is written', () => {
  it('systemd: a user unit that starts again after a failure, and not after a wrong configuration', () => {
    const { file, text, install } = plan({});
    assert.equal(file, '/home/ada/.config/systemd/user/holdfast.service');
    const lines = text.split('\n');
    assert.ok(
      lines.includes('ExecStart="/opt/node 24/bin/node" "/opt/holdfast/gateway.cjs" "up" "--foreground"'),
    );
    assert.ok(lines.includes('Environment="PATH=/usr/bin:/opt/my tools"'));
    assert.ok(lines.includes('RestartPreventExitStatus=4 73 78'));
    assert.deepEqual(install.at(-1), ['systemctl', '--user', 'enable', '--now', 'holdfast.service']);
  });

  it('systemd: what it would read as its own language is quoted', () => {
    const { text } = plan({
      command: ['/a%b$c/node', '/a%b$c"d\\e'],
      env: { PATH: '/p%h"\n[Service]\nExecStart=/bin/evil' },
    });
    // The program itself is never a variable, so there a $ stands for itself.
    assert.ok(text.includes('ExecStart="/a%%b$c/node" "/a%%b$$c\\"d\\\\e" "up"'));
    assert.ok(text.includes('Environment="PATH=/p%%h\\"\\n[Service]\\nExecStart=/bin/evil"'));
  });

  it('it finds state and configuration where this terminal does', () => {
    const env = { XDG_STATE_HOME: '/srv/state', XDG_CONFIG_HOME: '/srv/config' };
    const lines = plan({ env }).text.split('\n');
    for (const [name, value] of Object.entries(env))
      assert.ok(lines.includes(`Environment="${name}=${value}"`));
  });

  it('launchd: an agent whose values are text, not markup', () => {
    const { file, text, install, before } = plan({
      platform: 'darwin',
      userHome: '/Users/ada',
      command: ['/a & <b>'],
    });
    assert.equal(file, '/Users/ada/Library/LaunchAgents/dev.holdfast.holdfast.plist');
    assert.ok(
      text.includes(
        '    <string>/a &amp; &lt;b&gt;</string>\n    <string>up</string>\n    <string>--foreground</string>',
      ),
    );
    assert.ok(text.includes('<key>PATH</key>\n    <string>/usr/bin:/opt/my tools</string>'));
    assert.deepEqual(install, [['launchctl', 'bootstrap', 'gui/1000', file]]);
    assert.deepEqual(before, [['launchctl', 'bootout', 'gui/1000/dev.holdfast.holdfast']]);
  });

  it('launchd: what only a person can mend ends with 0 there, so that it is not tried again and again', async () => {
    assert.ok(
      plan({ platform: 'darwin' }).text.includes('<key>HOLDFAST_SERVICE</key>\n    <string>launchd</string>'),
    );
    const home = newFolder();
    writeFileSync(path.join(home, 'config.json'), '{ bad');
    for (const [env, expected] of [
      [{}, 78],
      [{ HOLDFAST_SERVICE: 'launchd' }, 0],
    ] as const) {
      const { code, err } = await holdfast(home, ['up', '--foreground'], { env });
      assert.deepEqual([code, /config\.json, line 1/.test(err)], [expected, true], err);
    }
  });

  it('Windows: a task at log-in without a time limit, its arguments quoted', () => {
    const command = ['C:\\Program Files\\node.exe', 'C:\\my "gate"\\way\\'];
    const made = plan({
      platform: 'win32',
      command,
      stateFolder: 'C:\\Holdfast',
      env: { HOLDFAST_HOME: 'C:\\Holdfast' },
    });
    assert.ok(made.text.includes('<Command>C:\\Program Files\\node.exe</Command>'));
    assert.ok(
      made.text.includes(
        '<Arguments>&quot;C:\\my \\&quot;gate\\&quot;\\way\\\\&quot; &quot;up&quot; &quot;--foreground&quot;</Arguments>',
      ),
    );
    assert.ok(made.text.includes('<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>'));
    assert.deepEqual([made.file, made.encoding], ['C:\\Holdfast\\task.xml', 'utf16le']);
    assert.ok(made.notes.some((note) => note.includes('setx HOLDFAST_HOME "C:\\Holdfast"')));
  });

  it('an isolated gateway is a service of its own, and no other variable of the terminal gets in', () => {
    const { file, text } = plan({
      env: { HOLDFAST_HOME: '/srv/one', ANTHROPIC_API_KEY: 'secret' },
      stateFolder: '/srv/one',
    });
    assert.match(file, /\/holdfast-[0-9a-f]{8}\.service$/);
    assert.ok(text.includes('Environment="HOLDFAST_HOME=/srv/one"'));
    assert.ok(!text.includes('secret'));
  });

  it('a system without a service manager that we know gets none', () => {
    assert.equal(planFor({ ...facts, platform: 'aix' }), undefined);
  });
});

/** Stands in for systemd and loginctl: notes what it was asked, and answers as told. */
function fakeSystem(lingers: string): { bin: string; asked: () => string[] } {
  const bin = newFolder('bin');
  const log = path.join(bin, 'asked');
  writeFileSync(log, '');
  for (const name of ['systemctl', 'loginctl', 'launchctl']) {
    const file = path.join(bin, name);
    writeFileSync(
      file,
      `#!/bin/sh\necho "${name} $*" >> "${log}"\n[ ${name} != loginctl ] || echo ${lingers}\n`,
    );
    chmodSync(file, 0o755);
  }
  return { bin, asked: () => readFileSync(log, 'utf8').trim().split('\n') };
}

describe('installing', () => {
  it('--print shows the file and touches nothing', async () => {
    const home = newFolder();
    const { code, out } = await holdfast(home, ['install-service', '--print', '--json'], {
      env: { CI: 'true' },
    });
    assert.equal(code, 0);
    const { file, text } = JSON.parse(out) as { file: string; text: string };
    assert.ok(text.includes('--foreground'));
    assert.equal(existsSync(file), false);
  });

  it('is refused on a build machine unless forced', async () => {
    const { code, err } = await holdfast(newFolder(), ['install-service'], { env: { CI: 'true' } });
    assert.deepEqual(
      [code, err],
      [1, 'CI=true: a build machine should not keep a gateway. If it should: --force\n'],
    );
  });

  it('switches the service on, tells of lingering, and takes all of it back', async () => {
    const home = path.join(newFolder(), 'not', 'yet');
    const system = fakeSystem('no');
    const env = { PATH: `${system.bin}:${process.env['PATH'] ?? ''}`, CI: 'true', HOME: newFolder('user') };
    const made = await holdfast(home, ['install-service', '--force'], { env });
    assert.equal(made.code, 0, made.err);
    assert.ok(existsSync(home), 'what a service manager writes into it needs it before the gateway does');
    const file = /^Installed as .*: (.*)$/m.exec(made.out)?.[1] ?? '';
    assert.ok(readFileSync(file, 'utf8').includes(home));
    assert.match(made.out, /^The gateway was started\.$/m);
    if (process.platform === 'linux') {
      assert.match(
        made.out,
        /^The gateway ends when your last log-in does\. To keep it: loginctl enable-linger /m,
      );
      assert.ok(
        system.asked().some((line) => /^systemctl --user enable --now holdfast-.*\.service$/.test(line)),
      );
      assert.ok(
        !system.asked().some((line) => line.includes('enable-linger')),
        'that is for its user to decide',
      );
    }
    const removed = await holdfast(home, ['uninstall-service'], { env });
    assert.equal(removed.code, 0, removed.err);
    assert.equal(existsSync(file), false);
    const again = await holdfast(home, ['uninstall-service'], { env });
    assert.match(again.out, /^No service is installed/);
  });

  it('a gateway that runs is not disturbed', async () => {
    await using gateway = await startGateway();
    const system = fakeSystem('yes');
    const env = { PATH: `${system.bin}:${process.env['PATH'] ?? ''}` };
    const { out } = await holdfast(gateway.home, ['install-service'], { env });
    assert.ok(out.includes(`A gateway runs already (process ${gateway.pid}) and goes on`), out);
    assert.ok(!system.asked().some((line) => line.includes('--now')));
    await holdfast(gateway.home, ['uninstall-service'], { env });
  });

  it('a service manager that fails is told with what is left to do', async () => {
    const system = fakeSystem('yes');
    for (const name of ['systemctl', 'launchctl']) {
      writeFileSync(path.join(system.bin, name), '#!/bin/sh\necho "Failed to connect to bus" >&2; exit 1\n');
    }
    const env = { PATH: `${system.bin}:${process.env['PATH'] ?? ''}` };
    const home = newFolder();
    const { code, err } = await holdfast(home, ['install-service'], { env });
    assert.equal(code, 1);
    assert.match(err, /failed: Failed to connect to bus\nRun it yourself: (?:systemctl|launchctl) /);

    const file = /^(.*) is there, but /.exec(err)?.[1] ?? '';
    assert.ok(existsSync(file));
    const removed = await holdfast(home, ['uninstall-service'], { env });
    assert.equal(removed.code, 0, removed.err);
    assert.match(
      removed.out,
      /^Removed .*\n.*Failed to connect to bus\. If a gateway runs still: holdfast down$/m,
    );
    assert.ok(!existsSync(file), 'what cannot be switched off does not start again either');
  });
});
