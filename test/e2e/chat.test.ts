// A chat in the side bar: what a person types, sees and answers, in real VS Code with the packaged extension.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { slowText } from '../../gateway/agents/demoScript.ts';
import { waitFor } from '../support/waitFor.ts';
import { Desk } from './desk.ts';

describe('a chat in the side bar', () => {
  let desk: Desk;
  before(async () => {
    desk = await Desk.open({ name: 'chat' });
  });
  after(() => desk[Symbol.asyncDispose]());

  test('a prompt streams its answer; code is coloured; the row in the tree says how it stands', (t) =>
    desk.story(t, async () => {
      const chat = await desk.demo('harbor-api');
      await chat.row(/^Idle/).waitFor();
      await chat.send('slow 120 40');
      await chat.seen(/s10 /);
      const early = await chat.answer();
      await chat.row(/^Working/).waitFor();
      await chat.shoot('a-1-streaming');
      await chat.seen(/s50 /);
      const later = await chat.answer();
      assert.ok(later.startsWith(early) && later.length > early.length, 'it grows');
      await chat.isIdle();
      assert.equal(await chat.answer(), slowText(120).trimEnd());
      await chat.row(/^Idle/).waitFor();

      await chat.send('What can you show me?');
      await chat.seen('Send help for all that I can do.');
      await waitFor(
        'the colours of the code',
        async () => (await chat.part('code').locator('code span span[class]').count()) > 5,
      );
      await chat.shoot('a-2-answered');
    }));

  test('a tool has a card; a permission is answered with the mouse and with a key', (t) =>
    desk.story(t, async () => {
      const chat = await desk.demo('harbor-api');
      await chat.send('tool');
      await chat.seen('The tool has finished.');
      const card = chat.part('tool').first();
      assert.match((await card.textContent()) ?? '', /greeting\.ts/);
      assert.equal(await card.getAttribute('data-state'), 'done');

      await chat.send('ask 2');
      const question = chat.part('permission');
      await chat.row(/^tool, Demo agent, Permission/).waitFor();
      await chat.shoot('a-3-permission');
      await question.getByRole('button', { name: 'Allow', exact: true }).click();
      await question
        .first()
        .getByText(/Allowed once here/)
        .waitFor();
      await chat.seen('You allowed question 1.');

      // The second question, with the keyboard alone: back from the field to its last option, then the option's number.
      await question.nth(1).getByRole('button', { name: 'Reject', exact: true }).waitFor();
      await chat.field.focus();
      await chat.page.keyboard.press('Shift+Tab');
      await chat.page.keyboard.press('3');
      await question
        .nth(1)
        .getByText(/Rejected here/)
        .waitFor();
      await chat.seen('You rejected question 2.');
      await chat.row(/^tool, Demo agent, now/).waitFor();
      await chat.row(/^Needs you/).waitFor({ state: 'detached' });
      await chat.shoot('a-4-answered');
    }));

  test('a second window shows the session live, and what is answered there is answered here', (t) =>
    desk.story(t, async () => {
      const here = await desk.demo('harbor-api');
      const there = await desk.window('docs-site');
      // Sessions of other folders are folded away, one row for each folder.
      await there.row(/^harbor-api/).click();
      await there.pointAt(/^New session/);
      await there.row(/^New session/).click();
      await there.part('nothing-said').waitFor();

      await here.send('slow 150 40');
      await there.seen(/s20 /);
      await there.stripSays('Working');
      await there.shoot('c-1-second-window');
      await Promise.all([here.isIdle(), there.isIdle()]);
      assert.equal(await here.answer(), slowText(150).trimEnd());
      assert.deepEqual(await there.answers(), await here.answers());

      await here.send('ask');
      await there.part('permission').getByRole('button', { name: 'Allow', exact: true }).click();
      await there
        .part('permission')
        .getByText(/Allowed once here/)
        .waitFor();
      await here
        .part('permission')
        .getByText(/Allowed once in window docs-site/)
        .waitFor();
      await Promise.all([here.seen('You allowed question 1.'), there.seen('You allowed question 1.')]);
      assert.match((await there.part('prompt').last().textContent()) ?? '', /From window harbor-api/);
      await here.shoot('c-2-answered-elsewhere');
    }));
});
