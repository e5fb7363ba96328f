// What is done to waiting prompts beyond one call: sent now, or given another text.
import type { Message, PromptId, SessionId } from '../gateway/protocol/index.ts';
import type { Connection } from './connection.ts';
import { t } from './l10n.ts';

/** Puts a waiting prompt first and stops what runs for it. */
export async function sendNow(
  connection: Pick<Connection, 'call'>,
  sessionId: SessionId,
  promptId: PromptId,
): Promise<void> {
  const before = await connection.call('queue.list', { sessionId });
  if (before.prompts.some(({ state }) => state === 'uncertain')) {
    throw new Error(t('Choose first what becomes of the prompt that may not have finished.'));
  }
  await connection.call('queue.move', { sessionId, promptId, position: 0 });
  const { prompts, held } = await connection.call('queue.list', { sessionId });
  // Its turn may have come by itself meanwhile, or come now: then what runs is this prompt, and must not be stopped.
  const isWaiting = prompts.some((prompt) => prompt.promptId === promptId && prompt.state === 'queued');
  const running = prompts.find(({ state }) => state === 'running')?.promptId;
  if (isWaiting && running !== undefined)
    await connection.call('session.interrupt', { sessionId, promptId: running });
  if (held) await connection.call('queue.resume', { sessionId });
}

/** Another text for a waiting prompt; its images and files stay. */
export async function editQueued(
  connection: Connection,
  sessionId: SessionId,
  promptId: PromptId,
  text: string,
): Promise<void> {
  const { prompts } = await connection.call('queue.list', { sessionId });
  const known = prompts.find((prompt) => prompt.promptId === promptId);
  const rest =
    known === undefined || typeof known.message === 'string'
      ? []
      : known.message.filter(({ type }) => type !== 'text');
  const message: Message = rest.length === 0 ? text : [{ type: 'text', text }, ...rest];
  await connection.call('queue.edit', { sessionId, promptId, message });
}
