// What the keyboard can do in the chat, as a text that screen readers read line by line.
import { t } from './l10n.ts';

/** `steers`: while the agent works Enter sends now, and Alt+Enter queues. */
const rows = (steers: boolean): readonly (readonly [key: string, does: string])[] => [
  [steers ? 'Alt+Enter' : 'Enter', t('Send the prompt; while the agent works, queue it')],
  [steers ? 'Enter' : 'Alt+Enter', t('Send now: the running turn stops for it')],
  ['Shift+Enter', t('Begin a new line')],
  ['@', t('Add files, symbols, problems, the selection or an image')],
  ['/', t('Use a command of the agent, at the start of a prompt')],
  [t('Up, in an empty field'), t('Earlier prompts of this session')],
  ['Escape', t('Close the list; in an empty field, pressed twice, stop the turn')],
  [
    t('Up, Down'),
    t('In the transcript: the message before, the message after. With Ctrl or Cmd from anywhere in it'),
  ],
  ['1-9', t('Answer a question that has the focus; it waits as long as it takes')],
  ['Alt+Up, Alt+Down', t('Move a queued prompt that has the focus')],
  ['F2', t('Edit a queued prompt')],
  ['Delete', t('Take a queued prompt out')],
  ['Tab', t('Transcript, open question, plan, queue, prompt, its buttons')],
];

export const keysHelp = (steers: boolean): string =>
  [
    t('Keyboard in the chat'),
    '',
    ...rows(steers).map(([key, does]) => `${key}: ${does}`),
    '',
    t(
      'Commands in the palette: Holdfast: Focus Input, Focus Last, Next and Previous Message, Focus Pending Permission, Focus Plan, Focus Queued Prompts. All of them take keys of your own, and so do Send or Queue the Prompt and Send the Prompt Now.',
    ),
    t(
      'Messages are headings. New questions and changes of state are announced; text that is being written never is.',
    ),
  ].join('\n');
