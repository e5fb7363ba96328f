// The files that make systemd, launchd and Windows start a gateway at log-in: pure text, each with its own quoting.

export interface Service {
  /** "holdfast", with an ending where HOLDFAST_HOME chose another state folder. */
  readonly name: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** What the gateway needs to know of the user's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly stateFolder: string;
}

/** In systemd % is special, in arguments $ too, and both quoting and C escapes work. */
const systemdWord = (text: string, isArgument: boolean): string => {
  const quoted = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('%', '%%');
  return `"${isArgument ? quoted.replaceAll('$', '$$$$') : quoted}"`;
};

/** A unit of systemd. */
export function systemdUnit({ command, env }: Service): string {
  return `[Unit]
Description=Holdfast gateway: keeps coding-agent sessions alive
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
ExecStart=${command.map((word, at) => systemdWord(word, at > 0)).join(' ')}
${Object.entries(env)
  .map(([name, value]) => `Environment=${systemdWord(`${name}=${value}`, false)}`)
  .join('\n')}
Restart=on-failure
RestartSec=1
# Another machine's folder, one that is not fit, a wrong configuration, a database of the future: once more would not help.
RestartPreventExitStatus=4 73 78
# The gateway ends its agents itself; what is left after that is ended by systemd.
KillMode=mixed
TimeoutStopSec=20

[Install]
WantedBy=default.target
`;
}

const xml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** What launchd calls it. */
export const launchdLabel = ({ name }: Service): string => `dev.holdfast.${name}`;

/** A property list of launchd. */
export function launchdPlist(service: Service): string {
  const { command, env, stateFolder } = service;
  const strings = command.map((word) => `    <string>${xml(word)}</string>`).join('\n');
  // For exit codes (see main.ts): launchd has no list of those after which nothing is started again.
  const variables = Object.entries({ ...env, HOLDFAST_SERVICE: 'launchd' })
    .map(([name, value]) => `    <key>${xml(name)}</key>\n    <string>${xml(value)}</string>`)
    .join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${xml(launchdLabel(service))}</string>
  <key>ProgramArguments</key>
  <array>
${strings}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
${variables}
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ExitTimeOut</key>
  <integer>20</integer>
  <key>StandardErrorPath</key>
  <string>${xml(`${stateFolder}/start.log`)}</string>
</dict>
</plist>
`;
}

/** The rules of CommandLineToArgvW: backslashes double before a quote. */
const windowsWord = (text: string): string =>
  `"${text.replaceAll(/(\\*)"/g, '$1$1\\"').replaceAll(/(\\+)$/g, '$1$1')}"`;

/** A task sees the user's environment as it is in the registry: it has no place for variables of its own. */
export function windowsTask({ command: [program = '', ...args] }: Service, user: string): string {
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.4" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Holdfast gateway: keeps coding-agent sessions alive</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>${xml(user)}</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>${xml(user)}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Hidden>true</Hidden>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>5</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>${xml(program)}</Command>
      <Arguments>${xml(args.map(windowsWord).join(' '))}</Arguments>
    </Exec>
  </Actions>
</Task>
`;
}
