// What a peer may do here: which calls there are for it at all, and what its policy must allow for each.
import type { Access, MethodName, PeerPolicy } from '../protocol/index.ts';

/** The parts of a policy that are allowed or not. Mail has a policy of its own. */
export type Need = 'see' | 'prompt' | 'interrupt' | 'answer';

type Needs = readonly Need[] | ((params: unknown) => readonly Need[]);

const SEE: Needs = ['see'];
const PROMPT: Needs = ['prompt'];

/** A session that does not ask before it acts has its permissions answered in advance. */
const withMode = (mode: unknown): readonly Need[] =>
  mode === undefined || mode === 'ask' || mode === 'plan' ? ['prompt'] : ['prompt', 'answer'];

/** Every call that a peer may make, if its policy allows it. What is not here is for clients of this gateway only. */
const NEEDS: Partial<Record<MethodName, Needs>> = {
  'session.list': SEE,
  'session.get': SEE,
  'session.watch': SEE,
  'session.unwatch': SEE,
  'session.subscribe': SEE,
  'session.unsubscribe': SEE,
  'session.reconnect': SEE,
  'session.history': SEE,
  'session.search': SEE,
  'session.export': SEE,
  'session.queue_stats': SEE,
  'session.offers': SEE,
  'queue.list': SEE,
  'permission.list': SEE,
  'session.draft': (params) => (field(params, 'text') === undefined ? ['see'] : ['see', 'prompt']),
  'session.create': (params) => withMode(field(params, 'mode')),
  'session.import': (params) => withMode(field(field(field(params, 'bundle'), 'session'), 'mode')),
  'session.set_mode': (params) => withMode(field(params, 'mode')),
  // Sending now stops the turn that runs.
  'session.send': (params) => (field(params, 'steer') === true ? ['prompt', 'interrupt'] : ['prompt']),
  'session.set_model': PROMPT,
  'session.fork': PROMPT,
  // Some options of agents answer all permissions in advance.
  'session.set_option': ['prompt', 'answer'],
  'session.resume': PROMPT,
  'session.rename': PROMPT,
  // What is marked as read is no longer shown as new to those who sit there.
  'session.mark_read': PROMPT,
  // For a session that is begun from here.
  'agent.list': PROMPT,
  'session.archive': PROMPT,
  'queue.edit': PROMPT,
  'queue.move': PROMPT,
  'queue.remove': PROMPT,
  'queue.retry': PROMPT,
  'queue.pause': PROMPT,
  'queue.resume': PROMPT,
  'session.interrupt': ['interrupt'],
  'permission.answer': ['answer'],
};

/** What the policy lacks for a call; `everything` when no policy would do. Decided before anything is looked up. */
export function lacks(
  policy: PeerPolicy,
  method: MethodName,
  params: unknown,
): Need | 'everything' | undefined {
  const needs = NEEDS[method];
  if (needs === undefined) return 'everything';
  return (typeof needs === 'function' ? needs(params) : needs).find((need) => !policy[need]);
}

/** Calls that change something and may still be made twice: the second changes nothing, or is answered as the first. */
const REPEATABLE: ReadonlySet<string> = new Set<MethodName>([
  'session.send',
  'session.rename',
  'session.mark_read',
  'session.archive',
  'session.set_mode',
  'session.set_model',
  'session.set_option',
  'session.draft',
  'queue.edit',
  'queue.pause',
  'queue.resume',
]);

/** Whether a call may be made again over the next link when nobody knows what became of it. */
export const isRepeatable = (method: MethodName, access: Access): boolean =>
  access === 'read' || REPEATABLE.has(method);

/** A member of what nobody has checked yet. */
function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
