// kill -9 of the gateway: the window brings it back by itself, and says what may not have finished.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { slowText } from '../../gateway/agents/demoScript.ts';
import { textOf } from '../support/transcript.ts';
import { Desk } from './desk.ts';

describe('a gateway that is killed', () => {
  let desk: Desk;
  before(async () => {
    desk = await Desk.open({ name: 'crash' });
  });
  after(() => desk[Symbol.asyncDispose]());

  test('in the middle of an answer: nothing that was shown is lost, the prompt is marked, the next one works', (t) =>
    desk.story(t, async () => {
      const chat = await desk.demo('harbor-api');
      await chat.send('slow 2000 30');
      await chat.seen(/s100 /);
      await chat.send('echo what waited');
      await chat.part('queue').getByText('echo what waited').waitFor();
      const shown = await chat.answer();
      const pid = desk.gatewayPid;
      await desk.killGateway();
      const notice = chat.part('uncertain');
      await notice.getByText('May not have finished.').waitFor();
      assert.notEqual(desk.gatewayPid, pid);
      await chat.row(/^Needs you/).waitFor();
      await chat.shoot('d-1-cut');

      const [answer, ...others] = await chat.answers();
      assert.ok(answer !== undefined && others.length === 0, 'one answer, as before');
      assert.ok(answer.startsWith(shown), 'what was seen is still there');
      assert.ok(slowText(2000).startsWith(answer), 'and nothing else');
      assert.equal(answer, textOf(await desk.history(await desk.newest())).trimEnd());
      assert.equal(await chat.part('prompt').getAttribute('data-outcome'), 'uncertain');

      // What waited goes on waiting until a person has decided.
      await chat.part('queue').getByText('held until you choose').waitFor();
      await notice.getByRole('button', { name: 'Leave it' }).click();
      await chat.seen(/^what waited\s*$/);
      await chat.send('echo and on');
      await chat.seen(/^and on\s*$/);
      await chat.isIdle();
      await chat.row(/^Idle/).waitFor();
      await chat.shoot('d-2-left');
    }));

  test('the cut prompt runs again when a person says so; a death while nothing runs is hardly noticed', (t) =>
    desk.story(t, async () => {
      const chat = await desk.demo('harbor-api');
      await chat.send('slow 80 40');
      await chat.seen(/s10 /);
      await desk.killGateway();
      await chat.part('uncertain').getByRole('button', { name: 'Run again' }).click();
      await chat.seen(/s79/);
      await chat.isIdle();
      await chat.shoot('d-3-ran-again');
      const before = await chat.answers();
      assert.equal(before.at(-1), slowText(80).trimEnd());

      await chat.field.fill('echo aft');
      await desk.killGateway();
      await desk.untilBack();
      await chat.field.pressSequentially('er');
      await chat.panel.getByRole('button', { name: 'Send', exact: true }).click();
      await chat.seen(/^after\s*$/);
      assert.deepEqual(await chat.answers(), [...before, 'after']);
      assert.equal(await chat.part('uncertain').count(), 1, 'the one that was answered');
    }));

  test('while it asks: the question waits on, and its answer is heard when the prompt runs again', (t) =>
    desk.story(t, async () => {
      const chat = await desk.demo('harbor-api');
      await chat.send('ask');
      await chat.part('permission').getByRole('button', { name: 'Allow', exact: true }).waitFor();
      await desk.killGateway();
      const notice = chat.part('uncertain');
      await notice.getByText('May not have finished.').waitFor();
      await chat.part('permission').getByText('Your answer counts when its prompt runs again').waitFor();
      await chat.shoot('d-4-asked');
      await chat.part('permission').getByRole('button', { name: 'Allow', exact: true }).click();
      await chat
        .part('permission')
        .getByText(/Allowed once/)
        .waitFor();
      await chat.shoot('d-5-answered');
      await notice.getByRole('button', { name: 'Run again' }).click();
      await chat.seen(/You allowed question 1/);
      await chat.isIdle();
      await chat.shoot('d-6-heard');
    }));
});
