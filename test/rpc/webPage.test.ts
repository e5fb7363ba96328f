// A web page that knows the port, and even the token, in a real browser: nothing that it tries reaches the gateway.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { chromium, type Browser, type Page } from 'playwright-core';
import { readDiscovery } from '../../gateway/rpc/discovery.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { chromium as findChromium } from '../support/vscode/chromium.ts';

/** A name of the attacker's, which leads to this machine: DNS rebinding. */
const EVIL = 'evil.example';

const resources = new AsyncDisposableStack();
let gateway: TestGateway;
let browser: Browser;
let evilPort: number;
before(async () => {
  gateway = resources.use(await startGateway({ config: { http: { port: 0 }, logLevel: 'debug' } }));
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><title>A page</title><iframe name="inside"></iframe>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  resources.defer(() => void server.close());
  const address = server.address();
  evilPort = typeof address === 'object' && address !== null ? address.port : 0;
  browser = await chromium.launch({
    executablePath: findChromium(),
    args: ['--no-sandbox', '--disable-gpu', `--host-resolver-rules=MAP ${EVIL} 127.0.0.1`],
  });
  resources.defer(() => browser.close());
});
after(() => resources.disposeAsync());

interface Attack {
  /** Where the gateway is, as this page would say it. */
  readonly target: string;
  readonly token: string;
  readonly folder: string;
}

/** Everything that a page can send, from the page itself. Answers what came back. */
async function attack(page: Page, given: Attack): Promise<string[]> {
  return page.evaluate(async ({ target, token, folder }) => {
    const told: string[] = [];
    const tell = (name: string, what: string): void => void told.push(`${name}: ${what}`);
    const body = JSON.stringify({ method: 'session.create', params: { path: folder, agent: 'demo' } });
    const json = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
    const requests: [string, RequestInit][] = [
      ['simple', { method: 'POST', mode: 'no-cors', body }],
      ['simple as JSON', { method: 'POST', mode: 'no-cors', body, headers: json }],
      ['with the token', { method: 'POST', body, headers: json }],
      ['with cookies', { method: 'POST', body, headers: json, credentials: 'include' }],
      ['to read', { headers: json }],
    ];
    for (const [name, init] of requests) {
      try {
        const answer = await fetch(`${target}${init.method === 'POST' ? '/rpc' : '/v1/version'}`, init);
        tell(name, `${answer.type} ${answer.status} ${await answer.text()}`);
      } catch (error) {
        tell(name, String(error));
      }
    }
    tell('beacon', String(navigator.sendBeacon(`${target}/rpc`, new Blob([body], { type: 'text/plain' }))));
    for (const protocols of [[], [`bearer.${token}`]]) {
      const socket = new WebSocket(`${target.replace('http', 'ws')}/rpc`, protocols);
      const end = await new Promise<string>((resolve) => {
        socket.addEventListener('open', () => resolve('open'));
        socket.addEventListener('error', () => resolve('refused'));
      });
      tell('socket', end);
    }
    const events = new EventSource(`${target}/v1/events?token=${token}`);
    const end = await new Promise<string>((resolve) => {
      events.addEventListener('open', () => resolve('open'));
      events.addEventListener('error', () => resolve('refused'));
    });
    events.close();
    tell('events', end);
    const form = document.createElement('form');
    Object.assign(form, { action: `${target}/rpc`, method: 'post', enctype: 'text/plain', target: 'inside' });
    const input = document.createElement('input');
    Object.assign(input, { name: body.slice(0, -1), value: '}' });
    form.append(input);
    document.body.append(form);
    form.submit();
    for (const tag of ['img', 'script', 'iframe'] as const) {
      const element = document.createElement(tag);
      const loaded = new Promise<string>((resolve) => {
        element.addEventListener('load', () => resolve('load'));
        element.addEventListener('error', () => resolve('error'));
      });
      element.src = `${target}/metrics?token=${token}`;
      document.body.append(element);
      tell(tag, tag === 'iframe' ? 'is shown' : await loaded);
    }
    return told;
  }, given);
}

/** No handler ran, whatever the page was told. */
async function nothingHappened(folder: string): Promise<void> {
  const client = await gateway.connect();
  assert.deepEqual(await client.call('session.list', {}), { sessions: [] });
  const log = readFileSync(path.join(gateway.home, 'gateway.log'), 'utf8');
  assert.ok(!log.includes(folder), 'not even looked at');
}

test('a page of another origin gets nothing and does nothing, even with the token', async () => {
  const { http, token = '' } = readDiscovery(gateway.home) ?? {};
  const page = await browser.newPage();
  await page.goto(`http://${EVIL}:${evilPort}/`);
  const folder = newFolder('work');
  for (const host of ['127.0.0.1', 'localhost', EVIL]) {
    const told = await attack(page, { target: `http://${host}:${http?.port}`, token, folder });
    const failed = 'TypeError: Failed to fetch';
    assert.deepEqual(
      told.map((line) => line.replace(/^(simple(?: as JSON)?): opaque 0 $/, `$1: ${failed}`)),
      [
        ...['simple', 'simple as JSON', 'with the token', 'with cookies', 'to read'].map(
          (name) => `${name}: ${failed}`,
        ),
        'beacon: true',
        'socket: refused',
        'socket: refused',
        'events: refused',
        'img: error',
        'script: error',
        'iframe: is shown',
      ],
      host,
    );
    await nothingHappened(folder);
  }
});

test('a page whose name was made to lead to the gateway is of no origin that is served', async () => {
  const { http, token = '' } = readDiscovery(gateway.home) ?? {};
  const target = `http://${EVIL}:${http?.port}`;
  const page = await browser.newPage();
  const answer = await page.goto(`${target}/healthz`);
  assert.equal(answer?.status(), 421);
  const folder = newFolder('work');
  const told = await attack(page, { target, token, folder });
  // The same origin, by the browser's lights: it may read what it is told, and is told that it may not come in.
  const read = told.filter((line) => / (?:basic|cors) /.test(line));
  assert.equal(read.length, 5, told.join('\n'));
  for (const line of read) assert.match(line, /basic 421 This Host is not served here\.$/);
  assert.ok(told.includes('socket: refused') && told.includes('events: refused'));
  await nothingHappened(folder);
});
