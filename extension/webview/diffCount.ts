// How many lines a change adds and removes.

/** Beyond this many comparisons the middle is counted as replaced. */
const MAX_CELLS = 400_000;

export function countChanges(before: string, after: string): { added: number; removed: number } {
  const a = before === '' ? [] : before.replace(/\n$/, '').split('\n');
  const b = after === '' ? [] : after.replace(/\n$/, '').split('\n');
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const left = a.slice(start, a.length - end);
  const right = b.slice(start, b.length - end);
  const same = left.length * right.length > MAX_CELLS ? 0 : common(left, right);
  return { added: right.length - same, removed: left.length - same };
}

/** All edits together, each counted by itself. */
export function countAll(
  edits: readonly { readonly oldText: string | null; readonly newText: string }[],
): ReturnType<typeof countChanges> {
  const counts = edits.map(({ oldText, newText }) => countChanges(oldText ?? '', newText));
  return {
    added: counts.reduce((sum, { added }) => sum + added, 0),
    removed: counts.reduce((sum, { removed }) => sum + removed, 0),
  };
}

/** The length of the longest common subsequence. */
function common(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, () => 0);
  for (const line of a) {
    const next = [0];
    for (let j = 0; j < b.length; j++) {
      next.push(line === b[j] ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
