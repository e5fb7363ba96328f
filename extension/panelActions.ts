// What the panel can ask for: one line each, in the order of the contract.
import * as vscode from 'vscode';
import { messageOf } from '../gateway/language.ts';
import type { MethodName, ParamsIn, Session, SessionId } from '../gateway/protocol/index.ts';
import { Problem } from '../gateway/protocol/problems.ts';
import {
  contextOf,
  currentEditor,
  filesOf,
  problemsIn,
  selectionOf,
  withAttachments,
} from './attachments.ts';
import type { Changes } from './changes.ts';
import type { Attachment, FromPanel, ToPanel } from './chatMessages.ts';
import type { Clippings } from './clippings.ts';
import type { Connection } from './connection.ts';
import { FileSearch } from './fileSearch.ts';
import type { Keepsakes } from './keepsakes.ts';
import { details } from './log.ts';
import type { OpenSession } from './openSession.ts';
import { showOutput } from './outputTerminal.ts';
import { insertAtCursor, openFile, openLink } from './openers.ts';
import type { Diffs } from './diffs.ts';
import { t } from './l10n.ts';
import { editQueued, sendNow } from './queueActions.ts';
import { titleOf } from './sessionGroups.ts';
import { pickMode, pickModel } from './sessionSettings.ts';
import type { Machines } from './machines/machines.ts';
import type { Sessions } from './sessions.ts';
import { findSymbols } from './symbolSearch.ts';
import { mustBeTrusted } from './trust.ts';

/** How long a prompt may wait for the link to come back before the panel hears that it was not taken. */
const SEND_WAIT_MS = 15_000;
const PAGE = 200;

export interface PanelParts {
  readonly connection: Connection;
  readonly open: OpenSession;
  readonly sessions: Sessions;
  readonly machines: Machines;
  readonly diffs: Diffs;
  readonly clippings: Clippings;
  readonly changes: Changes;
  readonly keepsakes: Keepsakes;
  readonly post: (message: ToPanel) => void;
  readonly log: vscode.LogOutputChannel;
}

/** What a person asks of the host; the other messages tell how the panel stands. */
export type Asked = Exclude<FromPanel, { type: 'ready' | 'focused' | 'blurred' }>;

type Handlers = {
  readonly [T in Asked['type']]: (message: Extract<Asked, { type: T }>) => Promise<unknown>;
};

export function panelActions(parts: PanelParts): (message: Asked) => void {
  const { connection, open, sessions, machines, diffs, clippings, changes, keepsakes } = parts;
  const session = (named?: SessionId): SessionId => {
    const id = named ?? open.id;
    if (id === undefined) throw new Error(t('No session is open. Open one in the list of sessions.'));
    return id;
  };
  const known = (named?: SessionId): Session => {
    const found = sessions.get(session(named));
    if (found === undefined)
      throw new Error(t('The gateway has not told of this session yet. Try again soon.'));
    return found;
  };
  const machineOf = (named?: SessionId): string | undefined => sessions.get(session(named))?.peer;
  /** Of a session of this machine: a path of another one means nothing here. */
  const folder = (named?: SessionId): string | undefined =>
    machineOf(named) === undefined ? sessions.get(session(named))?.path : undefined;
  const attach = (attachment: Attachment): void => parts.post({ type: 'attach', attachment });
  const search = new FileSearch();
  const call = <M extends MethodName>(method: M, params: ParamsIn<M>) => connection.call(method, params);

  const handlers: Handlers = {
    send: driving(async ({ sessionId: named, promptId, message: text, attachments = [], steer = false }) => {
      const sessionId = session(named);
      const message = await withAttachments(text, attachments, {
        folder: folder(sessionId),
        isElsewhere: machineOf(sessionId) !== undefined,
        clippings,
      });
      await connection.callSurely('session.send', { sessionId, promptId, message, steer }, SEND_WAIT_MS);
    }),
    interrupt: async ({ sessionId }) => call('session.interrupt', { sessionId: session(sessionId) }),
    fork: async ({ sessionId }) => vscode.commands.executeCommand('holdfast.forkSession', session(sessionId)),
    answer: driving(async ({ type: _, sessionId, ...answer }) => {
      const peer = machineOf(sessionId);
      return call('permission.answer', peer === undefined ? answer : { ...answer, peer });
    }),
    retry: driving(async ({ sessionId, promptId }) =>
      call('queue.retry', { sessionId: session(sessionId), promptId }),
    ),
    remove: async ({ sessionId, promptId }) =>
      call('queue.remove', { sessionId: session(sessionId), promptId }),
    sendNow: driving(async ({ sessionId, promptId }) => sendNow(connection, session(sessionId), promptId)),
    edit: driving(async ({ sessionId, promptId, message }) =>
      editQueued(connection, session(sessionId), promptId, message),
    ),
    move: async ({ sessionId, promptId, position }) =>
      call('queue.move', { sessionId: session(sessionId), promptId, position }),
    pauseQueue: async ({ sessionId }) => call('queue.pause', { sessionId: session(sessionId) }),
    resumeQueue: driving(async ({ sessionId }) => call('queue.resume', { sessionId: session(sessionId) })),
    earlier: async ({ sessionId: named, before }) => {
      const sessionId = session(named);
      const page = await call('session.history', { sessionId, before, limit: PAGE });
      const older = page.before === undefined ? {} : { before: page.before };
      parts.post({ type: 'earlier', sessionId, messages: page.messages, ...older });
    },
    draft: async ({ sessionId: named, text }) => {
      const sessionId = session(named);
      await call('session.draft', { sessionId, text });
      parts.post({ type: 'drafted', sessionId, text });
    },
    keep: async ({ sessionId, kept }) => keepsakes.keep(sessionId, kept),
    pickMode: driving(async ({ sessionId }) => pickMode(known(sessionId), connection)),
    pickModel: driving(async ({ sessionId }) => pickModel(known(sessionId), connection)),
    findFiles: async ({ query }) => {
      const context = contextOf(currentEditor());
      const files = await search.find(query);
      if (files === undefined) return;
      parts.post({ type: 'files', query, files, context });
      // Language services may take their time.
      const symbols = await findSymbols(query);
      if (symbols.length > 0) parts.post({ type: 'files', query, files: [...files, ...symbols], context });
    },
    addImage: async ({ name, ...image }) => attach({ name, uri: await keepImage(image, clippings) }),
    openImage: async (image) => {
      const file = clippings.file(await keepImage(image, clippings));
      await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file));
    },
    addFiles: async ({ uris }) => (await filesOf(uris, folder())).forEach(attach),
    addContext: async ({ kind }) =>
      attach(
        kind === 'selection'
          ? await selectionOf(currentEditor(), folder())
          : await problemsIn(currentEditor(), clippings),
      ),
    copy: async ({ text }) => vscode.env.clipboard.writeText(text),
    insertAtCursor: async ({ text }) => insertAtCursor(text),
    openLink: async ({ url }) => openLink(url),
    openFile: async ({ path, line }) => {
      const machine = machineOf();
      if (machine !== undefined) throw new Error(t('This file is on {0}. Open it there.', machine));
      await openFile(path, folder(), line);
    },
    openDiff: async ({ path, oldText, newText }) => diffs.show(path, oldText ?? '', newText),
    watchChanges: async ({ sessionId, key, files }) => {
      const isHere = machineOf(sessionId) === undefined;
      await changes.watch(key, files, isHere ? { folder: folder(sessionId) } : 'elsewhere');
    },
    turnChanges: driving(async ({ key, way, paths }) => changes.turn(key, way, paths)),
    openChange: async ({ key, path }) => changes.show(key, path),
    openAllChanges: async ({ key }) => changes.showAll(key, titleOf(known(), 80)),
    openOutput: async ({ type: _, ...command }) => showOutput(command, connection),
    reconnect: async () => {
      connection.retryNow();
      const machine = open.id === undefined ? undefined : machines.of(sessions.get(open.id));
      if (machine && machine.state !== 'connected') await call('peers.reconnect', { name: machine.name });
    },
    newSession: async () => vscode.commands.executeCommand('holdfast.newSession'),
  };

  return (message) => {
    // The type says which handler: TypeScript cannot follow that through an index.
    const handle = handlers[message.type] as (message: Asked) => Promise<unknown>;
    handle(message).catch((error: unknown) => refuse(message, error, parts));
  };
}

type Image = Pick<Extract<Asked, { type: 'openImage' }>, 'mimeType' | 'data'>;

const keepImage = ({ mimeType, data }: Image, clippings: Clippings): Promise<string> =>
  clippings.keep(Buffer.from(data, 'base64'), mimeType.slice('image/'.length));

/** What makes an agent go on is not done for an untrusted workspace. */
const driving =
  <M>(act: (message: M) => Promise<unknown>) =>
  async (message: M): Promise<unknown> => {
    mustBeTrusted();
    return act(message);
  };

/** Every refusal is told where the person looks: beside the prompt or the question that it is about. */
function refuse(message: Asked, error: unknown, { post, log }: PanelParts): void {
  if (!(error instanceof Problem)) log.warn(`${message.type}: ${details(error)}`);
  // A draft is kept by the panel and sent again with the next key.
  if (message.type === 'draft' || message.type === 'keep') return;
  post({
    type: 'refused',
    message: messageOf(error),
    ...('promptId' in message ? { promptId: message.promptId } : {}),
    ...('permissionId' in message ? { permissionId: message.permissionId } : {}),
  });
}
