// The card of what a turn has changed: rows, states, and what can be done to each file and to all.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chromium } from './chromium.ts';
import type { PanelOptions, PanelPage } from './panelPage.ts';
import { changed, CHANGED } from './scenes.ts';
import { happening, Story } from './story.ts';

const KEY = 'changes:prompt:1';
const full = (path: string): string => `/home/ann/code/harbor-api/${path}`;

async function shown(options: PanelOptions = {}): Promise<PanelPage> {
  const panel = await chromium.panel({ height: 900, ...options });
  await panel.tell(...changed(Date.now()));
  return panel;
}

const row = (panel: PanelPage, path: string) => panel.page.locator(`.file-row[data-path="${full(path)}"]`);
const states = (panel: PanelPage): Promise<(string | undefined)[]> =>
  panel.page
    .locator('.file-row')
    .evaluateAll((rows: HTMLElement[]) => rows.map(({ dataset }) => dataset['state']));

describe('the card of changes', () => {
  it('says how many files and lines, and asks the host once how the files stand', async () => {
    const panel = await shown();
    const head = panel.page.locator('.changes .tool-head');
    assert.match(await head.innerText(), /5 files changed/);
    assert.match(await head.innerText(), /94 added, 16 removed/);
    assert.deepEqual(await states(panel), ['made', 'made', 'made', 'undone', 'edited']);
    const asked = await panel.posted('watchChanges');
    assert.equal(asked.length, 1);
    assert.equal(asked[0]?.['key'], KEY);
    assert.deepEqual(
      ((asked[0]?.['files'] ?? []) as { path: string }[]).map(({ path }) => path),
      CHANGED.map(full),
    );
    assert.match(
      await row(panel, 'README.md').innerText(),
      /You edited this later\. Undo is off to keep your lines\./,
    );
    // With another session the host forgets them.
    await panel.tell({ type: 'nothing' }, ...changed(Date.now()));
    assert.equal((await panel.posted('watchChanges')).length, 2);
    panel.close();
  });

  it('keeps, takes back and makes again: one file by its row, all by the buttons below', async () => {
    const panel = await shown();
    await row(panel, 'src/auth/limits.ts').hover();
    await panel.page.getByRole('button', { name: 'Undo limits.ts', exact: true }).click();
    await panel.page.getByRole('button', { name: 'Redo config.ts' }).click({ force: true });
    await panel.page.getByRole('button', { name: 'Keep login.ts' }).click({ force: true });
    await panel.until(() => document.querySelector('.file-row.kept .word')?.textContent === 'Kept');
    await panel.page.getByRole('button', { name: 'Undo all' }).click();
    await panel.page.getByRole('button', { name: 'Open all diffs' }).click();
    await panel.page.getByRole('button', { name: 'Open diff of README.md' }).click();
    assert.deepEqual(await panel.posted('turnChanges'), [
      { type: 'turnChanges', key: KEY, way: 'undo', paths: [full('src/auth/limits.ts')] },
      { type: 'turnChanges', key: KEY, way: 'redo', paths: [full('src/config.ts')] },
      {
        type: 'turnChanges',
        key: KEY,
        way: 'undo',
        paths: [full('src/auth/limits.ts'), full('test/auth/limits.test.ts')],
      },
    ]);
    assert.deepEqual(await panel.posted('openAllChanges'), [{ type: 'openAllChanges', key: KEY }]);
    assert.deepEqual(await panel.posted('openChange'), [
      { type: 'openChange', key: KEY, path: full('README.md') },
    ]);
    await panel.page.getByRole('button', { name: 'Keep all' }).click();
    await panel.until(() => document.querySelectorAll('.file-row.kept').length === 3);
    assert.ok(await panel.page.getByRole('button', { name: 'Undo all' }).isDisabled());
    await panel.until(() => /kept:changes/.test(sessionStorage.getItem('kept') ?? ''));
    panel.close();
  });

  it('folds when another turn follows, and is not there while a turn runs or changes nothing', async () => {
    const panel = await shown();
    const next = new Story(Date.now());
    for (let n = 0; n < 100; n++) next.add({ type: 'usage', used: 1, size: 2 });
    await panel.tell(happening(next.prompt('p2', 'And now?').events.slice(100)));
    assert.equal(await panel.page.locator('[data-part=changes]').count(), 1);
    assert.equal(await panel.page.locator('.file-row').count(), 0);
    panel.close();
  });

  it('says that a later turn has changed a file again, where nobody else has', async () => {
    const panel = await shown();
    const next = new Story(Date.now());
    for (let n = 0; n < 100; n++) next.add({ type: 'usage', used: 1, size: 2 });
    const content = [{ type: 'diff' as const, path: full('README.md'), oldText: 'a', newText: 'b' }];
    next.prompt('p2', 'Again').tool('t9', { kind: 'edit', status: 'completed', content }).ends('p2');
    await panel.tell(happening(next.events.slice(100)));
    await panel.page.getByRole('button', { name: '5 files changed' }).click();
    const again = panel.page.locator('.file-row[data-state=again]');
    await again.getByText('A later turn changed this again. Undo is off here.').waitFor();
    panel.close();
  });

  for (const theme of ['dark-modern', 'light-modern', 'hc-dark', 'hc-light'] as const) {
    it(`has nothing that axe calls serious, and nothing cut off (${theme})`, async () => {
      for (const width of [300, 460]) {
        const panel = await shown({ theme, width, height: 640, scale: 2 });
        await panel.page.getByRole('button', { name: 'Keep login.ts' }).click({ force: true });
        await row(panel, 'src/auth/limits.ts').hover();
        await panel.tell();
        if (width === 300) assert.deepEqual(await panel.axe(), []);
        const wide = await panel.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${wide} px too wide`);
        await panel.shoot(`changes.${theme}.${width}`);
        panel.close();
      }
    });
  }
});
