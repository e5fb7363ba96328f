// The demo agent's script: keywords do what they say, and everything else is chat.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  chatText,
  demoCommands,
  longText,
  slowText,
  stepsFor,
  type Step,
} from '../../gateway/agents/demoScript.ts';

const said = (steps: readonly Step[]): string =>
  steps.map((step) => (step.do === 'say' ? step.text : `<${step.do}>`)).join('');

test('every keyword is understood, with a slash too, and in any case', () => {
  for (const { name } of demoCommands) {
    const args = name === 'stream' ? ' 5' : '';
    for (const prompt of [name, `/${name}`, name.toUpperCase()]) {
      assert.notEqual(said(stepsFor(prompt + args, [])), chatText(prompt + args, 1), prompt);
    }
  }
});

test('a sentence that begins with a keyword is chat', () => {
  for (const prompt of ['plan a journey with me', 'slow down, please', 'ask them why', 'constructor', '']) {
    assert.equal(said(stepsFor(prompt, [])), chatText(prompt, 1));
  }
});

test('chat shows code and a list, and survives what people type', () => {
  const answer = said(stepsFor('what `is` this?\n\n```\nfence', ['before']));
  assert.ok(answer.startsWith("You said `what 'is' this? ''' fence`. That is message 2"));
  assert.match(answer, /```typescript\n[^]+\n```\n/);
  assert.match(answer, /\n1\. .+\n2\. .+\n3\. /);
});

test('texts can be computed for comparison', () => {
  assert.equal(said(stepsFor('slow 3 1', [])), slowText(3));
  assert.equal(slowText(3), 's0 s1 s2 ');
  assert.equal(said(stepsFor('long 4', [])), longText(4));
  assert.equal(said(stepsFor('echo  a  b ', [])), 'a  b');
});

test('it remembers what was said', () => {
  assert.equal(said(stepsFor('recall', [])), 'You have said nothing before this.\n');
  assert.equal(said(stepsFor('recall', ['one', 'two\nlines'])), 'You have said:\n\n1. one\n2. two lines\n');
});
