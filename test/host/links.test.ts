// Links from outside: they fill in a form that a person reads, and can do nothing else.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { readLink } from '../../extension/links.ts';

const read = (link: string) => readLink(vscode.Uri.parse(`vscode://holdfast.holdfast${link}`));

describe('a link', () => {
  it('brings a folder and a text', () => {
    const text = encodeURIComponent('Add rate limits\nand tests, 100 % of them');
    assert.deepEqual(read(`/new?path=/code/harbor-api&text=${text}`), {
      path: '/code/harbor-api',
      text: 'Add rate limits\nand tests, 100 % of them',
    });
    assert.deepEqual(read('/new'), { text: '' });
  });

  it('brings nothing else: no address, token, agent, mode, or order to send', () => {
    const link = '/new?text=hi&url=http://evil.example&token=t&home=/x&agent=a&mode=auto&send=1&sessionId=s';
    assert.deepEqual(read(link), { text: 'hi' });
  });

  for (const link of ['/send?text=hi', '/', '/new/x', '/connect?url=http://evil.example']) {
    it(`means nothing as ${link}`, () => assert.throws(() => read(link), /means nothing/));
  }

  it('cannot hide anything in its text', () => {
    const hidden = 'safe\u202Etxt.exe\u200B\u{E0041}\u0007\r\nnext';
    assert.equal(read(`/new?text=${encodeURIComponent(hidden)}`).text, 'safetxt.exe\nnext');
  });

  it('with more text than one reads, or with half a folder, is refused', () => {
    assert.throws(() => read(`/new?text=${'x'.repeat(2001)}`), /too long/);
    for (const path of ['code', '../x', '%2Fcode%0A%2Fx', '%2Fco%E2%80%AEde'])
      assert.throws(() => read(`/new?path=${path}`), /not the whole path/);
  });
});
