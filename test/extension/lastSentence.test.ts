// What a tooltip says of a session: the last sentence, in one harmless line.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lastSentence } from '../../extension/lastSentence.ts';
import type { Event } from '../../gateway/protocol/index.ts';

// Only what is read of an event matters here.
const said = (content: string): Event => ({ type: 'text', content }) as unknown as Event;

describe('the last sentence', () => {
  it('is the end of what was said last', () => {
    assert.equal(lastSentence([]), '');
    assert.equal(lastSentence([said('Hello.')]), 'Hello.');
    assert.equal(lastSentence([said('No.'), said('I looked. All 41 tests pass.')]), 'All 41 tests pass.');
    assert.equal(lastSentence([said('版本 1.2 已完成。 测试通过。')]), '测试通过。');
  });

  it('is no fence or rule below it', () => {
    assert.equal(lastSentence([said('Run this:\n```\n---\n```\n')]), 'Run this:');
  });

  it('holds nothing that could pass for more than words', () => {
    assert.equal(lastSentence([said('[Look](command:evil) \u202Eabc')]), '[Look] (command:evil)  abc');
    assert.equal(lastSentence([said('x'.repeat(999))]).length, 200);
  });
});
