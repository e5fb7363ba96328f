// What every part of the view is given: the state to show, and what a person can do with it.
import type { FormContent } from '../../gateway/protocol/index.ts';
import type { ToHost } from '../chatMessages.ts';
import type { ChangedFile } from './changedFiles.ts';
import type { DockRoom } from './dockRoom.ts';
import type { MarkdownView } from './markdown.ts';
import type { OpenSession, Panel } from './panel.ts';

export interface View {
  readonly panel: Panel;
  readonly open: OpenSession;
  /** Milliseconds since the epoch, by the clock that the panel was given. */
  readonly now: number;
  readonly act: Actions;
  readonly room: DockRoom;
  /** The waiting prompt that is being edited here. */
  readonly editing: Editing | undefined;
}

export interface Editing {
  readonly promptId: string;
  readonly text: string;
}

export interface Actions {
  post(message: ToHost): void;
  /** Is this fold open? What a person chose wins over the default. */
  isOpen(key: string, byDefault: boolean): boolean;
  fold(key: string, isOpen: boolean): void;
  /** The drawn text of a message, kept as long as the message is in view. */
  markdown(key: string): MarkdownView;
  /** Asks the host how these files stand; once is enough. */
  watchChanges(key: string, files: readonly ChangedFile[]): void;
  /** Begins or goes on with editing a waiting prompt; undefined: leaves it as it was. */
  edit(editing: Editing | undefined): void;
  saveEdit(): void;
  answer(permissionId: string, optionId: string, digest: string, content?: FormContent): void;
  /** What is entered in a form that was not sent yet. */
  keptForm(permissionId: string): FormContent | undefined;
  keepForm(permissionId: string, content: FormContent): void;
}

/** The session that a person sees when he acts. */
export const here = ({ open }: Pick<View, 'open'>): { sessionId: string } => ({
  sessionId: open.session.sessionId,
});

/** Nothing is known about what runs while the link is not sound, or the one to its machine. */
export const isSound = ({ panel }: Pick<View, 'panel'>): boolean =>
  (panel.link === undefined || panel.link.state === 'connected') &&
  (panel.machine === undefined || panel.machine.state === 'connected');

/** A turn runs, or is about to. */
export const isWorking = ({ open }: Pick<View, 'open'>): boolean =>
  ['busy', 'waiting', 'starting'].includes(open.transcript.status);
