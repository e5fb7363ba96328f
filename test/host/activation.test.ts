// What is there when VS Code has started: the extension, its commands, its views.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { holdfast, manifest } from './holdfast.ts';

describe('activation', () => {
  it('is done by VS Code itself, without anybody asking', async () => {
    await holdfast();
    assert.equal(vscode.extensions.getExtension('holdfast.holdfast')?.isActive, true);
  });

  it('registers every command of the manifest, and no other', async () => {
    await holdfast();
    const declared = manifest().commands.map(({ command }) => command);
    // VS Code makes some for each view: focus, open, toggleVisibility ...
    const ofViews = manifest().views.holdfast.map(({ id }) => `${id}.`);
    const registered = (await vscode.commands.getCommands(true)).filter(
      (command) => command.startsWith('holdfast.') && !ofViews.some((view) => command.startsWith(view)),
    );
    assert.deepEqual(registered.toSorted(), declared.toSorted());
  });

  it('puts every command under its own category in the palette', () => {
    for (const { command, category } of manifest().commands) assert.equal(category, 'Holdfast', command);
  });
});
