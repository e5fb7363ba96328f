// The contract between the chat panel and the extension host. The host checks what comes from the panel; the panel
// trusts the host. Only types cross into the panel's bundle.
import { z } from 'zod';
import type { FileState } from './edits.ts';
import {
  FormContent,
  PermissionId,
  PromptId,
  SessionId,
  type Actor,
  type Cursor,
  type Event,
  type Offers,
  type Snapshot,
} from '../gateway/protocol/index.ts';

import type { Misfit } from './misfit.ts';

export type { FileState };

/** How the host is linked to the gateway, and since when (milliseconds since the epoch). */
export type Link =
  | { readonly state: 'connected'; readonly since: number }
  | { readonly state: 'connecting'; readonly since: number; readonly attempt: number }
  | {
      readonly state: 'offline';
      readonly since: number;
      readonly reason: string;
      /** A gateway runs, which is older or newer than what would be spoken with. */
      readonly misfit?: Misfit;
    };

/** The machine that a session runs on, when that is another one. Times are milliseconds since the epoch. */
export interface MachineNow {
  readonly name: string;
  readonly state: 'connecting' | 'connected' | 'stale' | 'disconnected';
  /** When the state began. */
  readonly since: number;
  readonly heardAt: number;
  readonly rttMs?: number;
  readonly reason?: string;
}

/** Host to panel. */
export type ToPanel =
  /** Show this session from its snapshot: at first, on a switch, and when a cursor could not be honoured. */
  | {
      readonly type: 'session';
      readonly snapshot: Snapshot;
      readonly cursor: Cursor;
      readonly agentName: string;
      /** This window, so that "here" and "in window docs-site" can be told apart. */
      readonly me: Actor;
      /** The home folder of this machine, which people write as ~. */
      readonly home?: string;
      /** What a panel has last kept of this session in this workspace. */
      readonly kept?: unknown;
    }
  /** No session is open. */
  | { readonly type: 'nothing' }
  /** What one commit wrote; follows the snapshot or the events before without a gap. */
  | {
      readonly type: 'events';
      readonly sessionId: string;
      readonly events: readonly Event[];
      readonly cursor: Cursor;
    }
  /** The answer to `earlier`: whole messages, oldest first. `before` absent: that is the start. */
  | {
      readonly type: 'earlier';
      readonly sessionId: string;
      readonly messages: readonly Event[];
      readonly before?: number;
    }
  | { readonly type: 'link'; readonly link: Link }
  /** How the machine stands that the shown session runs on; absent: it is this one. */
  | { readonly type: 'machine'; readonly machine?: MachineNow }
  /** The session's title or status changed outside of its log. */
  | { readonly type: 'sessionChanged'; readonly session: Snapshot['session'] }
  /** Who shows this session now, this window included. */
  | { readonly type: 'followers'; readonly sessionId: string; readonly followers: readonly Actor[] }
  /** What the agent offers has become known, or is something else now. */
  | { readonly type: 'offers'; readonly sessionId: string; readonly offers: Offers }
  /** Another window changed the shared draft. */
  | { readonly type: 'draft'; readonly sessionId: string; readonly text: string }
  /** The gateway has taken this draft from here: whoever changes it from now on has seen it. */
  | { readonly type: 'drafted'; readonly sessionId: string; readonly text: string }
  /** Something that the panel asked for was refused; says what happened and what to do. */
  | {
      readonly type: 'refused';
      readonly promptId?: string;
      readonly permissionId?: string;
      readonly message: string;
    }
  /** A prompt that is sent while the agent works stops it, unless Alt is held; false: it is the other way round. */
  | { readonly type: 'steers'; readonly steers: boolean }
  | { readonly type: 'focusInput' }
  /** Brings the keyboard to a part of the panel, if that part is there. */
  | {
      readonly type: 'focusPart';
      readonly part: 'lastMessage' | 'nextMessage' | 'previousMessage' | 'permission' | 'plan' | 'queue';
    }
  /** Sends what is in the field; `steer`: now. For keys of one's own. */
  | { readonly type: 'submit'; readonly steer: boolean }
  /** Brings a message into view, loading what is before as far as that takes. */
  | { readonly type: 'reveal'; readonly place: Place }
  /** The answer to `findFiles`, the best match first; it may come again with more. */
  | {
      readonly type: 'files';
      readonly query: string;
      readonly files: readonly FoundFile[];
      readonly context?: readonly FoundContext[];
    }
  /** How the files stand that a turn has changed; again when one of them changes. */
  | {
      readonly type: 'changes';
      readonly key: string;
      readonly states: Readonly<Record<string, FileState>>;
    }
  /** Goes along with the next prompt. */
  | { readonly type: 'attach'; readonly attachment: Attachment };

/** A message of the transcript: a prompt by its seq, an answer by its id, which it keeps when its pieces are joined. */
export type Place = { readonly seq: number } | { readonly messageId: string };

/** As long as the output of a command may be. */
const text = z.string().max(4_000_000);

/**
 * A file, or some of its lines (`#L12-40`), that goes along with a prompt, or a clipping that the host keeps: an image,
 * problems. The host checks that files lie inside.
 */
const Attachment = z.strictObject({
  uri: z.string().min(1).max(4096),
  name: z.string().min(1).max(200),
});
export type Attachment = z.infer<typeof Attachment>;

/** A file of the workspace that the text may mean, or a symbol in one. */
export interface FoundFile extends Attachment {
  /** As it stands in the text: from the workspace's folder on, with slashes. */
  readonly path: string;
  readonly kind?: 'symbol';
  /** The codicon of a symbol. */
  readonly icon?: string;
}

/** What the current editor could give: its selected lines ("login.ts 12 to 40"), or so many problems. */
export type FoundContext =
  | { readonly kind: 'selection'; readonly name: string }
  | { readonly kind: 'problems'; readonly count: number };

/**
 * The session that the panel showed when the person acted. The host may have turned to another one meanwhile, and what
 * was meant for this one must not land there.
 */
const sessionId = SessionId.optional();

const key = z.string().min(1).max(200);
const path = z.string().min(1).max(4096);
const Edit = z.strictObject({ oldText: z.string().nullable(), newText: z.string() });
const image = {
  mimeType: z.enum(['image/png', 'image/jpeg', 'image/gif', 'image/webp']),
  data: z.base64().max(720_000),
};

/** What tells, in all that a panel has kept, which session it showed. */
export const KeptPlace = z.object({ sessionId: SessionId });

/** Panel to host. Anything else is dropped. */
export const FromPanel = z.discriminatedUnion('type', [
  /** The panel's script runs and shows nothing yet. */
  z.strictObject({ type: z.literal('ready') }),
  /** The keyboard has come into the panel. */
  z.strictObject({ type: z.literal('focused') }),
  /** It has left. */
  z.strictObject({ type: z.literal('blurred') }),
  /** promptId is minted by the panel, so that sending again after a lost answer is harmless. */
  z.strictObject({
    type: z.literal('send'),
    sessionId,
    promptId: PromptId,
    /** Empty: what goes along says it. However long: what is dropped here would not be given back. */
    message: z.string(),
    attachments: z.array(Attachment).max(20).optional(),
    /** Now: the running turn stops for it. */
    steer: z.boolean().optional(),
  }),
  z.strictObject({ type: z.literal('interrupt'), sessionId }),
  /** A second session goes its own way from here, and is shown. */
  z.strictObject({ type: z.literal('fork'), sessionId }),
  z.strictObject({
    type: z.literal('answer'),
    sessionId,
    permissionId: PermissionId,
    optionId: z.string(),
    digest: z.string(),
    content: FormContent.optional(),
  }),
  /** Run again an uncertain or failed prompt. */
  z.strictObject({ type: z.literal('retry'), sessionId, promptId: PromptId }),
  /** Take a waiting prompt out, or leave an uncertain one as it is. */
  z.strictObject({ type: z.literal('remove'), sessionId, promptId: PromptId }),
  /** A waiting prompt goes first, and what runs is stopped for it. */
  z.strictObject({ type: z.literal('sendNow'), sessionId, promptId: PromptId }),
  /** Another text for a waiting prompt; what goes along with it stays. */
  z.strictObject({ type: z.literal('edit'), sessionId, promptId: PromptId, message: z.string().min(1) }),
  /** 0: it runs next. */
  z.strictObject({
    type: z.literal('move'),
    sessionId,
    promptId: PromptId,
    position: z.int().nonnegative().max(10_000),
  }),
  z.strictObject({ type: z.literal('pauseQueue'), sessionId }),
  z.strictObject({ type: z.literal('resumeQueue'), sessionId }),
  z.strictObject({ type: z.literal('earlier'), sessionId, before: z.int().positive() }),
  /** The unsent text, when it has rested for a moment. */
  z.strictObject({ type: z.literal('draft'), sessionId, text: z.string().max(100_000) }),
  /** What must outlive a reload, as JSON: only the panel reads it. */
  z.strictObject({ type: z.literal('keep'), sessionId: SessionId, kept: z.string() }),
  /** The host asks in VS Code's own list, and sets what was chosen. */
  z.strictObject({ type: z.literal('pickMode'), sessionId }),
  z.strictObject({ type: z.literal('pickModel'), sessionId }),
  z.strictObject({ type: z.literal('findFiles'), query: z.string().max(200) }),
  /** The host keeps it and answers with `attach`; so it does for the next two. */
  z.strictObject({
    type: z.literal('addImage'),
    name: z.string().min(1).max(200),
    ...image,
  }),
  /** Files that were dropped, by their addresses. */
  z.strictObject({ type: z.literal('addFiles'), uris: z.array(z.string().max(4096)).max(20) }),
  /** What the current editor could give. */
  z.strictObject({ type: z.literal('addContext'), kind: z.enum(['selection', 'problems']) }),
  /** An image of a tool, to be seen in full. */
  z.strictObject({ type: z.literal('openImage'), ...image }),
  z.strictObject({ type: z.literal('copy'), text }),
  z.strictObject({ type: z.literal('insertAtCursor'), text }),
  /** An http(s) address: the host shows the whole of it and asks. */
  z.strictObject({ type: z.literal('openLink'), url: z.string().max(4096) }),
  z.strictObject({ type: z.literal('openFile'), path: z.string().max(4096), line: z.int().optional() }),
  z.strictObject({
    type: z.literal('openDiff'),
    path: z.string().max(4096),
    oldText: z.string().nullable(),
    newText: z.string(),
  }),
  /** What a turn has changed, as the agent told it. The host answers with `changes`; the next three name it by its key. */
  z.strictObject({
    type: z.literal('watchChanges'),
    sessionId,
    key,
    files: z.array(z.strictObject({ path, edits: z.array(Edit).max(1000) })).max(500),
  }),
  z.strictObject({
    type: z.literal('turnChanges'),
    key,
    way: z.enum(['undo', 'redo']),
    paths: z.array(path).max(500),
  }),
  z.strictObject({ type: z.literal('openChange'), key, path }),
  z.strictObject({ type: z.literal('openAllChanges'), key }),
  /** A terminal that shows what a command puts out. */
  z.strictObject({
    type: z.literal('openOutput'),
    sessionId: SessionId,
    toolCallId: z.string().max(500),
    title: z.string().max(2000),
    text,
    isRunning: z.boolean(),
  }),
  z.strictObject({ type: z.literal('reconnect') }),
  z.strictObject({ type: z.literal('newSession') }),
]);
export type FromPanel = z.infer<typeof FromPanel>;
/** As the panel writes it: ids are not branded yet. */
export type ToHost = z.input<typeof FromPanel>;
