// A window that goes in the middle of an answer, and what stands there when it comes back.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { longText, slowText } from '../../gateway/agents/demoScript.ts';
import { textOf } from '../support/transcript.ts';
import { Desk } from './desk.ts';

describe('a window that goes and comes back', () => {
  let desk: Desk;
  before(async () => {
    desk = await Desk.open({ name: 'reload' });
  });
  after(() => desk[Symbol.asyncDispose]());

  test('reloaded in the middle of the answer, it shows exactly what the agent sent', (t) =>
    desk.story(t, async () => {
      const chat = await desk.demo('harbor-api');
      await chat.send('slow 200 50');
      await chat.seen(/s20 /);
      await chat.reload();
      await chat.seen(/s20 /);
      await chat.shoot('b-1-after-reload');
      await chat.isIdle();
      const answer = await chat.answer();
      assert.equal(answer, slowText(200).trimEnd());
      assert.equal(await chat.part('text').count(), 1);
      assert.equal(await chat.part('prompt').count(), 1);
      assert.equal(textOf(await desk.history(await desk.newest())), slowText(200));
    }));

  test('the draft, the place where one was reading and an open question come back', (t) =>
    desk.story(t, async () => {
      const chat = await desk.demo('harbor-api');
      await chat.send('long 40');
      await chat.seen('Line 39 of');
      await chat.send('ask');
      await chat.part('permission').waitFor();
      await chat.field.fill('half a sentence that');
      await chat.scrollUp(900);
      const line = await chat.topLine();
      assert.ok(line > 0 && line < 39, `line ${line} is in the middle`);
      await desk.keeps(/"anchor":\{/);
      await chat.reload();
      await chat.part('permission').waitFor();
      await chat.shoot('b-2-place-and-draft');
      assert.equal(await chat.field.inputValue(), 'half a sentence that');
      assert.ok(((await chat.field.boundingBox())?.height ?? 0) >= 20, 'and it can be read');
      assert.equal(await chat.topLine(), line);
      assert.equal(
        ((await chat.answers())[0] ?? '').replaceAll(/\s+/g, ' ').trim(),
        longText(40).replaceAll(/[*`]/g, '').replaceAll(/\s+/g, ' ').trim(),
      );
      await chat.part('permission').getByRole('button', { name: 'Allow', exact: true }).click();
      await chat.seen('You allowed question 1.');
    }));

  test('with every window closed the agent goes on, and the next window shows all of it', (t) =>
    desk.story(t, async () => {
      const chat = await desk.demo('harbor-api');
      await chat.send('slow 100 40');
      await chat.seen(/s20 /);
      await chat.page.close();
      const sessionId = await desk.newest();
      await desk.untilIdle(sessionId);
      assert.equal(textOf(await desk.history(sessionId)), slowText(100));

      const next = await desk.window('harbor-api');
      await next.seen(/s99/);
      assert.deepEqual(await next.answers(), [slowText(100).trimEnd()]);
    }));
});
