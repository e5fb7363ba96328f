// Sessions as editor tabs: several at once, and after a reload each as it was left.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { waitFor } from '../support/waitFor.ts';
import type { Chat } from './chat.ts';
import { Desk } from './desk.ts';

describe('sessions in editor tabs', () => {
  let desk: Desk;
  before(async () => {
    desk = await Desk.open({ name: 'tabs' });
  });
  after(() => desk[Symbol.asyncDispose]());

  test('two tabs and the side bar show three sessions; after a reload drafts and places are back', (t) =>
    desk.story(t, async () => {
      const chat = await desk.demo('harbor-api');
      await chat.send('long 60');
      await chat.seen('Line 59 of');
      await chat.isIdle();
      await chat.pointAt(/^long 60/);
      await chat.shoot('t-1-row');
      await chat
        .row(/^long 60/)
        .getByRole('button', { name: 'Open in Editor Tab' })
        .click();
      const { tab, sideBar } = chat;
      await tab.seen('Line 59 of');
      // It has moved: the side bar has nothing to show.
      const panels = chat.page.locator('iframe.webview.ready');
      await waitFor('one panel', async () => (await panels.count()) === 1);

      await sideBar.startDemo();
      await sideBar.send('echo in the side bar');
      await sideBar.seen('in the side bar');
      // What the command means is the chat that had the keyboard last: the news of it may still be on its way.
      await tab.field.click();
      await sideBar.field.click();
      await chat.run('Open in Editor Tab');
      await tab.seen('in the side bar');
      // The keyboard is in the tab already.
      await tab.type('draft of the second');

      await chat.run('Try the Demo Agent');
      await sideBar.part('nothing-said').waitFor();
      await sideBar.type('draft of the side bar');
      await tabNamed(chat, /^long 60/).click();
      await tab.seen('Line 59 of');
      await tab.field.fill('draft of the first');
      await tab.scrollUp(600);
      const line = await tab.topLine();
      assert.ok(line > 0 && line < 50, `line ${line} is in the middle`);
      await chat.shoot('t-2-three');
      await chat.kept(/draft of the first.*"anchor":\{/);

      await chat.reload();
      await tab.seen('Line 59 of');
      assert.equal(await tab.topLine(), line);
      assert.equal(await tab.field.inputValue(), 'draft of the first');
      await sideBar.field.waitFor();
      assert.equal(await sideBar.field.inputValue(), 'draft of the side bar');
      await chat.shoot('t-3-reloaded');
      await tabNamed(chat, /^echo in the side bar/).click();
      await tab.seen('in the side bar');
      assert.equal(await tab.field.inputValue(), 'draft of the second');

      // A row leads to its tab, not to a second chat; what is destroyed closes it.
      await chat.row(/^long 60/).click();
      await tab.seen('Line 59 of');
      await tab.send('slow 400 30');
      await tab.stripSays('Working');
      await chat.page.getByRole('button', { name: 'Stop This Turn' }).first().click();
      await tab.isIdle();
      await chat.run('Open in Side Bar');
      await sideBar.part('note').getByText('Stopped').waitFor();
      await tabNamed(chat, /^long 60/).waitFor({ state: 'detached' });
      await chat.shoot('t-4-back');
      // The tab that came to the front may have had the keyboard for a moment: as above.
      await tab.field.click();
      await sideBar.field.click();
      await chat.run('Destroy Session...');
      const question = chat.page.getByRole('dialog');
      await question.getByText('Destroy long 60?').waitFor();
      await question.getByRole('button', { name: 'Destroy', exact: true }).click();
      await chat.row(/^long 60/).waitFor({ state: 'detached' });
    }));
});

const tabNamed = ({ page }: Chat, name: RegExp) => page.locator('.tabs-container').getByRole('tab', { name });
