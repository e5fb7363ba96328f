// What waits for a person in a session: open questions of the agent, and prompts that may not have finished.
import { textOf, type Event, type Permission, type PromptId, type Snapshot } from '../protocol/index.ts';
import { oneLine } from './plainText.ts';
import { question } from './transcript.ts';

type Asked = Pick<Permission, 'permissionId' | 'title' | 'toolCall' | 'options' | 'form' | 'url' | 'digest'>;

export type Decision =
  | { readonly kind: 'permission'; readonly id: string; readonly asked: Asked }
  | { readonly kind: 'uncertain'; readonly id: PromptId; readonly text: string | undefined };

/** The decisions of a snapshot, in the order in which they came up. */
export const decisionsOf = ({ permissions, queue }: Pick<Snapshot, 'permissions' | 'queue'>): Decision[] => [
  ...queue.flatMap(({ state, promptId, message }): Decision[] =>
    state === 'uncertain' ? [{ kind: 'uncertain', id: promptId, text: textOf(message) }] : [],
  ),
  ...permissions.map((asked): Decision => ({ kind: 'permission', id: asked.permissionId, asked })),
];

/** What is open after an event. */
export function decide(open: readonly Decision[], event: Event): readonly Decision[] {
  const without = (id: string): readonly Decision[] => open.filter((decision) => decision.id !== id);
  switch (event.type) {
    case 'permission':
      return [...without(event.permissionId), { kind: 'permission', id: event.permissionId, asked: event }];
    case 'permission_resolved':
      return without(event.permissionId);
    case 'uncertain':
      return [...without(event.promptId), { kind: 'uncertain', id: event.promptId, text: undefined }];
    case 'queued':
    case 'dequeued':
    case 'prompt':
      return without(event.promptId);
    default:
      return open;
  }
}

/** How many options a person has. */
export const optionsOf = (decision: Decision): number =>
  decision.kind === 'permission' ? decision.asked.options.length : 2;

/** Typed instead of a value. */
export const DECLINE = '-';
const FORM_HINT = `Fill it in line by line, or "${DECLINE}" to decline. It waits until someone answers.`;

/** The verb that answers a question. */
export const howToAnswer = ({ permissionId, form }: Pick<Permission, 'permissionId' | 'form'>): string =>
  `holdfast answer ${oneLine(permissionId)} NUMBER${form === undefined ? '' : ' NAME=VALUE ...'}`;

/** The decision with its options numbered, in full. */
export function ask(decision: Decision): string {
  if (decision.kind === 'permission' && decision.asked.form !== undefined) {
    return `${question(decision.asked)}\n${FORM_HINT}`;
  }
  const last = optionsOf(decision);
  const hint = `Press 1 to ${last}, then Enter. It waits until someone answers.`;
  if (decision.kind === 'permission') return `${question(decision.asked)}\n${hint}`;
  const what = decision.text === undefined ? 'This prompt' : `"${oneLine(decision.text, 200)}"`;
  return `${what} may have run. Only you can say what to do.\n  1  Run again\n  2  Leave it\n${hint}`;
}
