// Who may import what, and why: the table of the design as data. What is not listed is not allowed.

export interface Rule {
  /** A folder (with all that is below it, unless a longer entry is closer), or one file. */
  readonly where: string;
  /** What may be imported besides the folder itself: a folder or file of ours, a package, a module of Node. */
  readonly may: Readonly<Record<string, string>>;
  /** What may be imported as types only. */
  readonly typesOnly?: Readonly<Record<string, string>>;
}

/** A folder's line holds for all of its files. */
export const folders: readonly Rule[] = [
  {
    where: 'gateway/protocol',
    may: { zod: 'the schema library: a schema is the type, the check and the documentation at once' },
  },
  {
    where: 'gateway/core',
    may: {
      'gateway/protocol':
        'core decides about the shapes that are promised; it knows nothing else, so it can be trusted',
    },
  },
  {
    where: 'gateway/store',
    may: {
      'gateway/core': 'a row is read, core is asked, row and event are written: one transaction',
      'gateway/protocol': 'what is kept is what is promised',
      'node:sqlite': 'the only folder with SQL',
      'node:fs': 'the database is a file: its folder, its rights, and setting a bad one aside',
      'node:path': 'names of files',
      'node:crypto': 'ids, and digests that tell same content from other content',
      'node:zlib': 'a checksum for each row',
      canonicalize: 'the same message has the same fingerprint, however its members are ordered (RFC 8785)',
      zod: 'a row is unknown until a schema has read it',
    },
  },
  {
    where: 'gateway/agents',
    may: {
      'gateway/protocol': 'what an agent does is told in the words of the contract',
      'gateway/language.ts': 'what JavaScript says too clumsily',
      'gateway/lineCutter.ts': 'agents speak in lines, as programs on sockets do',
      'gateway/wholeFile.ts': 'the registry is kept whole',
      '@agentclientprotocol/sdk': 'the language of agents',
      'node:crypto': 'ids of what an agent is asked',
      'node:fs': 'is the program there, and what is running',
      'node:path': 'looking for programs',
      'node:os': 'where a temporary file goes',
      'node:stream': 'the pipes of an agent',
      'node:timers/promises': 'an agent gets a while to start and to end',
    },
  },
  {
    where: 'gateway/rpc',
    may: {
      'gateway/protocol': 'the contract is what is reached',
      'gateway/language.ts': 'what JavaScript says too clumsily',
      'node:http': 'the one server for every transport',
      'node:net': 'sockets',
      'node:fs': 'sockets and the discovery file are files',
      'node:os': 'where the state folder is',
      'node:path': 'where the socket is',
      'node:crypto': 'tokens, compared in constant time, and ids of problems',
      'node:events': 'waiting for a socket',
      'node:stream': 'the raw socket of an upgrade',
      'node:timers/promises': 'waiting for a gateway that is starting',
      ws: 'WebSocket',
      'json-rpc-2.0': 'JSON-RPC, behind a door of our own',
      'gateway/version.ts': 'the name tag of the MCP server',
      'gateway/lineCutter.ts': 'programs on sockets speak in lines, as agents do',
      'gateway/wholeFile.ts': 'the discovery file is whole whenever somebody reads it',
      zod: 'what comes in is unknown until a schema has read it',
    },
  },
  {
    where: 'gateway/peers',
    may: {
      'gateway/core': 'what may be sent again, and what was received before, is decided there',
      'gateway/protocol': 'peers speak the contract',
      'gateway/language.ts': 'what JavaScript says too clumsily',
      'gateway/rpc': 'a peer is reached as any client is',
      'gateway/wholeFile.ts': 'what tells this machine from another is whole, or not there',
      'node:tls': 'the link',
      'node:dgram': 'who is on the local network is asked and answered there',
      'node:net': 'who may try to link is counted before any of it is read',
      'node:stream': 'a link is made on any stream of bytes',
      'node:crypto': 'keys and their comparison',
      'node:os': 'under which addresses this machine is reached, and what it is called',
      'node:fs': "the gateway's own key, and what tells this machine from another",
      'node:path': 'where they are',
      zod: 'what a peer says is unknown until a schema has read it',
      '@nats-io': 'fleets',
    },
  },
  {
    where: 'gateway/live',
    may: {
      'gateway/core': 'what comes next is decided there',
      'gateway/protocol': 'the shapes',
      'gateway/language.ts': 'what JavaScript says too clumsily',
      'gateway/store': 'what happens is written before it is told',
      'gateway/agents': 'who does the work',
      'gateway/peers': 'where messages go',
      'node:crypto': 'ids are made at the edge, where chance is allowed',
      zod: 'what a peer says is unknown until a schema has read it',
    },
  },
  {
    where: 'gateway/methods',
    may: {
      'gateway/protocol': 'a handler has the shape of its method',
      'gateway/language.ts': 'what JavaScript says too clumsily',
      'gateway/core':
        'the words of an answer (a cursor, a snippet) come from where they are defined; core cannot act',
      'gateway/store': 'write it in the store',
      'gateway/live': 'wake what is live',
      'gateway/rpc': 'who is calling',
      'node:fs': 'is the folder of a new session there',
      'node:os': 'the home folder that ~ stands for',
      'node:path': 'the folder of a new session',
      zod: 'documentation of the contract',
    },
  },
  {
    where: 'gateway/cli',
    may: {
      'gateway/protocol': 'verbs are made from the contract',
      'gateway/language.ts': 'what JavaScript says too clumsily',
      'gateway/rpc/connect.ts': 'the command line is a client like any other',
      'gateway/rpc/discovery.ts': 'why no gateway can be reached',
      'gateway/rpc/paths.ts': 'where state, log and socket are, for doctor and logs',
      'gateway/config.ts': 'whether the configuration can be read, and what may stand in it',
      'gateway/version.ts': 'holdfast --version',
      'node:crypto': 'ids of prompts, so that sending again is safe',
      'node:fs': 'the log, and the files that doctor looks at',
      'node:os': 'the home folder of a service',
      'node:path': 'names of files',
      'node:readline': 'the line that is being typed in a chat',
      'node:stream': 'what readline draws on',
      'node:string_decoder': 'a log is read in pieces',
      'node:timers/promises': 'waiting between two looks',
      commander: 'arguments',
      uqr: 'a pairing code as a picture, for the camera of another machine',
      zod: 'options are made from the schemas of the contract',
    },
  },
  {
    // Files that stand alone in gateway/: daemon.ts has a line of its own below.
    where: 'gateway',
    may: {
      'gateway/protocol': 'the contract',
      'node:fs': 'the configuration is a file',
      'node:path': 'where it is',
      'node:crypto': 'the id of this run',
      'package.json': 'the version',
      'jsonc-parser': 'the configuration may have comments',
      'prom-client': 'the numbers for Prometheus',
      pino: 'the log',
      zod: 'the schema of the configuration',
    },
  },
  {
    where: 'extension',
    may: {
      'gateway/protocol': 'the extension speaks the contract',
      'gateway/language.ts': 'what JavaScript says too clumsily',
      'gateway/rpc/connect.ts': 'the extension is a client like any other',
      vscode: 'where it lives',
      'node:fs/promises': 'files that a tool call changed',
      'node:os': 'the home folder, shown as ~',
      'node:path': 'folders in the tree',
      zod: 'what the panel or a window kept is unknown until a schema has read it',
    },
  },
  {
    // A program of its own: no Node, no vscode. Its libraries draw, and make inert what others wrote.
    where: 'extension/webview',
    may: {
      lit: 'drawing',
      'markdown-it': 'reading what an agent wrote',
      dompurify: 'making it inert',
      shiki: 'colouring code',
      '@shikijs/langs': 'the languages that are coloured',
    },
    typesOnly: {
      'extension/chatMessages.ts': 'the contract between panel and extension host',
      'extension/mail/mailMessages.ts': 'the same for the page of a mail thread',
      'gateway/protocol': 'the shapes that are shown; the schemas stay outside, they would double the panel',
    },
  },
];

/** What single files may do beyond their folder. */
export const files: readonly Rule[] = [
  {
    where: 'gateway/daemon.ts',
    may: { gateway: 'the only place that knows every part: it opens and closes them' },
  },
  {
    where: 'gateway/launch.ts',
    may: {
      'node:module': 'the cache of compiled code',
      'gateway/compiled.ts': 'what it runs main.ts with',
      'node:v8': 'which builds understand the same compiled code',
      'gateway/rpc/paths.ts': 'where compiled code is kept',
    },
  },
  {
    where: 'gateway/compiled.ts',
    may: {
      'node:module': 'how the script loads more',
      'node:vm': 'the only way to keep all code that was compiled',
      'node:zlib': 'checksums of script and code',
      'gateway/wholeFile.ts': 'code of which a part is missing must not be run',
    },
  },
  {
    where: 'gateway/main.ts',
    may: {
      'gateway/cli': 'one verb',
      'gateway/daemon.ts': 'or the daemon',
      'gateway/agents/demo.ts': 'or the demo agent, which is a program of its own in the same file',
    },
  },
  {
    where: 'gateway/lentTools.ts',
    may: {},
    typesOnly: {
      'gateway/agents': 'what an agent takes',
      'gateway/rpc': 'tokens',
    },
  },
  {
    where: 'gateway/metrics.ts',
    may: {
      'gateway/store': 'what is counted',
      'gateway/prometheus.ts': 'how it is told, loaded when it is asked for',
    },
  },
  {
    where: 'gateway/prometheus.ts',
    may: { 'gateway/store': 'what is there', 'gateway/metrics.ts': 'what was counted' },
  },
  {
    where: 'extension/reports.ts',
    may: { 'node:child_process': 'runs a verb of our own command line, and shows what it says' },
  },
  {
    where: 'gateway/agents/process.ts',
    may: { 'node:child_process': 'the only place that starts agents and knows their pipes' },
  },
  {
    where: 'gateway/agents/processTree.ts',
    may: { 'node:child_process': 'asks ps, where the system has no list of processes to read' },
  },
  {
    where: 'gateway/cli/features.ts',
    may: {
      'node:sqlite': 'tries what the gateway needs, on a database of its own',
      'node:zlib': 'the same for checksums',
    },
  },
  {
    where: 'gateway/cli/host.ts',
    may: {
      'gateway/peers/host.ts': 'accept-host runs where no gateway does: it refuses to start',
      'gateway/peers/identity.ts': 'what a copy must not keep',
    },
  },
  {
    where: 'gateway/peers/host.ts',
    may: { 'node:child_process': 'asks macOS and Windows which machine this is' },
  },
  {
    where: 'gateway/cli/service.ts',
    may: { 'node:child_process': 'asks systemd, launchd or Windows to start the gateway' },
  },
  {
    where: 'gateway/cli/mcp.ts',
    may: {
      'gateway/rpc/ask.ts': 'one call with a token, which is all that a tool does',
      'gateway/rpc/mcpServer.ts': 'the tools, loaded when they are needed',
      'node:events': 'waiting for the end of the input',
    },
  },
  {
    where: 'gateway/rpc/mailText.ts',
    may: {
      'gateway/core/mailPrompt.ts': 'an agent reads mail in the same words and marks, whatever way it comes',
    },
  },
  {
    where: 'gateway/bus.ts',
    may: {},
    typesOnly: {
      'gateway/live': 'the log',
      'gateway/rpc': 'the sockets',
      'gateway/store': 'which mailboxes there are',
    },
  },
  {
    where: 'gateway/cli/bus.ts',
    may: { 'node:net': 'which sockets are alive is found out by knocking' },
  },
  {
    where: 'gateway/rpc/mcpServer.ts',
    may: { '@modelcontextprotocol/server': 'the language in which agents take tools' },
  },
  {
    where: 'gateway/rpc/connect.ts',
    may: { 'node:child_process': 'starts a gateway, detached, when none answers' },
  },
];
