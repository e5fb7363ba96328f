// Every declared failure of the gateway: a name that programs compare, a code, and what it means.
import { RPC, type ProblemKind } from './contract.ts';

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
  'session.unknown': { code: -32001, meaning: 'No session has this id' },
  'session.destroyed': { code: -32002, meaning: 'The session was destroyed while the call ran' },
  'prompt.conflict': { code: -32003, meaning: 'The promptId was used before with other content' },
  'prompt.unknown': { code: -32004, meaning: 'The session has no prompt with this id' },
  'prompt.state': { code: -32005, meaning: 'The prompt is in a state where this cannot be done' },
  'agent.missing': { code: -32006, meaning: 'The agent is not installed, or its program cannot be run' },
  'agent.failed': { code: -32007, meaning: 'The agent ended, or answered with an error' },
  'permission.unknown': { code: -32008, meaning: 'No permission has this id' },
  'permission.resolved': {
    code: -32009,
    meaning: 'Somebody else has answered, or the agent took the question back',
  },
  'permission.option': { code: RPC.invalidParams, meaning: 'The permission does not offer this option' },
  'storage.full': { code: -32010, meaning: 'The disk is full; reading goes on, new work is refused' },
  'gateway.stopping': { code: -32011, meaning: 'The gateway is ending; connect again in a moment' },
  'protocol.version': { code: -32012, meaning: 'Client and gateway have no protocol version in common' },
  'client.slow': { code: -32013, meaning: 'The client read too slowly and was cut; resume from its cursor' },
  'access.denied': { code: -32014, meaning: 'The token does not allow this' },
  'token.unknown': { code: -32015, meaning: 'No token has this id' },
  internal: { code: RPC.internal, meaning: 'A bug; the log of the gateway has the details under the id' },
} as const satisfies Record<string, ProblemKind>;

export type ProblemName = keyof typeof problems;

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
