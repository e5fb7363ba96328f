// What a route of the HTTP side does when something goes wrong in it.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { MailDesk } from '../support/mailDesk.ts';
import { ask } from '../support/rawHttp.ts';
import { waitFor, within } from '../support/waitFor.ts';

test('a route that fails is told with an id that the log has, too', async () => {
  await using desk = await MailDesk.open();
  await desk.listen();
  const { status, body } = await ask(desk.socket, { method: 'GET', path: '/metrics?a=1' });
  assert.equal(status, 500);
  assert.match(body, /^A bug in Holdfast\. Its log says more under [0-9a-f-]{36}\.$/);
  assert.match(String(desk.bugs.splice(0)), /nobody has counted anything/);
});

test('a program that hangs up while it waits for mail takes none away from the next one', async (t) => {
  await using desk = await MailDesk.open();
  await desk.listen();
  const receive = t.mock.method(desk.mail.readers, 'receive');
  const body = JSON.stringify({ method: 'mail.receive', params: { wait_s: 30 } });
  const headers = { Host: 'localhost', 'Content-Type': 'application/json' };
  const waiting = request({ socketPath: desk.socket, method: 'POST', path: '/rpc', headers, agent: false });
  waiting.on('error', () => {});
  waiting.end(body);
  await waitFor('it to wait', () => receive.mock.callCount() === 1);
  waiting.destroy();
  assert.deepEqual(await within('its end', Promise.resolve(receive.mock.calls[0]?.result)), []);
  await desk.call('mail.send', { to: 'person', message: 'x' });
  assert.equal((await desk.call('mail.receive', {})).messages.length, 1);
});
