// Where a transcript comes from besides live news: a snapshot of the session, and the pages before it.
import type { Event, Snapshot } from '../../gateway/protocol/index.ts';
import { askFrom } from './toolSteps.ts';
import { apply, emptyTranscript } from './transcript.ts';
import type { Part, Transcript } from './parts.ts';

type Session = Snapshot['session'];

export function fromSnapshot({ session, messages, queue, held, permissions }: Snapshot): Transcript {
  const read = messages.reduce(apply, emptyTranscript);
  const waiting = queue.filter(({ state }) => state === 'queued');
  const asked = permissions.reduce<readonly Part[]>(
    (parts, permission) =>
      askFrom(parts, permission, `ask:${permission.permissionId}`, Date.parse(permission.createdAt)),
    read.parts,
  );
  // An uncertain prompt of long ago may stand on an earlier page, but its question must be in sight.
  const uncertain = queue.filter(
    ({ promptId, state }) =>
      state === 'uncertain' && !asked.some((part) => part.kind === 'uncertain' && part.promptId === promptId),
  );
  const questions = uncertain.map(({ promptId, createdAt }): Part => ({
    kind: 'uncertain',
    key: `uncertain:${promptId}`,
    promptId,
    at: Date.parse(createdAt),
    choice: 'open',
  }));
  return {
    ...read,
    parts: [...asked, ...questions],
    queue: waiting.map(({ promptId, message, from, origin }) => ({
      promptId,
      message,
      from,
      ...(origin && { origin }),
    })),
    held,
    usage: session.usage ?? read.usage,
    status: session.status,
    statusSince: Date.parse(session.lastActivityAt),
  };
}

/** The session changed outside of its log. */
export const withStatus = (t: Transcript, { status, lastActivityAt }: Session): Transcript =>
  status === t.status ? t : { ...t, status, statusSince: Date.parse(lastActivityAt) };

/**
 * Puts an earlier page before what is here. What stands before the first prompt is read again after that page: only now
 * it is known which turn it belongs to.
 */
export function prepend(t: Transcript, messages: readonly Event[]): Transcript {
  const page = t.orphans.reduce(apply, messages.reduce(apply, emptyTranscript));
  const first = t.parts.findIndex(({ kind }) => kind === 'prompt');
  const kept = first < 0 ? t.parts.filter(isFromSnapshot) : t.parts.slice(first);
  const here = new Set(kept.map(({ key }) => key));
  return {
    ...t,
    parts: [...page.parts.filter(({ key }) => !here.has(key)), ...kept],
    orphans: page.orphans,
    // The agent may have said these long ago.
    commands: t.commands.length > 0 ? t.commands : page.commands,
    model: t.model ?? page.model,
  };
}

/** Parts that no event stands for: they were made from the snapshot's lists. */
const isFromSnapshot = ({ key }: Part): boolean => /^(?:ask:|uncertain:\D)/.test(key);
