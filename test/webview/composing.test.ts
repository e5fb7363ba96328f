// What somebody does beside reading: the queue by keys and mouse, suggestions, files along with a prompt, moving about.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ToPanel } from '../../extension/chatMessages.ts';
import { chromium, idle } from './chromium.ts';
import type { PanelOptions, PanelPage } from './panelPage.ts';
import { composing, connected, finished, permission, turn } from './scenes.ts';
import { happening, ME, OTHER, showing, snapshot, Story } from './story.ts';

const FILE = { uri: 'file:///home/ann/code/harbor-api/src/auth/login.ts', name: 'login.ts' };
const found = (query: string): ToPanel => ({
  type: 'files',
  query,
  files: [
    { ...FILE, path: 'src/auth/login.ts' },
    { uri: 'file:///home/ann/code/harbor-api/src/logger.ts', name: 'logger.ts', path: 'src/logger.ts' },
  ],
});

async function shown(messages: ToPanel[], options: PanelOptions = {}): Promise<PanelPage> {
  const panel = await chromium.panel(options);
  await panel.tell(...messages);
  return panel;
}

const field = (panel: PanelPage) => panel.page.getByLabel('Prompt', { exact: true });
const row = (panel: PanelPage, promptId: string) =>
  panel.page.locator(`.queued[data-prompt-id="${promptId}"]`);
const focusIn = (panel: PanelPage, selector: string): Promise<boolean> =>
  panel.page.evaluate((wanted) => document.activeElement?.matches(wanted) === true, selector);

describe('a prompt that waits', () => {
  it('is sent now, removed, moved and edited by buttons that take no room until they are needed', async () => {
    const panel = await shown(turn(Date.now()), { height: 1100 });
    const second = row(panel, 'q2');
    const place = await second.locator('.text').boundingBox();
    await second.hover();
    assert.deepEqual(await second.locator('.text').boundingBox(), place);
    await second.getByRole('button', { name: 'Send now' }).click();
    assert.deepEqual(await panel.posted('sendNow'), [{ type: 'sendNow', promptId: 'q2', sessionId: 's1' }]);
    await second.getByRole('button', { name: 'Remove' }).click();
    assert.deepEqual(await panel.posted('remove'), [{ type: 'remove', promptId: 'q2', sessionId: 's1' }]);
    panel.close();
  });

  it('is edited in place: Enter saves, Escape leaves it as it was, and the focus stays with it', async () => {
    const panel = await shown(turn(Date.now()), { height: 1100 });
    await row(panel, 'q1').focus();
    await panel.page.keyboard.press('F2');
    const editor = panel.page.getByLabel('Queued prompt', { exact: true });
    assert.equal(await editor.inputValue(), 'Also log the address of a blocked login');
    await panel.page.keyboard.type(', and why');
    assert.equal(await editor.inputValue(), 'Also log the address of a blocked login, and why');
    await panel.page.keyboard.press('Escape');
    await editor.waitFor({ state: 'detached' });
    await panel.until(() => document.activeElement?.matches('.queued'));
    await row(panel, 'q1').getByRole('button', { name: 'Edit (F2)' }).click();
    await panel.until(() => document.activeElement?.matches('.row-field'));
    await editor.fill('Log it too');
    await panel.composedEnter();
    assert.deepEqual(await panel.posted('edit'), []);
    await panel.page.keyboard.press('Enter');
    assert.deepEqual(await panel.posted('edit'), [
      { type: 'edit', promptId: 'q1', message: 'Log it too', sessionId: 's1' },
    ]);
    await panel.until(() => document.activeElement?.matches('.queued'));
    await panel.tell({ type: 'refused', promptId: 'q1', message: 'It runs already.' });
    assert.equal(await field(panel).inputValue(), 'Log it too', 'nobody has taken it');
    panel.close();
  });

  it('is edited on where its page was left; when it has gone meanwhile, its text goes into the field', async () => {
    const now = Date.now();
    const createdAt = new Date(now).toISOString();
    const q1 = { promptId: 'q1', sessionId: 's1', message: 'Log it', from: ME, createdAt };
    const waits = showing(snapshot({ queue: [{ ...q1, state: 'queued' }], held: true }, now));
    const panel = await shown([waits], { height: 1100 });
    await row(panel, 'q1').focus();
    await panel.page.keyboard.press('F2');
    await panel.page.getByLabel('Queued prompt', { exact: true }).fill('Log it half');
    await panel.until(() => /"text":"Log it half"/.test(sessionStorage.getItem('kept') ?? ''));
    const again = await shown([waits], { height: 1100, kept: await panel.kept() });
    assert.equal(await again.page.getByLabel('Queued prompt', { exact: true }).inputValue(), 'Log it half');
    await again.tell(showing(snapshot({}, now)));
    assert.equal(await field(again).inputValue(), 'Log it half');
    panel.close();
    again.close();
  });

  it('that is edited somewhere else, or moved, is shown as it is now', async () => {
    const now = Date.now();
    const panel = await shown(turn(now), { height: 1100 });
    const news = new Story(now).wait(0);
    for (let n = 0; n < 1000; n++) news.add({ type: 'usage', used: 1, size: 2 });
    const known = news.events.length;
    news.add(
      { type: 'queued', promptId: 'q1', position: 2, message: 'Log it elsewhere', from: ME },
      { type: 'queued', promptId: 'q2', position: 1, message: 'Check the docs', from: OTHER },
    );
    await row(panel, 'q1').focus();
    await panel.tell(happening(news.events.slice(known)));
    assert.deepEqual(await panel.page.locator('.queued .two-lines').allInnerTexts(), [
      'Check the docs',
      'Log it elsewhere',
    ]);
    assert.ok(await focusIn(panel, '[data-prompt-id=q1]'), 'the focus goes along');
    panel.close();
  });

  it('is moved with Alt and the arrows, and by its grip', async () => {
    const panel = await shown(turn(Date.now()), { height: 1100 });
    await row(panel, 'q1').focus();
    await panel.page.keyboard.press('Alt+ArrowUp');
    assert.deepEqual(await panel.posted('move'), [], 'it is the first');
    await panel.page.keyboard.press('Alt+ArrowDown');
    const down = { type: 'move', promptId: 'q1', position: 1, sessionId: 's1' };
    assert.deepEqual(await panel.posted('move'), [down]);
    await row(panel, 'q2').locator('.grip').dragTo(row(panel, 'q1'));
    assert.deepEqual(await panel.posted('move'), [
      down,
      { type: 'move', promptId: 'q2', position: 0, sessionId: 's1' },
    ]);
    await panel.page.keyboard.press('ArrowDown');
    await panel.page.keyboard.press('Delete');
    assert.equal((await panel.posted('remove')).length, 1);
    panel.close();
  });

  it('and begins to run while it is edited gives what was written to the composer', async () => {
    const now = Date.now();
    const panel = await shown(turn(now), { height: 1100 });
    await row(panel, 'q1').focus();
    await panel.page.keyboard.press('F2');
    await panel.page.getByLabel('Queued prompt', { exact: true }).fill('Not lost');
    await panel.tell(
      happening(new Story(now).prompt('q1', 'Also log').events.map((e) => ({ ...e, seq: e.seq + 900 }))),
    );
    assert.equal(await field(panel).inputValue(), 'Not lost');
    assert.equal(await panel.page.locator('.queued').count(), 1);
    panel.close();
  });
});

describe('the composer', () => {
  it('sends now with Alt+Enter, and says so while one types into a working session', async () => {
    const panel = await shown(turn(Date.now()), { height: 1100 });
    await field(panel).fill('Stop, use the other file');
    await panel.tell();
    const keys = (await panel.text('[data-part=footer]')).replaceAll(/\s+/g, ' ');
    assert.equal(keys, 'Enter queue Alt+Enter send now');
    await field(panel).press('Alt+Enter');
    const [sent] = await panel.posted('send');
    assert.equal(sent?.['steer'], true);
    assert.equal(sent?.['message'], 'Stop, use the other file');
    panel.close();
  });

  it('offers the commands of the agent, by the keyboard alone', async () => {
    const panel = await idle();
    await panel.tell(happening(commands()));
    const place = await panel.page.locator('.strip').boundingBox();
    await field(panel).pressSequentially('/co');
    await panel.until(() => document.querySelectorAll('[role=option]').length === 2);
    assert.deepEqual(await panel.page.locator('.strip').boundingBox(), place, 'nothing moves');
    await field(panel).press('ArrowDown');
    await panel.until(() => document.querySelector('.opt.sel')?.textContent?.includes('/compact'));
    const described = await field(panel).getAttribute('aria-activedescendant');
    assert.equal(await panel.page.locator(`#${described}`).getAttribute('aria-selected'), 'true');
    await field(panel).press('Enter');
    assert.equal(await field(panel).inputValue(), '/compact ');
    assert.deepEqual(await panel.posted('send'), [], 'that Enter was for the list');
    await panel.until(() => document.querySelector('[role=listbox]') === null);
    await field(panel).fill('/c');
    await field(panel).press('Escape');
    await panel.until(() => document.querySelector('[role=listbox]') === null);
    assert.equal(await field(panel).inputValue(), '/c');
    panel.close();
  });

  it('offers files after an @, and sends the chosen one along', async () => {
    const panel = await idle();
    await field(panel).pressSequentially('Compare with @log');
    await panel.until(() => window.posted.some(({ type, query }) => type === 'findFiles' && query === 'log'));
    await panel.tell(found('lo'));
    assert.equal(await panel.page.locator('[role=option]').count(), 0, 'an older answer');
    await panel.tell(found('log'));
    await field(panel).press('Tab');
    assert.equal(await field(panel).inputValue(), 'Compare with @src/auth/login.ts ');
    assert.equal(await panel.text('.chip'), 'login.ts');
    await panel.tell({
      type: 'attach',
      attachment: { uri: `${FILE.uri}#L12-40`, name: 'login.ts 12 to 40' },
    });
    await panel.page.getByRole('button', { name: 'Remove login.ts', exact: true }).click();
    await field(panel).press('Enter');
    const [sent] = await panel.posted('send');
    assert.deepEqual(sent?.['attachments'], [{ uri: `${FILE.uri}#L12-40`, name: 'login.ts 12 to 40' }]);
    await panel.until(() => document.querySelector('.composer .chip') === null);
    assert.equal(await panel.text('[data-outcome=pending] .chip'), 'login.ts 12 to 40');
    const message = 'login.ts is outside of the folder.';
    await panel.tell({ type: 'refused', promptId: String(sent?.['promptId']), message });
    assert.equal(await panel.text('.composer .chip'), 'login.ts 12 to 40', 'given back with its text');
    panel.close();
  });

  it('sends no more along than the host takes, also when some of it was given back', async () => {
    const panel = await idle();
    const attach = (from: number, to: number): ToPanel[] =>
      Array.from({ length: to - from }, (_, n) => ({
        type: 'attach',
        attachment: { uri: `file:///home/ann/${from + n}.ts`, name: `${from + n}.ts` },
      }));
    await panel.tell(...attach(0, 20));
    await field(panel).fill('Look');
    await field(panel).press('Enter');
    const [sent] = await panel.posted('send');
    const promptId = String(sent?.['promptId']);
    await panel.tell(...attach(18, 22), { type: 'refused', promptId, message: 'Full.' });
    assert.equal(await panel.page.locator('.composer .chip').count(), 20);
    panel.close();
  });

  it('takes a suggestion back with Ctrl+Z, as if its words had been typed', async () => {
    const panel = await idle();
    await field(panel).pressSequentially('Compare with @log first');
    for (let back = 0; back < ' first'.length; back += 1) await field(panel).press('ArrowLeft');
    await panel.tell(found('log'));
    await field(panel).press('Enter');
    assert.equal(await field(panel).inputValue(), 'Compare with @src/auth/login.ts first');
    assert.equal(await field(panel).evaluate((f: HTMLTextAreaElement) => f.selectionStart), 32);
    await field(panel).press('Control+z');
    assert.equal(await field(panel).inputValue(), 'Compare with @log first');
    panel.close();
  });

  it('has eight whole lines at most, below what goes along', async () => {
    const panel = await idle();
    await panel.tell({ type: 'attach', attachment: FILE });
    await field(panel).fill(Array.from({ length: 12 }, (_, line) => `line ${line}`).join('\n'));
    const seen = await field(panel).evaluate((f) => [f.clientHeight, f.scrollHeight - f.clientHeight]);
    assert.deepEqual(seen, [8 * 20, 4 * 20]);
    panel.close();
  });

  it('keeps what would go along over a reload', async () => {
    const first = await idle();
    await first.tell({ type: 'attach', attachment: FILE });
    await first.until(() => /"attachments":\[\{/.test(sessionStorage.getItem('kept') ?? ''));
    const second = await chromium.panel({ kept: await first.kept() });
    await second.tell(connected(Date.now()), showing(snapshot({}, Date.now())));
    assert.equal(await second.text('.composer .chip'), 'login.ts');
    first.close();
    second.close();
  });

  it('shows mode and model, asks the host for another, and says what the gateway says', async () => {
    const panel = await idle();
    await panel.page.getByRole('button', { name: 'Mode: Ask' }).click();
    await panel.page.getByRole('button', { name: 'Model: Default model' }).click();
    assert.deepEqual(await panel.posted('pickMode'), [{ type: 'pickMode', sessionId: 's1' }]);
    assert.deepEqual(await panel.posted('pickModel'), [{ type: 'pickModel', sessionId: 's1' }]);
    const { session } = snapshot({}, Date.now());
    await panel.tell({ type: 'sessionChanged', session: { ...session, mode: 'plan', model: 'sonnet' } });
    assert.equal(await panel.text('[data-pick=mode]'), 'Plan');
    assert.equal(await panel.text('[data-pick=model]'), 'sonnet');
    await panel.tell({ type: 'refused', message: 'Claude Code offers nothing like "plan".' });
    assert.match(await panel.text('[data-part=composer]'), /offers nothing like "plan"/);
    panel.close();
  });
});

const commands = (): Story['events'] =>
  new Story(Date.now()).add({
    type: 'commands',
    commands: [
      { name: 'commit', description: 'Commit what was changed' },
      { name: 'compact', description: 'Shorten the conversation' },
      { name: 'help', description: 'All that I can do' },
    ],
  }).events;

describe('the transcript', () => {
  it('has one line for what was done in an earlier turn, and leaves it open under somebody who reads it', async () => {
    const panel = await shown(finished(Date.now()), { height: 900 });
    const fold = panel.page.getByRole('button', { name: 'Worked for 2m 40s, 4 steps' });
    assert.equal(await fold.getAttribute('aria-expanded'), 'false');
    await fold.click();
    await panel.tell();
    assert.equal(await fold.getAttribute('aria-expanded'), 'true');
    assert.ok(await panel.page.locator('[data-part=thought]').first().isVisible());
    panel.close();
  });

  it('folds nothing away from somebody who has scrolled up when the next prompt starts', async () => {
    const now = Date.now();
    const [link, session, told] = finished(now);
    assert.ok(link && session && told?.type === 'events');
    const last = told.events.findLastIndex(({ type }) => type === 'prompt');
    const panel = await shown([link, session, { ...told, events: told.events.slice(0, last) }], {
      height: 400,
    });
    await panel.page.locator('.scroller').evaluate((box) => box.scrollTo({ top: 40 }));
    await panel.tell();
    const place = await panel.page.locator('[data-part=tool]').first().boundingBox();
    await panel.tell({ ...told, events: told.events.slice(last) });
    assert.deepEqual(await panel.page.locator('[data-part=tool]').first().boundingBox(), place);
    assert.equal(await panel.page.locator('[data-part=turn]').count(), 0);
    await panel.page.locator('.scroller').evaluate((box) => box.scrollTo({ top: box.scrollHeight }));
    await panel.tell({ type: 'link', link: { state: 'connected', since: now } });
    await panel.until(() => document.querySelectorAll('[data-part=turn]').length === 1);
    panel.close();
  });

  it('is gone through message by message with the arrows, and commands lead to its parts', async () => {
    const panel = await shown(turn(Date.now()), { height: 1100 });
    await panel.page.locator('.scroller').focus();
    await panel.page.keyboard.press('ArrowDown');
    assert.ok(await focusIn(panel, '[data-part=prompt]'));
    await panel.page.keyboard.press('ArrowDown');
    assert.ok(await focusIn(panel, '[data-part=thought]'));
    await panel.page.keyboard.press('ArrowUp');
    assert.ok(await focusIn(panel, '[data-part=prompt]'));
    await panel.tell({ type: 'focusPart', part: 'lastMessage' });
    assert.ok(await focusIn(panel, '[data-part=text]'));
    await panel.tell({ type: 'focusPart', part: 'previousMessage' });
    await panel.until(() => document.activeElement?.matches('[data-part=tool]'));
    await panel.tell({ type: 'focusPart', part: 'nextMessage' });
    await panel.until(() => document.activeElement?.matches('[data-part=text]'));
    await panel.tell({ type: 'focusPart', part: 'queue' });
    assert.ok(await focusIn(panel, '.queued'));
    await panel.tell({ type: 'focusPart', part: 'plan' });
    assert.ok(await focusIn(panel, '[data-part=plan] button'));
    await panel.tell(...permission(Date.now()), { type: 'focusPart', part: 'permission' });
    assert.ok(await focusIn(panel, '[data-part=permission] [data-option-id=once]'));
    panel.close();
  });
});

describe('these parts', () => {
  for (const theme of ['dark-modern', 'light-modern', 'hc-dark', 'hc-light'] as const) {
    it(`have nothing that axe calls serious, and nothing cut off (${theme})`, async () => {
      for (const width of [320, 460]) {
        const panel = await shown(composing(Date.now()), { theme, width, height: 760, scale: 2 });
        await row(panel, 'q1').focus();
        await panel.page.keyboard.press('F2');
        await field(panel).pressSequentially('Compare with @lo');
        await panel.tell(found('lo'));
        if (width === 320) assert.deepEqual(await panel.axe(), []);
        const wide = await panel.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${wide} px too wide`);
        await panel.shoot(`composing.${theme}.${width}`);
        panel.close();
        const folded = await shown(finished(Date.now()), { theme, width, height: 600, scale: 2 });
        await folded.page.locator('[data-part=composer]').hover();
        if (width === 320) assert.deepEqual(await folded.axe(), []);
        await folded.shoot(`finished.${theme}.${width}`);
        folded.close();
      }
    });
  }
});
