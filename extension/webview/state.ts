// What the panel keeps over a reload of its window: where one was reading, what was open, what was being written.
import type { Attachment } from '../chatMessages.ts';
import { readForms, type KeptForms } from './formDrafts.ts';
import type { Unheard } from './panel.ts';
import type { Editing } from './view.ts';
import { isRecord, membersThat } from './isRecord.ts';

/** The part at the top of the view and how far it was scrolled out; 'end': following. */
export type Anchor = { readonly key: string; readonly offset: number } | 'end';

export interface Kept {
  /** When: the newer one counts. */
  readonly at: number;
  readonly sessionId: string;
  readonly draft: string;
  /** The draft that all windows share, as far as this one knew: another text above was known to nobody else. */
  readonly shared: string;
  /** The waiting prompt that is being edited. */
  readonly editing: Editing | undefined;
  /** What will go along with the next prompt. */
  readonly attachments: readonly Attachment[];
  readonly anchor: Anchor;
  /** Folds that a person opened or closed. */
  readonly folds: Readonly<Record<string, boolean>>;
  readonly forms: KeptForms;
  readonly unheard: readonly Unheard[];
}

export const nothingKept: Kept = {
  at: 0,
  sessionId: '',
  draft: '',
  shared: '',
  editing: undefined,
  attachments: [],
  anchor: 'end',
  folds: {},
  forms: {},
  unheard: [],
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** An older version of the panel may have written it: what does not fit is left out. */
export function readKept(value: unknown): Kept {
  if (!isRecord(value)) return nothingKept;
  const { at, sessionId, draft, shared, editing, attachments, anchor, folds, forms, unheard } = value;
  return {
    at: typeof at === 'number' ? at : 0,
    sessionId: text(sessionId),
    draft: text(draft),
    shared: text(shared),
    editing: readEditing(editing),
    attachments: readAttachments(attachments),
    anchor: readAnchor(anchor),
    folds: membersThat((fold) => typeof fold === 'boolean', folds),
    forms: readForms(forms),
    unheard: Array.isArray(unheard) ? unheard.flatMap((entry: unknown) => readUnheard(entry)) : [],
  };
}

function readEditing(value: unknown): Editing | undefined {
  if (!isRecord(value)) return undefined;
  const { promptId, text: edited } = value;
  return typeof promptId === 'string' && typeof edited === 'string' ? { promptId, text: edited } : undefined;
}

function readAnchor(value: unknown): Anchor {
  if (!isRecord(value)) return 'end';
  const { key, offset } = value;
  return typeof key === 'string' && typeof offset === 'number' ? { key, offset } : 'end';
}

const readAttachments = (value: unknown): Attachment[] =>
  Array.isArray(value)
    ? value.flatMap((entry: unknown) => {
        if (!isRecord(entry)) return [];
        const { uri, name } = entry;
        return typeof uri === 'string' && typeof name === 'string' ? [{ uri, name }] : [];
      })
    : [];

function readUnheard(value: unknown): Unheard[] {
  if (!isRecord(value)) return [];
  const { sessionId, promptId, text: sent, attachments, steer } = value;
  const isWhole = typeof sessionId === 'string' && typeof promptId === 'string' && typeof sent === 'string';
  const along = { attachments: readAttachments(attachments), steer: steer === true };
  return isWhole ? [{ sessionId, promptId, text: sent, ...along }] : [];
}
