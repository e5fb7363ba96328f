// What comes from the panel is one of the things that a panel can ask for, or it is dropped.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FromPanel } from '../../extension/chatMessages.ts';

const deep = (depth: number): unknown => (depth === 0 ? 1 : { a: deep(depth - 1) });

test('a message that asks for anything else is dropped, however it is dressed', () => {
  const strange: unknown[] = [
    { type: 'executeCommand', command: 'workbench.action.quit' },
    { type: 'copy', text: 'x', command: 'workbench.action.quit' },
    { type: 'copy', text: 'x'.repeat(10_000_000) },
    { type: 'openFile', path: 'a', line: deep(5000) },
    { type: 'addImage', name: 'a', mimeType: 'image/svg+xml', data: '' },
    { type: 'answer', permissionId: 'p', optionId: 'o' },
    { type: '__proto__' },
    'ready',
    null,
  ];
  for (const [index, message] of strange.entries()) {
    assert.equal(FromPanel.safeParse(message).success, false, `message ${index}`);
  }
  assert.equal(FromPanel.safeParse({ type: 'ready' }).success, true);
});

test('what is copied may be the output of a long command', () => {
  assert.equal(FromPanel.safeParse({ type: 'copy', text: 'x'.repeat(3_000_000) }).success, true);
});

test('a prompt gets through however long it is: whoever is told nothing of it would not have it back', () => {
  const message = 'x'.repeat(3_000_000);
  for (const type of ['send', 'edit'])
    assert.equal(FromPanel.safeParse({ type, sessionId: 's1', promptId: 'p1', message }).success, true);
  assert.equal(FromPanel.safeParse({ type: 'keep', sessionId: 's1', kept: message }).success, true);
});
