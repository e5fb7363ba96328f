// The selection of the tree follows the open chat, and nobody's click is overruled by a row that has moved.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TreeSelection } from '../../extension/treeSelection.ts';

/** A tree as VS Code shows it: it turns to a row when it is told to, and says so, sooner or later. */
function tree(places: Record<string, string>) {
  let selected: string | undefined;
  const asked: string[] = [];
  const settle: { done: () => void; failed: () => void }[] = [];
  const selection = new TreeSelection({
    selected: () => selected,
    placeOf: (id) => (id === undefined ? undefined : places[id]),
    canShow: (id) => places[id] !== undefined,
    reveal: (id) => {
      asked.push(id);
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      settle.push({ done: () => resolve(undefined), failed: () => reject(new Error('no such row yet')) });
      return promise;
    },
  });
  const becomes = (id: string): void => {
    selected = id;
    selection.said(id);
  };
  const refresh = (): void => {
    selection.drawing();
    selection.turn();
  };
  /** Ends the oldest request. */
  const ends = async (how: 'done' | 'failed'): Promise<void> => {
    settle.shift()?.[how]();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { selection, asked, becomes, refresh, ends };
}

test('the session that is selected stays so when it moves into another group', async () => {
  const places = { a: 'working', b: 'working' };
  const { asked, becomes, refresh, ends } = tree(places);
  becomes('a');
  places.a = 'idle';
  refresh();
  assert.deepEqual(asked, ['a']);
  becomes('a');
  await ends('done');
  refresh();
  assert.deepEqual(asked, ['a']);
});

test('a row that is clicked while VS Code turns to the one that has moved is the selected one in the end', async () => {
  const places = { a: 'working', b: 'working' };
  const { selection, asked, becomes, refresh, ends } = tree(places);
  becomes('a');
  places.a = 'idle';
  refresh();
  // The click is told first, and the session that it opens; then VS Code does what it was asked before.
  becomes('b');
  selection.want('b');
  refresh();
  assert.deepEqual(asked, ['a']);
  becomes('a');
  await ends('done');
  assert.deepEqual(asked, ['a', 'b']);
});

test('a click that VS Code has shown already asks for nothing', async () => {
  const { selection, asked, becomes, refresh } = tree({ a: 'idle', b: 'idle' });
  becomes('b');
  selection.want('b');
  refresh();
  assert.deepEqual(asked, []);
});

test('a row that VS Code does not have yet is asked for again with the next news; a newer wish goes first', async () => {
  const { selection, asked, refresh, ends } = tree({ a: 'idle', b: 'idle' });
  selection.want('a');
  refresh();
  await ends('failed');
  assert.deepEqual(asked, ['a']);
  refresh();
  assert.deepEqual(asked, ['a', 'a']);
  selection.want('b');
  refresh();
  await ends('failed');
  assert.deepEqual(asked, ['a', 'a', 'b']);
});
