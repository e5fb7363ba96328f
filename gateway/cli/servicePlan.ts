// What installing the service means on each system: the file, where it goes, and the commands that switch it on and off.
import { createHash } from 'node:crypto';
import path from 'node:path';
import { launchdLabel, launchdPlist, systemdUnit, windowsTask, type Service } from './serviceUnits.ts';

export interface Plan {
  /** "systemd user unit holdfast.service" */
  readonly what: string;
  readonly file: string;
  readonly text: string;
  readonly encoding: 'utf8' | 'utf16le';
  /** What may be in the way of `install`. It is no matter whether they fail. */
  readonly before: readonly (readonly string[])[];
  readonly install: readonly (readonly string[])[];
  /** Instead of the last command of `install` when a gateway runs already: it is not disturbed. */
  readonly later: readonly (readonly string[])[];
  readonly uninstall: readonly (readonly string[])[];
  /** What nobody should find out by surprise. */
  readonly notes: readonly string[];
}

export interface Facts {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly userHome: string;
  readonly user: string;
  readonly uid: number;
  readonly stateFolder: string;
  readonly command: readonly string[];
}

/** The service as every system has it. */
export function serviceOf({ env, command, stateFolder }: Facts): Service {
  const home = env['HOLDFAST_HOME'];
  const ending =
    home === undefined || home === ''
      ? ''
      : `-${createHash('sha256').update(stateFolder).digest('hex').slice(0, 8)}`;
  return {
    name: `holdfast${ending}`,
    command: [...command, 'up', '--foreground'],
    stateFolder,
    // Without the PATH of a terminal the gateway would find no agents.
    env: {
      ...(ending === '' ? {} : { HOLDFAST_HOME: stateFolder }),
      ...(env['XDG_STATE_HOME'] ? { XDG_STATE_HOME: env['XDG_STATE_HOME'] } : {}),
      ...(env['XDG_CONFIG_HOME'] ? { XDG_CONFIG_HOME: env['XDG_CONFIG_HOME'] } : {}),
      ...(env['PATH'] ? { PATH: env['PATH'] } : {}),
    },
  };
}

/** undefined: there is no service manager that we know on this system. */
export function planFor(facts: Facts): Plan | undefined {
  const service = serviceOf(facts);
  switch (facts.platform) {
    case 'linux':
      return onSystemd(service, facts);
    case 'darwin':
      return onLaunchd(service, facts);
    case 'win32':
      return onWindows(service, facts);
    default:
      return undefined;
  }
}

const ENVIRONMENT =
  'The service knows the PATH of now and no other variables of this terminal, no keys of agents among them.';

function onSystemd(service: Service, { env, userHome }: Facts): Plan {
  const unit = `${service.name}.service`;
  const config = env['XDG_CONFIG_HOME'] || path.posix.join(userHome, '.config');
  const systemctl = (...args: string[]): string[] => ['systemctl', '--user', ...args];
  return {
    what: `systemd user unit ${unit}`,
    file: path.posix.join(config, 'systemd', 'user', unit),
    text: systemdUnit(service),
    encoding: 'utf8',
    before: [],
    install: [systemctl('daemon-reload'), systemctl('enable', '--now', unit)],
    later: [systemctl('daemon-reload'), systemctl('enable', unit)],
    uninstall: [systemctl('disable', '--now', unit)],
    notes: [`${ENVIRONMENT} Give it those with: systemctl --user edit ${unit}`],
  };
}

function onLaunchd(service: Service, { userHome, uid }: Facts): Plan {
  const label = launchdLabel(service);
  const file = path.posix.join(userHome, 'Library', 'LaunchAgents', `${label}.plist`);
  const bootout = ['launchctl', 'bootout', `gui/${uid}/${label}`];
  return {
    what: `launchd agent ${label}`,
    file,
    text: launchdPlist(service),
    encoding: 'utf8',
    // One that was installed before, and whose gateway was stopped, is still known, and could not be made known again.
    before: [bootout],
    install: [['launchctl', 'bootstrap', `gui/${uid}`, file]],
    later: [],
    uninstall: [bootout],
    notes: [ENVIRONMENT, 'It ends when you log out: launchd runs agents only while you are logged in.'],
  };
}

function onWindows(service: Service, { stateFolder, user }: Facts): Plan {
  const file = path.win32.join(stateFolder, 'task.xml');
  const task = ['/TN', service.name];
  const home = service.env['HOLDFAST_HOME'];
  return {
    what: `scheduled task ${service.name}`,
    file,
    text: windowsTask(service, user),
    encoding: 'utf16le',
    before: [],
    install: [
      ['schtasks', '/Create', ...task, '/XML', file, '/F'],
      ['schtasks', '/Run', ...task],
    ],
    later: [['schtasks', '/Create', ...task, '/XML', file, '/F']],
    uninstall: [['schtasks', '/Delete', ...task, '/F']],
    notes: [
      'It runs while you are logged in.',
      ...(home === undefined
        ? []
        : [`A task takes HOLDFAST_HOME from your user environment: setx HOLDFAST_HOME "${home}"`]),
    ],
  };
}
