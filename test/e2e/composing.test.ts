// What one does with a session besides reading it: the queue, mode, commands, files along, and search. All for real.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Event } from '../../gateway/protocol/index.ts';
import { waitFor } from '../support/waitFor.ts';
import type { Chat } from './chat.ts';
import { Desk } from './desk.ts';

const queued = (chat: Chat) => chat.panel.locator('.queued');
const texts = (chat: Chat) => chat.panel.locator('.queued .two-lines').allInnerTexts();
const prompts = (events: readonly Event[]) =>
  events.flatMap((event) => (event.type === 'prompt' ? [event.message] : []));

describe('composing', () => {
  let desk: Desk;
  before(async () => {
    desk = await Desk.open({ name: 'composing' });
  });
  after(() => desk[Symbol.asyncDispose]());

  test('prompts that wait are moved, edited and sent now', (t) =>
    desk.story(t, async () => {
      const chat = await desk.demo('harbor-api', { viewport: { width: 1280, height: 1000 } });
      await chat.send('silent');
      await chat.stripSays('Working');
      for (const prompt of ['echo one', 'echo two', 'echo three']) await chat.send(prompt);
      await queued(chat).nth(2).waitFor();

      await queued(chat).nth(0).press('Alt+ArrowDown');
      await waitFor('the order', async () => (await texts(chat)).join() === 'echo two,echo one,echo three');
      await queued(chat).nth(0).press('F2');
      await chat.panel.getByRole('textbox', { name: 'Queued prompt' }).fill('echo second');
      await chat.shoot('h-1-editing');
      await chat.panel.getByRole('textbox', { name: 'Queued prompt' }).press('Enter');
      await waitFor('the text', async () => (await texts(chat))[0] === 'echo second');

      await queued(chat).nth(2).getByRole('button', { name: 'Send now' }).click();
      await chat.seen('three');
      await chat.seen('second');
      await chat.seen('one');
      await chat.isIdle();
      const history = await desk.history(await desk.newest());
      assert.deepEqual(prompts(history), ['silent', 'echo three', 'echo second', 'echo one']);

      await chat.send('silent');
      await chat.stripSays('Working');
      await chat.field.fill('echo at once');
      await chat.field.press('Alt+Enter');
      await chat.seen('at once');
      await chat.shoot('h-2-sent-now');
    }));

  test('mode and model are chosen, commands and files are offered, and the files go along', (t) =>
    desk.story(t, async () => {
      writeFileSync(path.join(desk.folder('harbor-api'), 'Login.txt'), 'one\ntwo\nthree\n');
      const chat = await desk.demo('harbor-api');
      await chat.panel.getByRole('button', { name: 'Mode: Ask' }).click();
      await chat.pick('Plan');
      await chat.panel.getByRole('button', { name: 'Mode: Plan' }).waitFor();

      await chat.send('echo hello');
      await chat.seen('hello');
      const model = chat.panel.getByRole('button', { name: /^Model: / });
      await model.click();
      await chat.pick('Demo, large');
      await chat.panel.getByRole('button', { name: 'Model: Demo, large' }).waitFor();
      await model.click();
      await chat.pick('Pace');
      await chat.pick('Brisk');
      await model.click();
      await chat.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Brisk' }).waitFor();
      await chat.shoot('h-3-models');
      await chat.pick("The agent's own choice");
      await chat.panel.getByRole('button', { name: 'Model: Default model' }).waitFor();
      await chat.field.pressSequentially('/hel');
      await chat.panel.getByRole('option', { name: /\/help/ }).waitFor();
      await chat.field.press('Tab');
      assert.equal(await chat.field.inputValue(), '/help ');

      await chat.field.fill('');
      await chat.field.pressSequentially('echo see @log');
      await chat.panel.getByRole('option', { name: /Login\.txt/ }).waitFor();
      await chat.shoot('h-3-files');
      await chat.field.press('Enter');
      assert.equal(await chat.field.inputValue(), 'echo see @Login.txt ');
      await chat.field.press('Enter');
      await chat.seen('see @Login.txt');
      const message = prompts(await desk.history(await desk.newest())).at(-1);
      assert.ok(Array.isArray(message));
      assert.deepEqual(
        message.map((block) => (block.type === 'resource_link' ? path.basename(block.uri) : block.type)),
        ['text', 'Login.txt'],
      );

      await chat.run('Search Sessions...');
      await chat.page.locator('.quick-input-widget input').fill('hello');
      await chat.page
        .locator('.quick-input-list .monaco-list-row', { hasText: 'in a prompt' })
        .first()
        .waitFor();
      await chat.shoot('h-4-search');
      await chat.page.keyboard.press('Enter');
      await chat.part('composer').waitFor();
    }));

  test('the selection of an editor goes along, and the keyboard finds its way through the chat', (t) =>
    desk.story(t, async () => {
      writeFileSync(path.join(desk.folder('harbor-api'), 'Pool.txt'), 'one\ntwo\nthree\n');
      const chat = await desk.demo('harbor-api');
      await chat.send('echo hello');
      await chat.seen('hello');

      await chat.page.keyboard.press('Control+p');
      await chat.page.locator('.quick-input-widget input[type="text"]').fill('Pool');
      await chat.page
        .locator('.quick-input-list .monaco-list-row', { hasText: 'Pool.txt' })
        .first()
        .waitFor();
      await chat.page.keyboard.press('Enter');
      const editor = chat.page.locator('.editor-instance', { hasText: 'three' });
      await editor.waitFor();
      await editor.locator('.view-line').first().click();
      await chat.page.keyboard.press('Control+Home');
      await chat.page.keyboard.press('Shift+ArrowDown');
      await chat.page.keyboard.press('Shift+ArrowDown');
      await chat.run('Add Selection to Chat');
      const chip = chat.panel.locator('.composer .chip');
      await chip.waitFor();
      assert.equal(await chip.innerText(), 'Pool.txt 1 to 2');
      await chat.shoot('h-5-selection');
      await chat.type('echo these lines');
      await chat.page.keyboard.press('Enter');
      await chat.seen('these lines');
      const message = prompts(await desk.history(await desk.newest())).at(-1);
      assert.ok(Array.isArray(message));
      assert.match(JSON.stringify(message), /"uri":"file:[^"]*Pool\.txt#L1-2"/);

      await chat.run('Focus Last Message');
      await chat.panel.locator('[data-part=text]:focus').waitFor();
      await chat.page.keyboard.press('ArrowUp');
      await chat.panel.locator('[data-part=prompt]:focus').waitFor();
      await chat.page.keyboard.press('Control+ArrowUp');
      await chat.panel.locator('[data-part=text]:focus').waitFor();
      await chat.page.keyboard.press('Control+ArrowDown');
      await chat.panel.locator('[data-part=prompt]:focus').waitFor();

      await chat.page.keyboard.press('Alt+F1');
      await chat.page.locator('.view-line', { hasText: /Keyboard\s+in\s+the\s+chat/ }).waitFor();

      await chat.send('ask 1');
      await chat.part('permission').waitFor();
      await chat.field.fill('echo queued meanwhile');
      await chat.field.press('Enter');
      await chat.run('Focus Pending Permission');
      await chat.part('permission').locator('[data-option-id]:focus').waitFor();
      await chat.run('Focus Queued Prompts');
      await queued(chat).and(chat.panel.locator(':focus')).waitFor();
      await chat.page.keyboard.press('Delete');
      await queued(chat).waitFor({ state: 'detached' });
      await chat.run('Focus Pending Permission');
      await chat.part('permission').locator('[data-option-id]:focus').first().press('Enter');
      await chat.seen('You allowed question 1.');

      await chat.send('plan');
      await chat.part('plan').waitFor();
      await chat.run('Focus Plan');
      await chat.part('plan').locator('button:focus').waitFor();
    }));
});
