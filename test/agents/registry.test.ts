// The ACP registry in the catalogue: what it offers, what of it is installed, and how it is brought up to date.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { Catalogue } from '../../gateway/agents/catalogue.ts';
import { KNOWN } from '../../gateway/agents/knownAgents.ts';
import { readRegistry, type Registry } from '../../gateway/agents/registry.ts';
import { keptRegistry, updateRegistry } from '../../gateway/agents/registryUpdate.ts';
import { Problem } from '../../gateway/protocol/index.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';

const npx = (id: string, name: string, ...args: string[]): object => ({
  id,
  name: id.toUpperCase(),
  version: '1.2.3',
  website: `https://${id}.example`,
  distribution: { npx: { package: `${name}@1.2.3`, args } },
});

const DOCUMENT = {
  version: '1.0.0',
  agents: [
    npx('robot', '@acme/robot-cli', '--acp'),
    npx('codex-acp', '@agentclientprotocol/codex-acp'),
    npx('gemini', '@google/another-name'),
    { id: 'snake', name: 'Snake', distribution: { uvx: { package: 'snake-acp==0.1', args: ['serve'] } } },
    {
      id: 'bird',
      name: 'Bird',
      website: 'http://birds.example',
      repository: 'https://birds.example',
      distribution: {
        binary: { 'linux-x86_64': { archive: 'https://x', cmd: './dist/bird.exe', args: ['acp'] } },
      },
    },
    { id: 'BAD id', name: 'x', distribution: { npx: { package: 'x' } } },
    { id: 'sly', name: 'Sly', distribution: { npx: { package: 'x; rm -rf /' } } },
    { id: 'slier', name: 'Slier', distribution: { binary: { any: { cmd: '../bin/sh -c' } } } },
    null,
  ],
  extensions: [],
};

const registry = (): Registry => {
  const read = readRegistry(DOCUMENT, '2026-11-21');
  assert.ok(read);
  return read;
};

const catalogue = (path: string): Catalogue =>
  new Catalogue({ node: '/usr/bin/node', script: '/x.js', path, platform: 'linux', registry });

const others = (of: Catalogue) => of.list().filter(({ source }) => source === 'registry');

test('agents of the registry are listed with the very command that installs them; nonsense is left out', () => {
  const bin = newFolder();
  for (const tool of ['npm', 'uv']) writeFileSync(join(bin, tool), '', { mode: 0o700 });
  assert.deepEqual(
    others(catalogue(bin)).map(({ agent, state, detail }) => [agent, state, detail]),
    [
      ['robot', 'installable', 'Run `npm install -g @acme/robot-cli`.'],
      ['snake', 'installable', 'Run `uv tool install snake-acp`.'],
      [
        'bird',
        'missing',
        'Install it as https://birds.example says, so that `bird` is on the PATH of the gateway.',
      ],
    ],
  );
  const bare = others(catalogue(newFolder()));
  assert.match(bare[0]?.detail ?? '', /Install Node\.js with npm first.+npm install -g @acme\/robot-cli/);
  assert.throws(
    () => catalogue(bin).find('robot'),
    (error) =>
      error instanceof Problem && error.problem === 'agent.missing' && /npm install/.test(error.message),
  );
});

test('what is installed is found without running anything: an npm package by its own word', () => {
  const prefix = newFolder();
  const bin = join(prefix, 'bin');
  const pack = join(prefix, 'lib/node_modules/@acme/robot-cli');
  for (const folder of [bin, pack]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(pack, 'package.json'), JSON.stringify({ bin: { robo: 'cli.js' } }));
  for (const program of ['robo', 'snake-acp', 'bird']) writeFileSync(join(bin, program), '', { mode: 0o700 });
  const found = catalogue([newFolder(), bin].join(delimiter));
  assert.deepEqual(
    others(found).map(({ state, detail }) => [state, detail]),
    [
      ['installed', `${join(bin, 'robo')} --acp`],
      ['installed', `${join(bin, 'snake-acp')} serve`],
      ['installed', `${join(bin, 'bird')} acp`],
    ],
  );
  // Of several commands the one that is called like the package; a single one may go without a name.
  for (const several of [{ robo: 'cli.js', 'robot-cli': 'cli.js' }, 'cli.js']) {
    writeFileSync(join(bin, 'robot-cli'), '', { mode: 0o700 });
    writeFileSync(join(pack, 'package.json'), JSON.stringify({ bin: several }));
    assert.equal(found.find('robot').command, join(bin, 'robot-cli'));
  }
  writeFileSync(join(pack, 'package.json'), JSON.stringify({ bin: { robo: 'cli.js' } }));
  const { command, args } = found.find('robot');
  assert.deepEqual([command, args], [join(bin, 'robo'), ['--acp']]);
  assert.equal(found.defaultAgent, 'demo', 'nobody gets an agent of the registry without having chosen it');
});

test('the list that this build comes with is a registry, and has nothing twice', () => {
  const own = keptRegistry(join(newFolder(), 'none.json'));
  assert.match(own.date, /^\d{4}-\d\d-\d\d$/);
  assert.ok(own.agents.length > 10);
  const ids = [...own.agents, ...KNOWN].map(({ agent }) => agent);
  assert.equal(new Set(ids).size, ids.length);
});

const serving = async (answer: (url: string) => { readonly status: number; readonly body: string }) => {
  const server = createServer((request, response) => {
    const { status, body } = answer(request.url ?? '');
    response.writeHead(status).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

test('a fetched registry is kept with its day, and found again', async () => {
  await using server = await serving(() => ({ status: 200, body: JSON.stringify(DOCUMENT) }));
  const file = join(newFolder(), 'registry.json');
  const fetched = await updateRegistry(server.url, file, '2026-11-21');
  assert.deepEqual(fetched, registry());
  assert.deepEqual(keptRegistry(file), fetched);
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 100));
  assert.notEqual(keptRegistry(file).date, '2026-11-21', 'a damaged one is not trusted');
});

test('what cannot be fetched is a problem with a reason, and what was kept stays', async () => {
  const body = (url: string): { status: number; body: string } => {
    switch (url) {
      case '/gone':
        return { status: 404, body: '' };
      case '/moved':
        return { status: 302, body: '' };
      case '/text':
        return { status: 200, body: 'hello' };
      case '/else':
        return { status: 200, body: '{"agents": [1]}' };
      default:
        return { status: 200, body: ' '.repeat(5 * 1024 * 1024) };
    }
  };
  await using server = await serving(body);
  const file = join(newFolder(), 'registry.json');
  writeFileSync(file, JSON.stringify({ ...DOCUMENT, date: '2026-01-01' }));
  const cases: readonly (readonly [string, RegExp])[] = [
    [`${server.url}/gone`, /HTTP 404/],
    [`${server.url}/moved`, /redirect/],
    [`${server.url}/text`, /not JSON/],
    [`${server.url}/else`, /no registry/],
    [`${server.url}/huge`, /larger than/],
    ['http://127.0.0.1:1/', /could not be read: .+try again when this machine is online/],
    ['http://example.org/registry.json', /not an https one/],
    ['nonsense', /not an https one/],
  ];
  for (const [url, pattern] of cases) {
    await assert.rejects(
      updateRegistry(url, file, '2026-11-21'),
      (error) =>
        error instanceof Problem && error.problem === 'registry.unreachable' && pattern.test(error.message),
      url,
    );
  }
  assert.equal(keptRegistry(file).date, '2026-01-01');
});

test('a gateway fetches the registry only when it is asked to, and knows it after a restart', async () => {
  let asked = 0;
  await using server = await serving(() => {
    asked += 1;
    return { status: 200, body: JSON.stringify(DOCUMENT) };
  });
  await using gateway = await startGateway({ config: { agentRegistry: server.url } });
  const before = await (await gateway.connect()).call('agent.list', {});
  assert.equal(asked, 0);
  const { added, registryDate } = await (await gateway.connect()).call('agent.refresh', {});
  assert.deepEqual([asked, added], [1, ['robot', 'snake', 'bird']]);
  assert.notEqual(registryDate, before.registryDate);
  await gateway.restart();
  const after = await (await gateway.connect()).call('agent.list', {});
  assert.equal(after.registryDate, registryDate);
  assert.ok(after.agents.some(({ agent, source }) => agent === 'robot' && source === 'registry'));
  assert.equal(after.defaultAgent, before.defaultAgent);
});
