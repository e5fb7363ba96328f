// What a person is to agree to is shown whole, or it cannot be agreed to.
import type { Question } from './agent.ts';
import { cutContents } from './acpContent.ts';
import { cut } from './cut.ts';
import { bounded } from './json.ts';

/** Half of what a reader may have before it: a question travels in one frame, with others. */
export const MAX_QUESTION_BYTES = 512 * 1024;

const SHOWN_LOCATIONS = 20;
const SHOWN_TITLE = 1_000;

/** The question as it can be shown: one that is too long is clipped, says so, and offers only what refuses. */
export const fitting = (question: Question): Question => {
  const bytes = Buffer.byteLength(JSON.stringify(question));
  if (bytes <= MAX_QUESTION_BYTES) return question;
  const { title, toolCall, options } = question;
  const { input, content, locations } = toolCall;
  const size = `${Math.round(bytes / 1024)} kB`;
  const text = `What is asked is ${size} long, too much to be shown whole: it can only be rejected.`;
  return {
    title: cut(title, SHOWN_TITLE),
    toolCall: {
      ...toolCall,
      title: cut(toolCall.title, SHOWN_TITLE),
      input: bounded(input),
      content: [{ type: 'text', text }, ...cutContents(content)],
      locations: locations.slice(0, SHOWN_LOCATIONS),
    },
    options: options.filter(({ kind }) => kind.startsWith('reject')),
  };
};
