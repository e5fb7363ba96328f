// Every declared failure of the gateway: a name that programs compare, a code, and what it means.

/** The standard's codes (JSON-RPC 2.0, section 5.1). */
export const RPC = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
} as const;

/** A declared failure: its JSON-RPC code (-32000..-32099, or a code of the standard) and what it means. */
export interface ProblemKind {
  readonly code: number;
  readonly meaning: string;
}

export const problems = {
  'path.missing': { code: RPC.invalidParams, meaning: 'The folder does not exist or is not a folder' },
  'agent.unknown': { code: RPC.invalidParams, meaning: 'The agents catalogue has no such agent' },
  'mode.unsupported': {
    code: RPC.invalidParams,
    meaning: 'The agent offers nothing that this mode could mean',
  },
  'model.unsupported': {
    code: RPC.invalidParams,
    meaning: 'The agent offers no model of this name',
  },
  'option.unsupported': {
    code: RPC.invalidParams,
    meaning: 'The agent has no such option, or not this value for it',
  },
  'agent.unable': {
    code: RPC.invalidParams,
    meaning: 'The agent cannot do this: it does not offer it',
  },
  'session.unknown': { code: -32001, meaning: 'No session has this id' },
  'session.destroyed': { code: -32002, meaning: 'The session with this id was destroyed' },
  'prompt.conflict': {
    code: -32003,
    meaning: 'The promptId was used before with other content, or in another session',
  },
  'prompt.unknown': { code: -32004, meaning: 'The session has no prompt with this id' },
  'prompt.state': { code: -32005, meaning: 'The prompt is in a state where this cannot be done' },
  'queue.full': { code: -32033, meaning: 'The queue of the session holds as much as it may' },
  'agent.missing': { code: -32006, meaning: 'The agent is not installed, or its program cannot be run' },
  'agent.failed': { code: -32007, meaning: 'The agent ended, or answered with an error' },
  'permission.unknown': { code: -32008, meaning: 'No permission has this id' },
  'permission.resolved': {
    code: -32009,
    meaning: 'Somebody else has answered, or the agent took the question back',
  },
  'permission.option': {
    code: RPC.invalidParams,
    meaning: 'The permission does not offer this option, or its form does not take this content',
  },
  'storage.full': { code: -32010, meaning: 'The disk is full; reading goes on, new work is refused' },
  'gateway.stopping': { code: -32011, meaning: 'The gateway is ending; connect again in a moment' },
  'protocol.version': { code: -32012, meaning: 'Client and gateway have no protocol version in common' },
  'client.slow': { code: -32013, meaning: 'The client read too slowly and was cut; resume from its cursor' },
  'access.denied': { code: -32014, meaning: 'The token does not allow this' },
  'registry.unreachable': { code: -32032, meaning: 'The ACP registry could not be fetched' },
  'token.unknown': { code: -32015, meaning: 'No token has this id' },
  'mailbox.unknown': { code: -32016, meaning: 'No mailbox has this name' },
  'mailbox.exists': { code: -32017, meaning: 'The name of the mailbox is taken' },
  'mailbox.state': { code: -32018, meaning: 'This cannot be done with a mailbox of this kind' },
  'mail.unknown': { code: -32019, meaning: 'No message has this id' },
  'mail.conflict': {
    code: -32020,
    meaning: 'The client_message_id was used before with other content, or was given up',
  },
  'mail.size': { code: RPC.invalidParams, meaning: 'The message is larger than a message may be' },
  'mail.state': { code: -32021, meaning: 'The message is in a state where this cannot be done' },
  'mail.full': { code: -32022, meaning: 'The mailbox holds as much as it may from this sender' },
  'mail.rate': { code: -32023, meaning: 'The sender writes too fast, or too many calls wait for mail' },
  'mail.loop': { code: -32024, meaning: 'Too many answers to answers: a loop is suspected' },
  'peer.unknown': { code: -32025, meaning: 'No peer has this name' },
  'peer.exists': { code: -32026, meaning: 'A peer of this name, or this very gateway, is linked already' },
  'peer.offline': { code: -32027, meaning: 'The peer cannot be reached now' },
  'peer.forbidden': { code: -32028, meaning: 'The peer does not allow this' },
  'peer.code': { code: -32029, meaning: 'The pairing code is wrong, used or expired' },
  'storage.damaged': {
    code: -32031,
    meaning: 'The disk or the database failed; the gateway ends, and its next start looks through it',
  },
  'task.unknown': { code: -32030, meaning: 'No task has this id' },
  internal: { code: RPC.internal, meaning: 'A bug; the log of the gateway has the details under the id' },
} as const satisfies Record<string, ProblemKind>;

export type ProblemName = keyof typeof problems;

/** Of whatever is asked about one session. */
export const NO_SESSION = ['session.unknown', 'session.destroyed'] as const satisfies ProblemName[];

/** What may be said wherever an agent has to start. */
export const NO_AGENT = [
  'agent.unknown',
  'agent.missing',
  'agent.unable',
  'agent.failed',
  'mode.unsupported',
  'model.unsupported',
] as const satisfies ProblemName[];

/**
 * A declared failure: crosses the wire as itself. The message says what happened and what to do.
 * `data` is sent along as `error.data`, beside `problem`.
 */
export class Problem extends Error {
  readonly problem: ProblemName;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(problem: ProblemName, message: string, data: Record<string, unknown> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'Problem';
    this.problem = problem;
    this.data = data;
  }

  get code(): number {
    return problems[this.problem].code;
  }
}
