// What the panel may open: files inside, changes as texts, and nothing because an agent wrote a path.
import assert from 'node:assert/strict';
import { mkdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { Diffs } from '../../extension/diffs.ts';
import { insertAtCursor, openFile, openLink } from '../../extension/openers.ts';
import { waitFor } from './holdfast.ts';

const folder = (): string => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
const outside = path.join(tmpdir(), `holdfast-outside-${process.pid}.txt`);
const active = (): string | undefined => vscode.window.activeTextEditor?.document.uri.fsPath;

describe('what the panel opens', () => {
  before(async () => {
    await mkdir(path.join(folder(), 'src'), { recursive: true });
    await writeFile(path.join(folder(), 'src/greeting.ts'), 'one\ntwo\nthree\n');
    await symlink(tmpdir(), path.join(folder(), 'way-out'));
    await writeFile(outside, 'outside');
  });

  after(async () => {
    await rm(outside);
    await rm(path.join(folder(), 'way-out'));
  });

  afterEach(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  it('is a file of the folder, at its line', async () => {
    await openFile('src/greeting.ts', folder(), 2);
    assert.equal(active(), await realpath(path.join(folder(), 'src/greeting.ts')));
    assert.equal(vscode.window.activeTextEditor?.selection.active.line, 1);
  });

  for (const [what, file] of [
    ['an absolute path', outside],
    ['a way up', path.relative(folder(), outside)],
    ['a link that leads out', `way-out/${path.basename(outside)}`],
    ['a file that is not there', 'src/missing.ts'],
  ] as const) {
    it(`is not ${what}`, async () => {
      await assert.rejects(openFile(file, folder()), /outside of the session's folder|There is no file/);
      assert.equal(active(), undefined);
    });
  }

  for (const url of ['command:workbench.action.quit', 'file:///etc/passwd', 'vscode://x/y', 'no address']) {
    it(`is not the address ${url}`, () => assert.rejects(openLink(url), /Only http and https/));
  }

  it('is a change in the diff editor, with the language of its file', async () => {
    const diffs = new Diffs();
    const registration = diffs.register();
    await diffs.show('src/greeting.ts', 'before', 'after');
    const editor = await waitFor('the diff', () =>
      vscode.window.visibleTextEditors.find(({ document }) => document.getText() === 'after'),
    );
    assert.equal(editor.document.languageId, 'typescript');
    registration.dispose();
  });

  it('is a place for code: the cursor of the open file, in one step to undo', async () => {
    await openFile('src/greeting.ts', folder(), 2);
    await insertAtCursor('inserted\n');
    assert.equal(vscode.window.activeTextEditor?.document.getText(), 'one\ninserted\ntwo\nthree\n');
    await vscode.commands.executeCommand('undo');
    assert.equal(vscode.window.activeTextEditor?.document.getText(), 'one\ntwo\nthree\n');
  });

  it('is nothing without an editor, and says what to do', async () => {
    await assert.rejects(insertAtCursor('lost'), /Open a file/);
  });
});
