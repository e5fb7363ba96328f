// What comes back, or comes from elsewhere: a reload, a prompt that may not have finished, mail.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ToPanel } from '../../extension/chatMessages.ts';
import { SessionId } from '../../gateway/protocol/index.ts';
import { chromium, idle } from './chromium.ts';
import { back, connected, mail } from './scenes.ts';
import { showing, snapshot, Story } from './story.ts';

describe('mail in the conversation', () => {
  it('says who wrote it, where, and over how many hops; it is never taken for the person who reads', async () => {
    const panel = await chromium.panel({ height: 600, scale: 2 });
    await panel.tell(...mail(Date.now()));
    const prompt = panel.page.locator('[data-part=prompt]');
    assert.match(await prompt.innerText(), /Written by OpenCode in Review queue on workstation, 1 hop$/);
    assert.equal(await prompt.getAttribute('aria-label'), 'Mail');
    assert.match(await prompt.locator('h2').innerText(), /^reviewer@workstation, /);
    assert.match(await panel.text('.queued'), /Written by reviewer@workstation in Invoice cleanup, 2 hops/);
    assert.deepEqual(await panel.axe(), []);
    await panel.shoot('mail');
    panel.close();
  });
});

describe('a draft of another window', () => {
  it('is shown, but never over what is being written here, and goes when it is sent there', async () => {
    const panel = await idle({}, 'from before');
    const field = panel.page.getByLabel('Prompt', { exact: true });
    assert.equal(await field.inputValue(), 'from before');
    await field.fill('mine');
    await panel.tell({ type: 'draft', sessionId: 's1', text: 'theirs' });
    assert.equal(await field.inputValue(), 'mine');
    await field.fill('');
    await panel.tell({ type: 'draft', sessionId: 's1', text: 'theirs' });
    assert.equal(await field.inputValue(), 'theirs');
    await panel.tell({ type: 'draft', sessionId: 's1', text: '' });
    assert.equal(await field.inputValue(), '');
    panel.close();
  });
});

describe('a draft that is too long to be shared', () => {
  it('says so, and is told to nobody until it is shorter', async () => {
    const panel = await chromium.panel();
    await panel.tell(connected(Date.now()), showing(snapshot({}, Date.now())));
    const field = panel.page.getByLabel('Prompt', { exact: true });
    await field.fill('x'.repeat(100_001));
    await panel.page.getByRole('alert').filter({ hasText: 'too long to be shared' }).waitFor();
    await field.fill('x');
    await panel.until(() => window.posted.some(({ type }) => type === 'draft'));
    assert.deepEqual(await panel.posted('draft'), [{ type: 'draft', sessionId: 's1', text: 'x' }]);
    assert.equal(await panel.page.getByText('too long to be shared').count(), 0);
    panel.close();
  });
});

describe('a prompt that may not have finished', () => {
  it('is marked and asks; the queue is held until somebody chooses', async () => {
    const panel = await chromium.panel();
    await panel.tell(...back(Date.now()));
    assert.equal(await panel.page.locator('[data-part=prompt]').getAttribute('data-outcome'), 'uncertain');
    assert.match(await panel.text('[data-part=uncertain]'), /May not have finished\. The gateway stopped/);
    assert.match(await panel.text('[data-part=uncertain]'), /retry\.ts was changed\./);
    assert.match(await panel.text('[data-part=gap]'), /^9 events missing, \d\d:\d\d:\d\d to \d\d:\d\d:\d\d$/);
    assert.match(await panel.text('[data-part=queue]'), /1, held until you choose/);
    const field = panel.page.getByLabel('Prompt', { exact: true });
    assert.match((await field.getAttribute('placeholder')) ?? '', /^Queue a prompt/);
    await panel.page.getByRole('button', { name: 'Open changes' }).click();
    assert.equal((await panel.posted('openAllChanges')).length, 1);
    assert.equal(await panel.text('[data-part=strip]'), 'Reconnected. Waiting for your choice');
    await panel.page.getByRole('button', { name: 'Run again' }).click();
    await panel.page.getByRole('button', { name: 'Leave it' }).click();
    assert.deepEqual(await panel.posted('retry'), [{ type: 'retry', promptId: 'p1', sessionId: 's1' }]);
    assert.deepEqual(await panel.posted('remove'), [{ type: 'remove', promptId: 'p1', sessionId: 's1' }]);
    panel.close();
  });
});

describe('a session that is left for another one', () => {
  const other = (): ToPanel => {
    const whole = snapshot({ draft: 'of the other' }, Date.now());
    return showing({ ...whole, session: { ...whole.session, sessionId: SessionId.parse('s2') } });
  };

  it('has what was refused meanwhile in its field, however often one goes and comes back', async () => {
    const panel = await idle();
    const field = panel.page.getByLabel('Prompt', { exact: true });
    await field.fill('Fix it');
    await field.press('Enter');
    const [sent] = await panel.posted('send');
    await panel.tell(other(), { type: 'refused', promptId: String(sent?.['promptId']), message: 'Full.' });
    assert.equal(await field.inputValue(), 'of the other');
    await panel.tell(showing(snapshot({}, Date.now())));
    assert.equal(await field.inputValue(), 'Fix it');
    await panel.tell(other());
    const left = (await panel.posted('keep')).findLast(({ sessionId }) => sessionId === 's1');
    const kept: unknown = JSON.parse(String(left?.['kept']));
    await panel.tell({ ...showing(snapshot({}, Date.now())), kept } as ToPanel);
    assert.equal(await field.inputValue(), 'Fix it', 'nobody else knows of it');
    panel.close();
  });

  it('keeps its place, however soon after one has scrolled', async () => {
    const long = new Story(Date.now() - 50_000);
    for (let n = 0; n < 60; n++)
      long.says(`m${n + 1}`, `Chapter ${n}. ${'It was a long day. '.repeat(20)}`, 1000);
    const here = showing(snapshot({ messages: long.events }, Date.now()));
    const panel = await chromium.panel();
    await panel.tell(connected(Date.now()), here);
    await panel.page.locator('[data-key="text:m50"]').evaluate(async (part, next) => {
      await new Promise((moved) => {
        part.closest('.scroller')?.addEventListener('scroll', moved, { once: true });
        part.scrollIntoView({ block: 'start' });
      });
      window.postMessage(next, '*');
    }, other());
    await panel.until(() => document.querySelector('[data-key="text:m50"]') === null);
    const left = (await panel.posted('keep')).findLast(({ sessionId }) => sessionId === 's1');
    assert.match(JSON.stringify(left), /anchor[^}]*text:m50/);
    panel.close();
  });
});

describe('a reload of the window', () => {
  it('brings back the draft, the folds, and the place where one was reading', async () => {
    const { events } = new Story(Date.now() - 60_000)
      .prompt('p1', 'Tell me all')
      .thinks('m0', 'Where to begin?');
    const long = new Story(Date.now() - 50_000);
    for (let n = 0; n < 60; n++)
      long.says(`m${n + 1}`, `Chapter ${n}. ${'It was a long day. '.repeat(20)}`, 1000);
    const messages = [...events, ...long.events.map((event) => ({ ...event, seq: event.seq + 10 }))];
    const first = await chromium.panel();
    await first.tell(connected(Date.now()), showing(snapshot({ messages }, Date.now())));
    await first.page.locator('.scroller').evaluate((box) => box.scrollTo({ top: 0 }));
    await first.page.getByRole('button', { name: /Thought/ }).click();
    await first.page
      .locator('[data-key="text:m20"]')
      .evaluate((part) => part.scrollIntoView({ block: 'start' }));
    await first.page.getByLabel('Prompt', { exact: true }).fill('unsent');
    await first.until(() => /"draft":"unsent".*/.test(sessionStorage.getItem('kept') ?? ''));
    await first.until(() => /text:m20/.test(sessionStorage.getItem('kept') ?? ''));
    const place = await first.page.locator('[data-key="text:m20"]').boundingBox();

    const second = await chromium.panel({ kept: await first.kept() });
    await second.tell(connected(Date.now()), showing(snapshot({ messages }, Date.now())));
    assert.equal(await second.page.getByLabel('Prompt', { exact: true }).inputValue(), 'unsent');
    const restored = await second.page.locator('[data-key="text:m20"]').boundingBox();
    assert.ok(Math.abs((restored?.y ?? 0) - (place?.y ?? -999)) <= 2, `${restored?.y} is not ${place?.y}`);
    await second.page.locator('.scroller').evaluate((box) => box.scrollTo({ top: 0 }));
    assert.equal(await second.page.locator('.thought').innerText(), 'Where to begin?');
    first.close();
    second.close();
  });

  it('sooner than VS Code has written anything down brings back what the host was given', async () => {
    const first = await idle();
    await first.page.getByLabel('Prompt', { exact: true }).fill('just typed');
    await first.until(() =>
      window.posted.some(({ type, kept }) => type === 'keep' && /just typed/.test(String(kept))),
    );
    const [told] = (await first.posted('keep')).slice(-1);
    const kept: unknown = JSON.parse(String(told?.['kept']));
    const second = await chromium.panel();
    await second.tell(connected(Date.now()), { ...showing(snapshot({}, Date.now())), kept } as ToPanel);
    assert.equal(await second.page.getByLabel('Prompt', { exact: true }).inputValue(), 'just typed');
    first.close();
    second.close();
  });

  it('does not bring back a draft that another window has sent meanwhile', async () => {
    const first = await idle();
    await first.page.getByLabel('Prompt', { exact: true }).fill('shared');
    await first.tell({ type: 'drafted', sessionId: 's1', text: 'shared' });
    await first.until(() => /"draft":"shared","shared":"shared"/.test(sessionStorage.getItem('kept') ?? ''));
    const second = await idle({ kept: await first.kept() });
    assert.equal(await second.page.getByLabel('Prompt', { exact: true }).inputValue(), '');
    first.close();
    second.close();
  });

  it('sends again, under the same id, what nobody has heard of', async () => {
    const first = await idle();
    await first.page.getByLabel('Prompt', { exact: true }).fill('Do not lose me');
    await first.page.getByLabel('Prompt', { exact: true }).press('Enter');
    const [sent] = await first.posted('send');
    const second = await idle({ kept: await first.kept() });
    assert.deepEqual(await second.posted('send'), [sent]);
    assert.equal(await second.page.locator('[data-outcome=pending] p').innerText(), 'Do not lose me');
    first.close();
    second.close();
  });
});
