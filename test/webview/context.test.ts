// What goes along with a prompt besides files: images by paste and drop, symbols, problems, the selection.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ToPanel } from '../../extension/chatMessages.ts';
import { idle } from './chromium.ts';
import type { PanelPage } from './panelPage.ts';
import { happening, ME, Story } from './story.ts';

const field = (panel: PanelPage) => panel.page.getByLabel('Prompt', { exact: true });

interface Picture {
  readonly name: string;
  readonly type: string;
  readonly width: number;
  readonly height: number;
  /** Pixels that nothing can make smaller. */
  readonly noise?: boolean;
  /** Stands beside it in the clipboard. */
  readonly text?: string;
}

/** Pastes or drops files that the page makes itself. */
const give = (panel: PanelPage, how: 'paste' | 'drop', ...pictures: Picture[]): Promise<void> =>
  panel.page.evaluate(
    async ({ how: way, all }) => {
      const data = new DataTransfer();
      for (const { name, type, width, height, noise, text } of all) {
        if (text !== undefined) data.setData('text/plain', text);
        const canvas = new OffscreenCanvas(width, height);
        const context = canvas.getContext('2d');
        const pixels = new ImageData(width, height);
        for (let at = 0; at < pixels.data.length; at += 1)
          pixels.data[at] = noise ? Math.random() * 256 : 200;
        context?.putImageData(pixels, 0, 0);
        const blob = type.startsWith('image/')
          ? await canvas.convertToBlob({ type: 'image/png' })
          : new Blob(['x']);
        data.items.add(new File([blob], name, { type }));
      }
      const target = document.querySelector('.field');
      target?.dispatchEvent(
        way === 'paste'
          ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
          : new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }),
      );
    },
    { how, all: pictures },
  );

const PNG = { name: 'image.png', type: 'image/png', width: 40, height: 20 };

describe('an image', () => {
  it('that is pasted goes to the host, and its chip shows it', async () => {
    const panel = await idle();
    // Some programs put a picture of a text beside the text.
    await give(panel, 'paste', { ...PNG, name: 'table.png', text: 'a table' });
    await give(panel, 'paste', PNG, PNG);
    await panel.until(() => window.posted.filter(({ type }) => type === 'addImage').length === 2);
    const [first, second] = await panel.posted('addImage');
    assert.deepEqual([first?.['name'], second?.['name']], ['image.png', 'image 2.png']);
    assert.equal(first?.['mimeType'], 'image/png');
    assert.equal(Buffer.from(String(first?.['data']), 'base64').subarray(1, 4).toString(), 'PNG');
    const attachment = { uri: `clipping:${'a'.repeat(64)}.png`, name: 'image.png' };
    await panel.tell({ type: 'attach', attachment });
    assert.equal(await panel.text('.composer .chip'), 'image.png');
    const shown = await panel.page.locator('.chip canvas').evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')?.getImageData(16, 16, 1, 1) ?? { data: [0] };
      return data[0];
    });
    assert.equal(shown, 200);
    await field(panel).fill('What is this?');
    await field(panel).press('Enter');
    assert.deepEqual((await panel.posted('send'))[0]?.['attachments'], [attachment]);
    panel.close();
  });

  it('that is dropped is made smaller until it fits', async () => {
    const panel = await idle();
    await give(panel, 'drop', { ...PNG, name: 'wide.png', width: 3000, height: 600 });
    await give(panel, 'drop', { ...PNG, name: 'noise.png', width: 1200, height: 900, noise: true });
    await panel.until(() => window.posted.filter(({ type }) => type === 'addImage').length === 2);
    const sizes = await panel.page.evaluate(async () => {
      const sent = window.posted.filter(({ type }) => type === 'addImage');
      const sizes = sent.map(async ({ name, data, mimeType }) => {
        const bytes = Uint8Array.from(atob(String(data)), (char) => char.charCodeAt(0));
        const { width } = await createImageBitmap(new Blob([bytes], { type: String(mimeType) }));
        return { name, mimeType, width, fits: bytes.length <= 512 * 1024 };
      });
      return Promise.all(sizes);
    });
    assert.deepEqual(
      sizes.toSorted((a, b) => a.width - b.width),
      [
        { name: 'noise.png', mimeType: 'image/jpeg', width: 840, fits: true },
        { name: 'wide.png', mimeType: 'image/png', width: 1568, fits: true },
      ],
    );
    panel.close();
  });

  it('keeps no more of it in the page than its chip shows', async () => {
    const panel = await idle();
    await panel.page.evaluate(() => {
      const bitmaps: { close: (this: ImageBitmap) => void } = ImageBitmap.prototype;
      const { close } = bitmaps;
      bitmaps.close = function closed(this: ImageBitmap) {
        window.executed.push(`${this.width} × ${this.height}`);
        close.call(this);
      };
    });
    await give(panel, 'paste', { ...PNG, width: 400, height: 200 });
    await panel.until(() => window.executed.includes('400 × 200'));
    panel.close();
  });

  it('that cannot go along says why', async () => {
    const panel = await idle();
    await give(panel, 'drop', { ...PNG, name: 'notes.pdf', type: 'application/pdf' });
    await panel.page.getByText('notes.pdf is no PNG, JPEG, GIF or WebP image').waitFor();
    assert.deepEqual(await panel.posted('addImage'), []);
    panel.close();
  });

  it('of a prompt is drawn in the conversation, under the content policy', async () => {
    const panel = await idle();
    await give(panel, 'paste', PNG);
    await panel.until(() => window.posted.some(({ type }) => type === 'addImage'));
    const data = String((await panel.posted('addImage'))[0]?.['data']);
    const message = [
      { type: 'text' as const, text: 'What is this?' },
      { type: 'image' as const, mimeType: 'image/png', data },
      { type: 'image' as const, mimeType: 'image/png', data: 'AAAA' },
    ];
    const told = new Story(Date.now()).add({ type: 'prompt', promptId: 'p1', message, from: ME });
    await panel.tell(happening(told.events));
    await panel.until(() => (document.querySelector<HTMLCanvasElement>('.picture')?.width ?? 0) > 0);
    const heights = await panel.page
      .locator('.picture')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height));
    assert.deepEqual(heights, [64, 64]);

    // One that a tool gave is seen when its card is open, and opens in full.
    const image = { mimeType: 'image/png', data };
    const given = { type: 'other' as const, summary: 'image/png, 1 kB', image };
    told.tool('t1', { status: 'completed', content: [given] });
    await panel.tell(happening(told.events.slice(-1)));
    await panel.page.locator('[data-part=tool] .tool-head').click();
    await panel.until(() => (document.querySelector<HTMLCanvasElement>('.shot .picture')?.width ?? 0) > 0);
    await panel.page.getByRole('button', { name: 'Open the image, image/png, 1 kB' }).click();
    assert.deepEqual(await panel.posted('openImage'), [{ type: 'openImage', ...image }]);
    assert.deepEqual(await panel.page.evaluate(() => window.violations), []);
    panel.close();
  });
});

describe('a picture', () => {
  it('can be sent without a word, and a file cannot', async () => {
    const panel = await idle();
    const send = panel.page.locator('.send');
    const file = { uri: 'file:///w/login.ts', name: 'login.ts' };
    await panel.tell({ type: 'attach', attachment: file });
    assert.equal(await send.isDisabled(), true);
    const picture = { uri: `clipping:${'a'.repeat(64)}.png`, name: 'error.png' };
    await panel.tell({ type: 'attach', attachment: picture });
    assert.equal(await send.isDisabled(), false);
    await field(panel).press('Enter');
    const [sent] = await panel.posted('send');
    assert.equal(sent?.['message'], '');
    assert.deepEqual(sent['attachments'], [file, picture]);
    panel.close();
  });
});

describe('what went along', () => {
  it('stands out where the prompt names it, and below where it does not', async () => {
    const panel = await idle();
    const link = (name: string) => ({ type: 'resource_link' as const, uri: `file:///w/${name}`, name });
    const text = 'Compare @src/auth/limits.ts, with ann@limits.ts and @other.ts';
    const message = [{ type: 'text' as const, text }, link('limits.ts'), link('login.ts 12 to 40')];
    const told = new Story(Date.now()).add({ type: 'prompt', promptId: 'p1', message, from: ME });
    await panel.tell(happening(told.events));
    assert.equal(await panel.text('.prompt p'), text);
    assert.deepEqual(await panel.page.locator('.mention').allInnerTexts(), ['@src/auth/limits.ts']);
    assert.deepEqual(await panel.page.locator('.prompt .chip').allInnerTexts(), ['login.ts 12 to 40']);
    panel.close();
  });
});

describe('the list after an @', () => {
  const found = (query: string): Extract<ToPanel, { type: 'files' }> => ({
    type: 'files',
    query,
    files: [
      { uri: 'file:///w/src/auth/login.ts', name: 'login.ts', path: 'src/auth/login.ts' },
      { uri: 'file:///w/src/logger.ts', name: 'logger.ts', path: 'src/logger.ts' },
      {
        uri: 'file:///w/src/auth/login.ts#L3-9',
        name: 'logBlocked',
        path: 'src/auth/login.ts',
        kind: 'symbol',
        icon: 'symbol-method',
      },
    ],
    context: [
      { kind: 'selection', name: 'login.ts 12 to 40' },
      { kind: 'problems', count: 3 },
    ],
  });
  const options = (panel: PanelPage): Promise<string[]> =>
    panel.page
      .getByRole('option')
      .evaluateAll((rows) =>
        rows.map((row) => [...row.querySelectorAll('span')].map((span) => span.textContent).join(' ')),
      );

  it('is opened by the plus, and has files, symbols, selection, problems and an image', async () => {
    const panel = await idle({ width: 460, scale: 2 });
    await panel.page.getByRole('button', { name: 'Add context' }).click();
    await panel.tell(found(''));
    assert.deepEqual(await options(panel), [
      'login.ts src/auth',
      'logger.ts src',
      'logBlocked login.ts',
      'Selection login.ts 12 to 40',
      'Problems 3 in this file',
      'Image or paste one',
    ]);
    assert.deepEqual(await panel.axe(), []);
    await panel.shoot('context.460');
    panel.close();
  });

  it('adds a symbol by its lines, and problems and the selection without a word in the text', async () => {
    const panel = await idle();
    await field(panel).pressSequentially('See @logB');
    await panel.tell(found('logB'));
    await field(panel).press('Enter');
    assert.equal(await field(panel).inputValue(), 'See @logBlocked ');
    assert.equal(await panel.text('.composer .chip'), 'logBlocked');
    await field(panel).pressSequentially('@prob');
    await panel.tell(found('prob'));
    await field(panel).press('Tab');
    assert.equal(await field(panel).inputValue(), 'See @logBlocked ');
    assert.deepEqual(await panel.posted('addContext'), [{ type: 'addContext', kind: 'problems' }]);
    panel.close();
  });

  it('keeps its place when symbols come after the files', async () => {
    const panel = await idle();
    await field(panel).pressSequentially('@log');
    await panel.tell({ ...found('log'), files: found('log').files.slice(0, 2) });
    await field(panel).press('ArrowDown');
    await panel.tell(found('log'));
    assert.match(await panel.text('[role=option][aria-selected=true]'), /logger\.ts/);
    panel.close();
  });
});
