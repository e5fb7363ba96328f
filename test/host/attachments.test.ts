// What goes along with a prompt: files inside of the folders that somebody has opened, and nothing else.
import assert from 'node:assert/strict';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { contextOf, filesOf, problemsIn, selectionOf, withAttachments } from '../../extension/attachments.ts';
import { Clippings } from '../../extension/clippings.ts';
import { FileSearch } from '../../extension/fileSearch.ts';
import { openFile } from '../../extension/openers.ts';
import { findSymbols } from '../../extension/symbolSearch.ts';

const folder = (): string => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
const outside = path.join(tmpdir(), `holdfast-beside-${process.pid}.txt`);
const inside = (): string => vscode.Uri.file(path.join(folder(), 'along/Harbour lights.ts')).toString();
const clippings = new Clippings(path.join(tmpdir(), `holdfast-clippings-${process.pid}`));
const sent = (uri: string, isElsewhere = false) =>
  withAttachments('Look', [{ uri, name: 'a file' }], { folder: folder(), isElsewhere, clippings });

describe('what goes along with a prompt', () => {
  before(async () => {
    await mkdir(path.join(folder(), 'along'), { recursive: true });
    await writeFile(path.join(folder(), 'along/Harbour lights.ts'), 'one\ntwo\nthree\n');
    await symlink(tmpdir(), path.join(folder(), 'along/way-out'));
    await writeFile(outside, 'outside');
  });

  after(async () => {
    await rm(outside);
    await rm(path.join(tmpdir(), `holdfast-clippings-${process.pid}`), { recursive: true, force: true });
    await rm(path.join(folder(), 'along'), { recursive: true });
  });

  afterEach(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  it('is a link beside the text; without one the text stays text', async () => {
    assert.deepEqual(await sent(`${inside()}#L1-2`), [
      { type: 'text', text: 'Look' },
      { type: 'resource_link', uri: `${inside()}#L1-2`, name: 'a file' },
    ]);
    const where = { folder: folder(), isElsewhere: false, clippings };
    assert.equal(await withAttachments('Look', [], where), 'Look');
    // Of three bytes each, and each quote is two characters on the wire.
    for (const tooLong of ['光'.repeat(400_000), '"'.repeat(600_000)])
      for (const along of [[], [{ uri: inside(), name: 'a file' }]])
        await assert.rejects(withAttachments(tooLong, along, where), /A prompt holds at most 1 MB/);
  });

  it('may be all that is sent', async () => {
    const uri = await clippings.keep(Buffer.from('picture'), 'png');
    const where = { folder: folder(), isElsewhere: false, clippings };
    const message = await withAttachments('', [{ uri, name: 'error.png' }], where);
    assert.deepEqual(message, [
      { type: 'image', data: Buffer.from('picture').toString('base64'), mimeType: 'image/png' },
    ]);
  });

  it('is what it says for an agent on another machine, which cannot read it by its name', async () => {
    const [, block] = await sent(`${inside()}#L2-3`, true);
    assert.deepEqual(block, {
      type: 'resource',
      resource: { uri: `${inside()}#L2-3`, text: 'two\nthree' },
    });
  });

  it('is never a file from outside, of another machine, or no file at all', async () => {
    const out = vscode.Uri.file(outside).toString();
    const linked = vscode.Uri.file(path.join(folder(), 'along/way-out', path.basename(outside))).toString();
    for (const uri of [out, linked]) await assert.rejects(sent(uri), /outside of the session's folder/);
    for (const uri of ['https://example.org/a', 'file://server/share/a', 'untitled:a'])
      await assert.rejects(sent(uri), /Only files of this machine/);
    await assert.rejects(
      sent(vscode.Uri.file(path.join(folder(), 'missing')).toString()),
      /There is no file/,
    );
  });

  it('is an image that is kept by its content, and not more than one message holds', async () => {
    const uri = await clippings.keep(Buffer.from('not really a picture'), 'png');
    assert.equal(await clippings.keep(Buffer.from('not really a picture'), 'png'), uri);
    assert.deepEqual(await sent(uri), [
      { type: 'text', text: 'Look' },
      { type: 'image', data: Buffer.from('not really a picture').toString('base64'), mimeType: 'image/png' },
    ]);
    const large = await clippings.keep(Buffer.alloc(900_000), 'png');
    await assert.rejects(sent(large), /more than 1 MB together/);
    await assert.rejects(sent(`clipping:${'0'.repeat(64)}.png`), /no longer kept here/);
    await assert.rejects(sent('clipping:../../etc/passwd'), /cannot go along/);
  });

  it('is the problems of the current file as they stood', async () => {
    await openFile('along/Harbour lights.ts', folder());
    const editor = vscode.window.activeTextEditor;
    assert.ok(editor);
    assert.deepEqual(contextOf(editor), []);
    const found = vscode.languages.createDiagnosticCollection('test');
    const range = new vscode.Range(1, 0, 1, 3);
    found.set(editor.document.uri, [
      new vscode.Diagnostic(range, 'Lamp is dark', vscode.DiagnosticSeverity.Warning),
    ]);
    const { uri, name } = await problemsIn(editor, clippings);
    assert.deepEqual(contextOf(editor), [{ kind: 'problems', count: 1 }]);
    found.dispose();
    assert.equal(name, '1 problem in Harbour lights.ts');
    const [, block] = await sent(uri);
    assert.ok(typeof block === 'object' && block.type === 'resource');
    assert.match(block.resource.text, /warning in line 2: Lamp is dark/);
    await assert.rejects(problemsIn(editor, clippings), /has no problems/);
  });

  it('is a symbol of the workspace: its lines, and nothing of other folders', async () => {
    const at = (file: string) => new vscode.Location(vscode.Uri.file(file), new vscode.Range(1, 0, 2, 5));
    const symbol = (name: string, file: string) =>
      new vscode.SymbolInformation(name, vscode.SymbolKind.Function, '', at(file));
    const provider = vscode.languages.registerWorkspaceSymbolProvider({
      provideWorkspaceSymbols: () => [
        symbol('lightLamp', path.join(folder(), 'along/Harbour lights.ts')),
        symbol('lightElsewhere', outside),
      ],
    });
    const symbols = await findSymbols('light');
    provider.dispose();
    assert.deepEqual(symbols, [
      {
        kind: 'symbol',
        icon: 'symbol-method',
        uri: `${inside()}#L2-3`,
        name: 'lightLamp',
        path: 'along/Harbour lights.ts',
      },
    ]);
    assert.deepEqual(await findSymbols('l'), []);
  });

  it('is a file that was dropped, if it lies inside', async () => {
    assert.deepEqual(await filesOf([inside()], folder()), [{ uri: inside(), name: 'Harbour lights.ts' }]);
    await assert.rejects(filesOf([vscode.Uri.file(outside).toString()], folder()), /outside of/);
  });

  it('is a file here that has the address of a window over SSH, and none of such a window elsewhere', async () => {
    const seen = vscode.Uri.parse(inside()).with({ scheme: 'vscode-remote', authority: 'ssh-remote+there' });
    const files = filesOf([seen.toString()], folder());
    if (vscode.env.remoteName === undefined) await assert.rejects(files, /Only files of this machine/);
    else assert.deepEqual(await files, [{ uri: inside(), name: 'Harbour lights.ts' }]);
  });

  it('is the selected lines of an editor, or the whole file', async () => {
    await openFile('along/Harbour lights.ts', folder());
    const editor = vscode.window.activeTextEditor;
    assert.ok(editor);
    editor.selection = new vscode.Selection(0, 0, 0, 0);
    assert.deepEqual(await selectionOf(editor, folder()), { uri: inside(), name: 'Harbour lights.ts' });
    editor.selection = new vscode.Selection(0, 1, 2, 0);
    const two = await selectionOf(editor, folder());
    assert.equal(two.name, 'Harbour lights.ts 1 to 2');
    assert.equal(vscode.Uri.parse(two.uri).fragment, 'L1-2');
    await assert.rejects(selectionOf(undefined, folder()), /No editor is open/);
  });

  it('is found by words of its path in either case, and first among the open files when nothing is typed', async () => {
    const search = new FileSearch();
    const names = async (query: string) => (await search.find(query))?.map(({ path: found }) => found);
    assert.deepEqual(await names('ALONG/lights'), ['along/Harbour lights.ts']);
    assert.deepEqual(await names('no{such*file'), []);
    await openFile('along/Harbour lights.ts', folder());
    assert.equal((await names(''))?.[0], 'along/Harbour lights.ts');
  });

  it('is found for the last of several questions; the others are not answered', async () => {
    const search = new FileSearch();
    const [first, last] = await Promise.all([search.find('harbour'), search.find('lights')]);
    assert.equal(first, undefined);
    assert.equal(last?.length, 1);
  });
});
