// The panel in real VS Code: what an agent writes does nothing by itself, an image goes along, changes are taken back.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { waitFor } from '../support/waitFor.ts';
import { Desk } from './desk.ts';

/** All that has been tried on panels of this kind; every address is one of the sink. */
const corpus = (sink: string): string =>
  [
    `![x](${sink}/image?q=secret) ![y][r] ![z](data:image/svg+xml;base64,AAAA)`,
    `[r]: ${sink}/reference`,
    `<img src=${sink}/img onerror="document.title='executed'"> <video src="${sink}/video" poster="${sink}/poster"></video>`,
    `<svg onload="document.title='executed'"><image href="${sink}/svg"/><script>document.title='executed'</script></svg>`,
    `<iframe src="${sink}/frame"></iframe><object data="${sink}/object"></object><meta http-equiv="refresh" content="0;url=${sink}/refresh">`,
    `<style>@import "${sink}/style"; body { background: url(${sink}/background) }</style><link rel="stylesheet" href="${sink}/sheet"><base href="${sink}/">`,
    `<form action="${sink}/form"><button>Go</button></form>`,
    '[a](command:workbench.action.closeWindow) [b](vscode://x.y/z) [c](file:///etc/passwd) [d](javascript:document.title=1)',
    '[e](data:text/html,<script>1</script>) [f](//evil.example) [g](\\\\evil\\share) [h](command%3Ax) [i](vscode-webview://x)',
    `<${sink}/auto> [ok](${sink}/page) [out](https://good.example/?q=a%26b) ${sink}/bare`,
    `| a | b |\n|:--|--:|\n| <b onclick="document.title='executed'">x</b> | ![t](${sink}/table) |`,
    `\`\`\`mermaid\ngraph TD; A-->B; click A "${sink}/mermaid"\n\`\`\``,
    '$$\\href{javascript:alert(1)}{x}$$ \\includegraphics{https://evil.example}',
    `A\u202eB \u001b]8;;${sink}/osc8\u0007link\u001b]8;;\u0007 \u001b]52;c;AAAA\u0007 \u{e0041}`,
    'That was all of it.',
  ].join('\n\n');

describe('the panel', () => {
  let desk: Desk;
  before(async () => {
    desk = await Desk.open({ name: 'panel' });
  });
  after(() => desk[Symbol.asyncDispose]());

  test('asks nobody for anything, and runs nothing, whatever an agent writes', (t) =>
    desk.story(t, async () => {
      const heard: string[] = [];
      const sink = createServer(({ url = '' }, response) => {
        heard.push(url);
        response.end();
      });
      await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
      // A listening TCP server has an address of this form.
      const { port } = sink.address() as AddressInfo;
      const address = `http://127.0.0.1:${port}`;
      try {
        const chat = await desk.demo('harbor-api');
        await chat.send(`echo ${corpus(address)}`);
        await chat.seen('That was all of it.');
        await chat.isIdle();
        const said = chat.part('text').locator('.md');
        assert.equal(await said.locator('[href], [src], [style], img, svg, iframe, form, script').count(), 0);
        assert.deepEqual(await said.locator('a').allInnerTexts(), [
          'Image: x',
          `${address}/auto`,
          'ok',
          'out',
          'Image: t',
        ]);
        assert.match(await said.innerText(), /A⟨U\+202E⟩B ⟨U\+001B⟩\]8;;/);
        await chat.shoot('p-1-inert');

        await said.locator('a', { hasText: /^ok$/ }).click();
        const dialog = chat.page.getByRole('dialog');
        await dialog.getByText(`${address}/page`).waitFor();
        await dialog.getByRole('button', { name: 'Cancel' }).click();
        await chat.reload();
        await chat.seen('That was all of it.');
        assert.ok(!(await chat.page.title()).includes('executed'));
        // The sink hears at all.
        await fetch(`${address}/heard`);
        assert.deepEqual(heard, ['/heard']);

        // What a person opens is what was shown, to the letter.
        const opened = chat.page
          .context()
          .waitForEvent('request', (request) => request.url().includes('good.example'));
        await said.locator('a', { hasText: /^out$/ }).click();
        await dialog.getByText('https://good.example/?q=a%26b').waitFor();
        await dialog.getByRole('button', { name: 'Open', exact: true }).click();
        // VS Code asks once more, for itself.
        await dialog.getByText(/open the external website/).waitFor();
        await dialog.getByRole('button', { name: 'Open', exact: true }).click();
        assert.equal((await opened).url(), 'https://good.example/?q=a%26b');
      } finally {
        sink.close();
      }
    }));

  test('takes an image from the clipboard along, and shows it where it was sent', (t) =>
    desk.story(t, async () => {
      const chat = await desk.demo('harbor-api');
      await chat.field.evaluate(async (field) => {
        const canvas = new OffscreenCanvas(48, 32);
        const context = canvas.getContext('2d');
        if (context === null) throw new Error('no canvas');
        context.fillStyle = 'teal';
        context.fillRect(0, 0, 48, 32);
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File([await canvas.convertToBlob()], 'error.png', { type: 'image/png' }));
        field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
      });
      await chat.panel.locator('.composer .chip', { hasText: 'error.png' }).waitFor();
      await chat.shoot('p-2-image');
      await chat.send('echo I see it');
      await chat.seen('I see it');
      await waitFor('the picture to be drawn', () =>
        chat.panel.locator('canvas.picture').evaluate((canvas: HTMLCanvasElement) => canvas.width > 0),
      );
      const [prompt] = (await desk.history(await desk.newest())).filter(({ type }) => type === 'prompt');
      assert.match(JSON.stringify(prompt), /"type":"image","data":"iVBORw0KGgo/);
      await chat.shoot('p-3-sent');
    }));

  test('takes back what a turn has changed, makes it again, and leaves a file alone that somebody has edited', (t) =>
    desk.story(t, async () => {
      const file = path.join(desk.folder('harbor-api'), 'greeting.ts');
      // The demo agent says that it has turned Hello into this, and touches nothing.
      writeFileSync(file, "export const greeting = 'Ahoy';\n");
      const chat = await desk.demo('harbor-api');
      await chat.send('tool');
      await chat.isIdle();
      const row = chat.part('changes').locator('.file-row');
      const state = (wanted: string) => chat.panel.locator(`.file-row[data-state="${wanted}"]`).waitFor();
      await state('made');
      await chat.shoot('p-4-changed');
      await row.hover();
      await row.getByRole('button', { name: 'Undo greeting.ts' }).click();
      await state('undone');
      assert.match(readFileSync(file, 'utf8'), /Hello/);
      await row.getByRole('button', { name: 'Redo greeting.ts' }).click();
      await state('made');
      assert.match(readFileSync(file, 'utf8'), /Ahoy/);

      await row.getByRole('button', { name: 'Open diff of greeting.ts' }).click();
      const diff = chat.page.locator('.monaco-diff-editor .view-line');
      await diff.filter({ hasText: 'Hello' }).first().waitFor();
      await diff.filter({ hasText: 'Ahoy' }).first().waitFor();
      await chat.shoot('p-5-diff');
      writeFileSync(file, 'mine\n');
      await state('edited');
      await row.getByText('You edited this later. Undo is off to keep your lines.').waitFor();
      assert.equal(await row.getByRole('button', { name: 'Undo greeting.ts' }).count(), 0);
      await chat.shoot('p-6-edited');
    }));
});
