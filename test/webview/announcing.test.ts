// What a screen reader is told of the questions of an agent.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Announcing } from '../../extension/webview/announcing.ts';
import { apply, emptyTranscript } from '../../extension/webview/transcript.ts';
import { asking, ME, Story } from './story.ts';

const START = Date.parse('2026-11-20T14:01:00Z');

describe('what a screen reader is told of questions', () => {
  const heard = (announcing: Announcing, told: Story): string =>
    announcing.of({ transcript: told.events.reduce(apply, emptyTranscript), agentName: 'Claude Code' });
  const words = 'Claude Code asks to run a command';

  it('is another sentence for each, also when two are alike, and none when all are answered', () => {
    const announcing = new Announcing();
    const told = new Story(START).prompt('p1', 'Hi').add(asking('q1', 't1', 'ls'));
    assert.equal(heard(announcing, told), words);
    told.add(asking('q2', 't2', 'ls -a'));
    assert.equal(heard(announcing, told), `${words}\u00a0`);
    assert.equal(heard(announcing, told), `${words}\u00a0`);
    for (const permissionId of ['q1', 'q2'])
      told.add({ type: 'permission_resolved', permissionId, optionId: 'once', by: ME });
    assert.equal(heard(announcing, told), '');
    told.add(asking('q3', 't3', 'ls'));
    assert.equal(heard(announcing, told), words);
  });

  it('is nothing of a question whose turn ended without an answer', () => {
    const told = new Story(START)
      .prompt('p1', 'Hi')
      .add(asking('q1', 't1', 'ls'))
      .ends('p1');
    assert.equal(heard(new Announcing(), told), '');
  });
});
