// An agent's edits are taken back only where the file still is what they left.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { redo, stateOf, undo, type Edit } from '../../extension/edits.ts';

const whole: Edit[] = [{ oldText: 'a\nb\n', newText: 'a\nB\n' }];
const piece: Edit[] = [{ oldText: 'five', newText: 'six' }];

test('a whole file goes back to what it was, and forth again', () => {
  assert.equal(undo('a\nB\n', whole), 'a\nb\n');
  assert.equal(redo('a\nb\n', whole), 'a\nB\n');
  assert.equal(stateOf('a\nB\n', whole), 'made');
  assert.equal(stateOf('a\nb\n', whole), 'undone');
  assert.equal(stateOf('mine\n', whole), 'edited');
  assert.equal(stateOf(null, whole), 'gone');
});

test('a piece is replaced where it stands once, whatever was written around it, in the line ends of the file', () => {
  assert.equal(undo('mine\r\nsix is it\r\n', piece), 'mine\r\nfive is it\r\n');
  assert.equal(undo('x\r\nb\r\nc\r\n', [{ oldText: 'a\n', newText: 'b\nc\n' }]), 'x\r\na\r\n');
  assert.equal(stateOf('six and six', piece), 'edited');
  assert.equal(stateOf('five', piece), 'undone');
  assert.equal(stateOf('a', [{ oldText: 'gone', newText: '' }]), 'unclear');
});

test('a new file goes away and comes back', () => {
  const made: Edit[] = [{ oldText: null, newText: 'new' }];
  assert.equal(undo('new', made), null);
  assert.equal(redo(null, made), 'new');
  assert.equal(stateOf('new, and mine', made), 'edited');
});

test('several edits of a file are taken back from the last one on; one that does not fit stops all', () => {
  const edits = [...piece, { oldText: 'six', newText: 'seven' }];
  assert.equal(undo('seven', edits), 'five');
  assert.equal(redo('five', edits), 'seven');
  assert.equal(undo('six', edits), undefined);
});

test('whatever the texts are: made, then undone, then made again is the same file', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '$&'), maxLength: 8 });
  fc.assert(
    fc.property(fc.array(text, { minLength: 2, maxLength: 5 }), (versions) => {
      const edits = versions.slice(1).map((newText, index) => ({ oldText: versions[index] ?? '', newText }));
      const last = versions.at(-1) ?? '';
      assert.equal(undo(last, edits), versions[0]);
      assert.equal(redo(versions[0] ?? '', edits), last);
    }),
  );
});
