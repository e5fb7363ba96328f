// What a turn has changed, in real files and real editors: taken back, made again, and left alone when somebody wrote.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { Changes } from '../../extension/changes.ts';
import type { ToPanel } from '../../extension/chatMessages.ts';
import { Diffs } from '../../extension/diffs.ts';
import { waitFor } from './holdfast.ts';

const folder = (): string => path.join(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '', 'changed');
const file = (name: string): string => path.join(folder(), name);
const text = (name: string): Promise<string> => readFile(file(name), 'utf8');

describe('the changes of a turn', () => {
  let told: Extract<ToPanel, { type: 'changes' }>[];
  let changes: Changes;
  const states = () => told.at(-1)?.states;

  beforeEach(async () => {
    await mkdir(folder(), { recursive: true });
    await writeFile(file('limits.ts'), 'export const max = 6;\n');
    await writeFile(file('config.ts'), 'off\n');
    told = [];
    changes = new Changes((message) => {
      if (message.type === 'changes') told.push(message);
    }, new Diffs());
    await changes.watch(
      'k',
      [
        { path: file('limits.ts'), edits: [{ oldText: 'max = 5', newText: 'max = 6' }] },
        { path: 'config.ts', edits: [{ oldText: 'on\n', newText: 'off\n' }] },
        { path: '/etc/passwd', edits: [{ oldText: 'a', newText: 'root' }] },
      ],
      { folder: folder() },
    );
  });

  afterEach(async () => {
    changes.dispose();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await rm(folder(), { recursive: true });
  });

  it('are taken back and made again, and nothing outside of the folder is touched', async () => {
    assert.deepEqual(states(), { [file('limits.ts')]: 'made', 'config.ts': 'made', '/etc/passwd': 'gone' });
    await changes.turn('k', 'undo', [file('limits.ts'), 'config.ts']);
    assert.deepEqual([await text('limits.ts'), await text('config.ts')], ['export const max = 5;\n', 'on\n']);
    assert.equal(states()?.['config.ts'], 'undone');
    await changes.turn('k', 'redo', ['config.ts']);
    assert.equal(await text('config.ts'), 'off\n');
    await assert.rejects(changes.turn('k', 'undo', ['/etc/passwd']), /stay as they are/);
  });

  it('are not made again over a file that is there and is no text', async () => {
    await writeFile(file('new.bin'), Buffer.from([0xff, 0xfe, 0x00]));
    await changes.watch('k', [{ path: 'new.bin', edits: [{ oldText: null, newText: 'text' }] }], {
      folder: folder(),
    });
    assert.deepEqual(states(), { 'new.bin': 'edited' });
    await assert.rejects(changes.turn('k', 'redo', ['new.bin']), /stay as they are/);
    assert.equal((await readFile(file('new.bin'))).length, 3);
  });

  it('of another machine are left to it, even where the same path is here', async () => {
    await changes.watch(
      'k',
      [{ path: file('config.ts'), edits: [{ oldText: 'on\n', newText: 'off\n' }] }],
      'elsewhere',
    );
    assert.deepEqual(states(), { [file('config.ts')]: 'elsewhere' });
    await assert.rejects(changes.turn('k', 'undo', [file('config.ts')]), /stay as they are/);
    assert.equal(await text('config.ts'), 'off\n');
  });

  it('stay where somebody has written since, saved or not', async () => {
    const document = await vscode.workspace.openTextDocument(file('config.ts'));
    const editor = await vscode.window.showTextDocument(document);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), 'mine\n'));
    await editor.edit((edit) => edit.insert(new vscode.Position(1, 0), 'off\n'));
    await changes.watch('k', [{ path: 'config.ts', edits: [{ oldText: 'on\n', newText: 'off\n' }] }], {
      folder: folder(),
    });
    assert.deepEqual(states(), { 'config.ts': 'edited' });
    await assert.rejects(changes.turn('k', 'undo', ['config.ts']), /stay as they are/);
    assert.equal(document.getText(), 'mine\noff\noff\n');
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('cost nobody who types a message for each key', async () => {
    const document = await vscode.workspace.openTextDocument(file('config.ts'));
    const editor = await vscode.window.showTextDocument(document);
    for (let typed = 0; typed < 30; typed++)
      await editor.edit((edit) => edit.insert(document.positionAt(0), 'x'));
    await editor.edit((edit) => edit.replace(new vscode.Range(0, 0, 1, 0), 'on\n'));
    await waitFor('the news of the file', () => states()?.['config.ts'] === 'undone' || undefined);
    assert.equal(told.length, 2);
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('are told anew when a file changes, and shown beside the file itself', async () => {
    // VS Code's watcher says nothing of when it begins to watch: the file changes until that is heard.
    let writes = 0;
    await waitFor('the news of the file', () => {
      if (states()?.['config.ts'] === 'edited') return true;
      writeFileSync(file('config.ts'), `something else ${(writes += 1)}\n`);
      return undefined;
    });
    await changes.show('k', file('limits.ts'));
    const { activeTab } = vscode.window.tabGroups.activeTabGroup;
    assert.ok(activeTab?.input instanceof vscode.TabInputTextDiff);
    assert.equal(activeTab.input.modified.fsPath, file('limits.ts'));
    await access(file('limits.ts'));
  });
});
