// What a session's status is, given what is known of its agent, its turn and its questions.
import type { EventBody, Message, SessionStatus, Step } from '../protocol/index.ts';

export interface SessionFacts {
  readonly agent: 'none' | 'starting' | 'ready' | 'failed';
  readonly inTurn: boolean;
  readonly openPermissions: number;
}

/** One word for all that is known. */
export function statusOf({ agent, inTurn, openPermissions }: SessionFacts): SessionStatus {
  switch (agent) {
    case 'starting':
      return 'starting';
    case 'failed':
      return 'error';
    case 'none':
      return 'stopped';
    case 'ready':
      if (!inTurn) return 'idle';
      return openPermissions > 0 ? 'waiting' : 'busy';
  }
}

const STEP_LENGTH = 200;

/** Where a plan is; undefined: at none of its steps. */
export function stepOf({ entries }: Extract<EventBody, { type: 'plan' }>): Step | undefined {
  const index = entries.findIndex(({ status }) => status === 'in_progress');
  const content = entries[index]?.content.slice(0, STEP_LENGTH).toWellFormed();
  return content === undefined ? undefined : { at: index + 1, of: entries.length, content };
}

const TITLE_LENGTH = 60;

/** A title from the first line of the first prompt, cut at a word. */
export function titleFrom(message: Message): string {
  const text =
    typeof message === 'string'
      ? message
      : message.map((block) => (block.type === 'text' ? block.text : '')).join(' ');
  const line = text.trim().split('\n', 1)[0]?.replaceAll(/\s+/g, ' ').trim() ?? '';
  if (line === '') return 'New session';
  if (line.length <= TITLE_LENGTH) return line;
  const cut = line.lastIndexOf(' ', TITLE_LENGTH);
  // Cutting inside a surrogate pair would make ill-formed text.
  return `${line.slice(0, cut > TITLE_LENGTH / 2 ? cut : TITLE_LENGTH).toWellFormed()}…`;
}
