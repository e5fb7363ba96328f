// What a route of the HTTP side does when something goes wrong in it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MailDesk } from '../support/mailDesk.ts';
import { ask } from '../support/rawHttp.ts';

test('a route that fails is told with an id that the log has, too', async () => {
  await using desk = await MailDesk.open();
  await desk.listen();
  const { status, body } = await ask(desk.socket, { method: 'GET', path: '/metrics?a=1' });
  assert.equal(status, 500);
  assert.match(body, /^A bug in Holdfast\. Its log says more under [0-9a-f-]{36}\.$/);
  assert.match(String(desk.bugs.splice(0)), /nobody has counted anything/);
});
