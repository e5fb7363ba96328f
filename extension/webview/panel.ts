// What the panel knows, and what each message of the host does to it. Pure: the view follows from it.
import type { Actor, Event, Offers, Snapshot } from '../../gateway/protocol/index.ts';
import type { Attachment, FileState, Link, MachineNow, ToPanel } from '../chatMessages.ts';
import { fromSnapshot, prepend, withStatus } from './snapshot.ts';
import { apply } from './transcript.ts';
import type { Transcript } from './parts.ts';

/** A prompt that was sent from here and has not been heard of yet. */
export interface Unheard {
  readonly sessionId: string;
  readonly promptId: string;
  readonly text: string;
  readonly attachments: readonly Attachment[];
  readonly steer: boolean;
}

export interface OpenSession {
  readonly session: Snapshot['session'];
  readonly agentName: string;
  readonly me: Actor;
  readonly home: string;
  /** Who shows this session now, this window included. */
  readonly followers: readonly Actor[];
  readonly transcript: Transcript;
  /** What the agent offers; null: nobody has started it yet. */
  readonly offers: Offers | null;
  /** Where the earlier pages are; undefined: this is the start. */
  readonly before: number | undefined;
  readonly isLoadingEarlier: boolean;
}

export interface Panel {
  /** undefined until the host has said what to show. */
  readonly shows: OpenSession | 'nothing' | undefined;
  readonly link: Link | undefined;
  /** The machine that the session runs on, when that is another one. */
  readonly machine: MachineNow | undefined;
  /** The link was lost while a session was shown. */
  readonly wasCut: boolean;
  readonly unheard: readonly Unheard[];
  /** Permissions that were answered here and not yet resolved. */
  readonly answering: ReadonlySet<string>;
  /** How the files stand that a turn has changed, by the key of its card. */
  readonly changes: Readonly<Record<string, Readonly<Record<string, FileState>>>>;
  /** Enter sends now, and Alt+Enter queues. */
  readonly steers: boolean;
  /** What was refused, and about what: a permission's id, or '' for all else. */
  readonly refusal: { readonly about: string; readonly message: string } | undefined;
}

export const emptyPanel: Panel = {
  shows: undefined,
  link: undefined,
  machine: undefined,
  wasCut: false,
  unheard: [],
  answering: new Set(),
  refusal: undefined,
  steers: false,
  changes: {},
};

export const sessionOf = ({ shows }: Panel): OpenSession | undefined =>
  typeof shows === 'object' ? shows : undefined;

export function receive(panel: Panel, message: ToPanel): Panel {
  /** News of a session that is not shown any more changes nothing. */
  const ifShown = (sessionId: string, become: (open: OpenSession) => Panel): Panel => {
    const open = sessionOf(panel);
    return open?.session.sessionId === sessionId ? become(open) : panel;
  };
  switch (message.type) {
    case 'session':
      return opened(panel, message);
    case 'nothing':
      return { ...panel, shows: 'nothing', refusal: undefined };
    case 'steers':
      return { ...panel, steers: message.steers };
    case 'link':
      return { ...panel, link: message.link, wasCut: wasCut(panel, message.link) };
    case 'machine':
      return { ...panel, machine: message.machine };
    case 'refused':
      return refused(panel, message);
    case 'events':
      return ifShown(message.sessionId, (open) => happened(panel, open, message.events));
    case 'earlier':
      return ifShown(message.sessionId, (open) => earlier(panel, open, message));
    case 'sessionChanged':
      return ifShown(message.session.sessionId, (open) => changed(panel, open, message.session));
    case 'changes':
      return { ...panel, changes: { ...panel.changes, [message.key]: message.states } };
    case 'followers':
      return ifShown(message.sessionId, (open) => ({
        ...panel,
        shows: { ...open, followers: message.followers },
      }));
    case 'offers':
      return ifShown(message.sessionId, (open) => ({ ...panel, shows: { ...open, offers: message.offers } }));
    default:
      // The others change nothing that this file knows of, and a newer host may say more than this panel understands.
      return panel;
  }
}

function opened(
  panel: Panel,
  { snapshot, agentName, me, home = '' }: Extract<ToPanel, { type: 'session' }>,
): Panel {
  const transcript = fromSnapshot(snapshot);
  const before = sessionOf(panel);
  const isSame = before?.session.sessionId === snapshot.session.sessionId;
  return {
    ...panel,
    shows: {
      session: snapshot.session,
      agentName,
      me,
      home,
      followers: isSame ? before.followers : [],
      transcript,
      offers: snapshot.offers,
      before: snapshot.before,
      isLoadingEarlier: false,
    },
    wasCut: isSame && panel.wasCut,
    unheard: panel.unheard.filter(({ promptId }) => !isHeard(transcript, promptId)),
    answering: new Set(),
    refusal: isSame ? panel.refusal : undefined,
    changes: isSame ? panel.changes : {},
  };
}

function happened(panel: Panel, open: OpenSession, events: readonly Event[]): Panel {
  const transcript = events.reduce(apply, open.transcript);
  const started = events.some(({ type }) => type === 'prompt');
  const answering = [...panel.answering].filter(
    (id) => !events.some((event) => event.type === 'permission_resolved' && event.permissionId === id),
  );
  return {
    ...panel,
    shows: { ...open, transcript },
    unheard: panel.unheard.filter(({ promptId }) => !isHeard(transcript, promptId)),
    answering: new Set(answering),
    wasCut: panel.wasCut && !started,
  };
}

function earlier(panel: Panel, open: OpenSession, page: Extract<ToPanel, { type: 'earlier' }>): Panel {
  const transcript = prepend(open.transcript, page.messages);
  return { ...panel, shows: { ...open, transcript, before: page.before, isLoadingEarlier: false } };
}

function changed(panel: Panel, open: OpenSession, session: Snapshot['session']): Panel {
  const transcript = { ...withStatus(open.transcript, session), held: session.held };
  // Somebody took the choice back: what the agent has said of that model is no answer to "which one now".
  const isModelLeft = session.model === null && open.session.model !== null;
  return {
    ...panel,
    shows: { ...open, session, transcript: isModelLeft ? { ...transcript, model: undefined } : transcript },
  };
}

function refused(
  panel: Panel,
  { promptId, permissionId, message }: Extract<ToPanel, { type: 'refused' }>,
): Panel {
  const open = sessionOf(panel);
  return {
    ...panel,
    shows: open ? { ...open, isLoadingEarlier: false } : panel.shows,
    unheard: panel.unheard.filter((prompt) => prompt.promptId !== promptId),
    answering: new Set([...panel.answering].filter((id) => id !== permissionId)),
    refusal: { about: permissionId ?? '', message },
  };
}

/** A prompt may not have finished, and nobody has chosen yet what becomes of it. */
export const hasOpenQuestion = ({ parts }: Transcript): boolean =>
  parts.some((part) => part.kind === 'uncertain' && part.choice === 'open');

const wasCut = (panel: Panel, link: Link): boolean =>
  panel.wasCut || (sessionOf(panel) !== undefined && link.state !== 'connected');

const isHeard = ({ parts, queue }: Transcript, promptId: string): boolean =>
  queue.some((waiting) => waiting.promptId === promptId) ||
  parts.some((part) => part.kind === 'prompt' && part.promptId === promptId);
