// The card of what a turn has changed: a row for each file, to be kept, taken back or made again, one by one or all.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { filesOf, hasChanged, type ChangedFile, type Standing, type TurnChanges } from './changedFiles.ts';
import { counts } from './diffRow.ts';
import { icon, iconButton } from './icons.ts';
import { t } from './l10n.ts';
import { reveal } from './reveal.ts';
import { isSound, type View } from './view.ts';

export function changesView(changes: TurnChanges, view: View): TemplateResult {
  const { act } = view;
  const { key, isLast } = changes;
  const files = filesOf(changes);
  const isOpen = act.isOpen(key, isLast);
  if (isOpen) act.watchChanges(key, files);
  const sum = (of: 'added' | 'removed'): number => files.reduce((all, file) => all + file[of], 0);
  const words = files.length === 1 ? t('1 file changed') : t('{0} files changed', files.length);
  return html`<section class="tool changes" data-part="changes" data-key=${key} aria-label=${t('Changes')}>
    <button class="tool-head" type="button" aria-expanded=${isOpen} @click=${() => act.fold(key, !isOpen)}>
      ${icon('diff-multiple')}<span class="what">${words}</span
      ><span class="meta">${counts(sum('added'), sum('removed'))}</span
      >${icon(isOpen ? 'chevron-down' : 'chevron-right', 'quiet')}
    </button>
    ${isOpen ? body(changes, files, view) : nothing}
  </section>`;
}

function body(changes: TurnChanges, files: readonly ChangedFile[], view: View): TemplateResult {
  const { act } = view;
  const { key } = changes;
  const later = changedLater(changes, view);
  const standing = files.map((file) => ({ file, state: stateOf(key, file, view) }));
  const paths = (state: Standing): string[] =>
    standing.filter((one) => one.state === state).map(({ file }) => file.path);
  const made = paths('made');
  const undone = paths('undone');
  const keepAll = (): void => made.forEach((path) => act.fold(keptKey(key, path), true));
  const turn = (way: 'undo' | 'redo', all: string[]): void =>
    act.post({ type: 'turnChanges', key, way, paths: all });
  const isOff = made.length === 0 || !isSound(view);
  return html`<div class="tool-body">
    <div class="files" role="list">
      ${repeat(
        standing,
        ({ file }) => file.path,
        ({ file, state }) =>
          row(key, file, state === 'edited' && later.has(file.path) ? 'again' : state, view),
      )}
    </div>
    <div class="change-actions">
      ${
        undone.length > 0 && made.length + paths('kept').length === 0
          ? html`<button class="btn small" type="button" @click=${() => turn('redo', undone)}>
              ${t('Redo all')}
            </button>`
          : html`<button class="btn small primary" type="button" ?disabled=${isOff} @click=${keepAll}>
                ${t('Keep all')}
              </button>
              <button class="btn small" type="button" ?disabled=${isOff} @click=${() => turn('undo', made)}>
                ${t('Undo all')}
              </button>`
      }
      <span class="grow"></span>
      <button class="btn small" type="button" @click=${() => act.post({ type: 'openAllChanges', key })}>
        ${t('Open all diffs')}
      </button>
    </div>
  </div>`;
}

/** What other turns have changed since: not everything that is different now is a person's work. */
function changedLater({ parts: own }: TurnChanges, { open }: View): ReadonlySet<string> {
  const { parts } = open.transcript;
  const last = parts.findLastIndex(({ key }) => key === own.at(-1)?.key);
  const diffs = parts
    .slice(last + 1)
    .filter(hasChanged)
    .flatMap(({ call }) => call.content);
  return new Set(diffs.flatMap((content) => (content.type === 'diff' ? [content.path] : [])));
}

/** A choice like an opened card: kept where those are. It ends when the file is no longer what was kept. */
const keptKey = (key: string, path: string): string => `kept:${key}:${path}`;

function stateOf(key: string, { path }: ChangedFile, { panel, act }: View): Standing {
  const state = panel.changes[key]?.[path];
  if (state === 'made' && act.isOpen(keptKey(key, path), false)) return 'kept';
  return state ?? 'unknown';
}

const WORDS: Readonly<Partial<Record<Standing, () => string>>> = {
  kept: () => t('Kept'),
  undone: () => t('Undone'),
};

const REASONS: Readonly<Partial<Record<Standing, () => string>>> = {
  edited: () => t('You edited this later. Undo is off to keep your lines.'),
  again: () => t('A later turn changed this again. Undo is off here.'),
  gone: () => t('There is no such file now. Undo is off.'),
  elsewhere: () => t('This file is on another machine. Undo it there.'),
  unclear: () => t('Lines were removed, and it is not known where. Undo is off.'),
};

function row(key: string, file: ChangedFile, state: Standing, view: View): TemplateResult {
  const { act, open } = view;
  const path = file.path.replace(`${open.session.path}/`, '');
  const at = path.lastIndexOf('/');
  const name = path.slice(at + 1);
  const word = WORDS[state]?.();
  const reason = REASONS[state]?.();
  const turn = (way: 'undo' | 'redo') => (): void =>
    act.post({ type: 'turnChanges', key, way, paths: [file.path] });
  const keep = (): void => act.fold(keptKey(key, file.path), true);
  const show = (): void => act.post({ type: 'openChange', key, path: file.path });
  return html`<div class="file-row ${state}" role="listitem" data-path=${file.path} data-state=${state}>
    ${icon(reason === undefined ? 'file-code' : 'warning', reason === undefined ? '' : 'warn')}
    <button class="file-name one-line" type="button" title=${reveal(path)} @click=${show}>
      <span class="name">${reveal(name)}</span
      >${at > 0 ? html`<span class="dim folder">${reveal(path.slice(0, at))}</span>` : nothing}
    </button>
    <span class="meta num">${counts(file.added, file.removed)}</span>
    <span class="slot"
      >${word === undefined ? nothing : html`<span class="dim word">${word}</span>`}<span class="row-actions"
        >${state === 'made' ? iconButton('check', t('Keep {0}', name), keep) : nothing}${state === 'made' || state === 'kept' ? iconButton('discard', t('Undo {0}', name), turn('undo')) : nothing}${state === 'undone' ? iconButton('redo', t('Redo {0}', name), turn('redo')) : nothing}</span
      ><span class="diff">${iconButton('diff-single', t('Open diff of {0}', name), show)}</span></span
    >
    ${reason === undefined ? nothing : html`<span class="reason warn">${reason}</span>`}
  </div>`;
}
