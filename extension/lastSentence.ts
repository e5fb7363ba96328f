// The last sentence that an agent has said, for the tooltip of its session.
import type { Event } from '../gateway/protocol/index.ts';
import { plain } from './plainText.ts';

const MOST = 200;

/** '' when it has said nothing yet. */
export function lastSentence(messages: readonly Event[]): string {
  const said = messages.findLast(({ type }) => type === 'text' || type === 'partial');
  const text =
    said !== undefined && 'content' in said && typeof said.content === 'string' ? said.content : '';
  const line = text.split('\n').findLast((one) => /\p{L}/u.test(one)) ?? '';
  const sentences = line.trim().split(/(?<=[.!?。！？])\s+/u);
  return plain(sentences.at(-1) ?? '', MOST);
}
