// A prompt on its way from the composer to the host, and back into the composer when it was not taken.
import type { ToHost } from '../chatMessages.ts';
import type { Unheard } from './panel.ts';

/** The same each time it is sent: the gateway takes one id with one content. */
export const asSent = ({ text, attachments, steer, ...ids }: Unheard): ToHost => ({
  type: 'send',
  ...ids,
  message: text,
  ...(attachments.length > 0 && { attachments: [...attachments] }),
  ...(steer && { steer }),
});

/** What comes back stands before what has been written since. */
export const joined = (first: string, second: string): string =>
  [first, second].filter((text) => text !== '').join('\n\n');
