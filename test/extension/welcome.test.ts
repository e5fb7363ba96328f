// The welcome text names the agents that are found: a line for each that the catalogue knows, and none for others.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { WELCOMED } from '../../extension/agents.ts';
import { KNOWN } from '../../gateway/agents/knownAgents.ts';

interface Welcome {
  readonly contents: string;
  readonly when: string;
}

const file = path.resolve(import.meta.dirname, '../../package.json');
const manifest = JSON.parse(readFileSync(file, 'utf8')) as { contributes: { viewsWelcome: Welcome[] } };

describe('the welcome text', () => {
  it('has a line for each agent that the catalogue knows, which starts a session with it', () => {
    const lines = manifest.contributes.viewsWelcome.flatMap(({ contents, when }) => {
      const [, icon, name, args] =
        /^\$\(([\w-]+)\) \[(.+)\]\(command:holdfast\.newSession\?(.+)\)$/.exec(contents) ?? [];
      return args === undefined
        ? []
        : [{ icon, name, wish: JSON.parse(decodeURIComponent(args)) as unknown, when }];
    });
    assert.deepEqual(
      lines,
      KNOWN.map(({ agent, name, icon }) => ({
        icon,
        name,
        wish: { agent },
        when: `holdfast.link == connected && holdfast.empty && holdfast.found.${agent}`,
      })),
    );
    assert.deepEqual(
      WELCOMED,
      KNOWN.map(({ agent }) => agent),
    );
  });
});
