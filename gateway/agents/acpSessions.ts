// The conversations that an agent remembers by itself, whoever had them: asked of a process that lives for this question.
import { methods } from '@agentclientprotocol/sdk';
import { disposeOn, isRecord, withoutUndefined } from '../language.ts';
import { AgentError, type PastSession } from './agent.ts';
import { AcpConnection } from './acpConnection.ts';
import { loginAdvice } from './acpErrors.ts';
import { HELLO } from './acpSession.ts';
import { list, object, word } from './json.ts';
import type { Program } from './process.ts';

const { agent: call } = methods;

/** So many are listed at most, the newest pages first as the agent orders them. */
const MOST = 1_000;

const pastSession = (value: unknown): PastSession[] => {
  const { sessionId, cwd, title, updatedAt } = object(value);
  const agentSessionId = word(sessionId);
  if (agentSessionId === undefined) return [];
  return [
    { agentSessionId, path: word(cwd) ?? '', title: word(title) ?? null, updatedAt: word(updatedAt) ?? null },
  ];
};

/** `cwd`: only those of this folder. Rejects with AgentError agent.unable when the agent does not offer it. */
export const pastSessions = async (
  program: Program,
  home: string,
  cwd: string | undefined,
  signal: AbortSignal,
): Promise<PastSession[]> => {
  const nobody = { updates: () => {}, permission: refuse, elicitation: refuse };
  await using connection = await AcpConnection.start(program, cwd ?? home, nobody);
  using _ = disposeOn(signal, connection);
  const hello = await connection.request(call.initialize, HELLO, 'at start');
  connection.advice = loginAdvice(program, hello['authMethods']);
  const offers = object(object(hello['agentCapabilities'])['sessionCapabilities']);
  if (!isRecord(offers['list'])) {
    throw new AgentError('agent.unable', `${program.name} does not tell which conversations it remembers.`);
  }
  const found: PastSession[] = [];
  for (let cursor: string | undefined; ;) {
    const params = withoutUndefined({ cwd, cursor });
    const page = await connection.request(call.session.list, params, 'while it listed its conversations');
    found.push(...list(page['sessions']).flatMap(pastSession));
    const next = word(page['nextCursor']);
    if (next === undefined || next === cursor || found.length >= MOST) return found.slice(0, MOST);
    cursor = next;
  }
};

const refuse = (): Promise<never> => Promise.reject(new Error('nobody is asked here'));
