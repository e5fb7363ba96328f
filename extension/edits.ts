// An agent's edits as steps that can be taken back and made again, if the file still is what they left. Pure.

/** As the agent told it: whole files, or the piece that was replaced. `null`: there was no file. */
export interface Edit {
  readonly oldText: string | null;
  readonly newText: string;
}

/** A file's text; null: there is no file. */
export type Content = string | null;

/**
 * made: undo is possible. undone: redo is. edited: the file is another one since. gone: there is none any more. unclear:
 * the edit does not say where in the file it was. elsewhere: it is another machine's file.
 */
export type FileState = 'made' | 'undone' | 'edited' | 'gone' | 'unclear' | 'elsewhere';

export const undo = (content: Content, edits: readonly Edit[]): Content | undefined =>
  walk(content, edits.toReversed(), ({ oldText, newText }) => [newText, oldText]);

export const redo = (content: Content, edits: readonly Edit[]): Content | undefined =>
  walk(content, edits, ({ oldText, newText }) => [oldText, newText]);

export function stateOf(content: Content, edits: readonly Edit[]): FileState {
  if (undo(content, edits) !== undefined) return 'made';
  if (redo(content, edits) !== undefined) return 'undone';
  if (content === null) return 'gone';
  return edits.some(({ newText }) => newText === '') ? 'unclear' : 'edited';
}

function walk(
  content: Content,
  edits: readonly Edit[],
  direction: (edit: Edit) => readonly [Content, Content],
): Content | undefined {
  let now: Content | undefined = content;
  for (const edit of edits) {
    if (now === undefined) return undefined;
    now = step(now, ...direction(edit));
  }
  return now;
}

/** undefined: what is to be replaced is not there, or is there twice. */
function step(content: Content, from: Content, to: Content): Content | undefined {
  if (content === from) return to;
  if (content === null || from === null || from === '' || to === null) return undefined;
  // Agents speak of lines; a file may end them its own way.
  const isWindows = content.includes('\r\n') && !from.includes('\r\n');
  const [before, after] = isWindows ? [crlf(from), crlf(to)] : [from, to];
  if (content === before) return after;
  const at = content.indexOf(before);
  if (at < 0 || content.includes(before, at + 1)) return undefined;
  return content.slice(0, at) + after + content.slice(at + before.length);
}

const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
