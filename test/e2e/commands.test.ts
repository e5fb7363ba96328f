// The palette: new session, rename, switch, stop and destroy, as one who never touches the mouse.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Desk } from './desk.ts';

describe('the palette', () => {
  let desk: Desk;
  before(async () => {
    desk = await Desk.open({ name: 'commands' });
  });
  after(() => desk[Symbol.asyncDispose]());

  test('a session is started, renamed, stopped, left for another one, found again and destroyed', (t) =>
    desk.story(t, async () => {
      const chat = await desk.window('harbor-api');
      await chat.run('New Session');
      await chat.pick('Demo agent');
      await chat.pick('Plan');
      await chat.field.waitFor();

      await chat.run('Rename...');
      await chat.page.locator('.quick-input-widget input').fill('Harbour lights');
      await chat.page.keyboard.press('Enter');
      await chat.row(/^Harbour lights/).waitFor();

      await chat.send('silent');
      await chat.row(/^Working/).waitFor();
      await chat.run('Stop This Turn');
      await chat.isIdle();
      await chat.panel.getByText(/^Stopped/).waitFor();
      await chat.row(/^Working/).waitFor({ state: 'detached' });

      await chat.run('Try the Demo Agent');
      await chat.part('nothing-said').waitFor();
      await chat.send('echo the other one');
      await chat.seen('the other one');

      await chat.run('Switch Session...');
      await chat.pick('Harbour lights');
      await chat.part('prompt').getByText('silent', { exact: true }).waitFor();
      // The keyboard is where one goes on.
      await chat.page.keyboard.type('echo found again');
      await chat.page.keyboard.press('Enter');
      await chat.seen('found again');
      await chat.shoot('f-1-switched');

      await chat.run('Destroy...');
      const question = chat.page.getByRole('dialog');
      await question.getByText('Destroy Harbour lights?').waitFor();
      await chat.shoot('f-2-destroy');
      await question.getByRole('button', { name: 'Destroy', exact: true }).click();
      await chat.row(/^Harbour lights/).waitFor({ state: 'detached' });
      await chat.row(/^echo the other one/).waitFor();
      assert.equal(await chat.part('composer').count(), 0, 'the chat is empty, or away');
      await chat.shoot('f-3-destroyed');
    }));
});
