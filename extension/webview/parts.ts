// What a transcript is made of: the parts that a reader sees, in order, as plain values.
import type {
  Actor,
  Event,
  EventBody,
  Origin,
  Form,
  FormContent,
  PermissionOption,
  Prompt,
  ToolCall,
} from '../../gateway/protocol/index.ts';
import type { Place } from '../chatMessages.ts';
import { t } from './l10n.ts';

/** How a prompt of the conversation stands. `left`: a person chose not to run an uncertain one again. */
export type PromptOutcome = 'running' | 'done' | 'failed' | 'interrupted' | 'uncertain' | 'left' | 'again';

export interface PromptPart {
  readonly kind: 'prompt';
  readonly key: string;
  readonly promptId: string;
  readonly message: Prompt['message'];
  readonly from: Actor;
  /** It is mail. */
  readonly origin?: Origin;
  /** From before this session: nobody knows when, or by whom. */
  readonly earlier?: true;
  readonly at: number;
  readonly outcome: PromptOutcome;
  /** What the whole session had cost when that was last told in this turn. */
  readonly total?: Cost;
}

export interface ThoughtPart {
  readonly kind: 'thought';
  readonly key: string;
  readonly text: string;
  /** When what was before it ended: thinking has lasted since then. */
  readonly since: number;
  readonly at: number;
}

export interface TextPart {
  readonly kind: 'text';
  readonly key: string;
  readonly text: string;
  readonly at: number;
}

/** A question of the agent about a tool call. It keeps the call as it was asked: consent is given to exactly that. */
export interface Ask {
  readonly permissionId: string;
  readonly title: string;
  readonly call: ToolCall;
  readonly options: readonly PermissionOption[];
  readonly form?: Form | undefined;
  readonly url?: string | undefined;
  readonly digest: string;
  readonly at: number;
  readonly verdict?: {
    readonly optionId: string | null;
    readonly content?: FormContent | undefined;
    readonly by: Actor | null;
    readonly at: number;
  };
}

export interface ToolPart {
  readonly kind: 'tool';
  readonly key: string;
  readonly call: ToolCall;
  readonly since: number;
  /** The last news of it. */
  readonly at: number;
  /** Its turn ended before it did. */
  readonly cut: boolean;
  readonly ask?: Ask;
}

/** A sentence between the messages: the turn was stopped, or failed. */
export interface NotePart {
  readonly kind: 'note';
  readonly key: string;
  /** `anew`: the agent remembers nothing and was told; `untold`: it remembers, and tells nothing. Then: why a turn ended. */
  readonly why: 'stopped' | 'anew' | 'untold' | 'length' | 'steps' | 'refusal' | 'failed';
  /** What failed, in the words of whoever says so. */
  readonly text: string;
  readonly at: number;
  /** A prompt that can be run again. */
  readonly promptId?: string;
}

/** The gateway died while this prompt ran; somebody must choose. */
export interface UncertainPart {
  readonly kind: 'uncertain';
  readonly key: string;
  readonly promptId: string;
  readonly at: number;
  readonly choice: 'open' | 'again' | 'left';
}

export interface GapPart {
  readonly kind: 'gap';
  readonly key: string;
  readonly count: number;
  /** The last that is known from before it. */
  readonly since: number;
  readonly at: number;
}

export type Part = PromptPart | ThoughtPart | TextPart | ToolPart | NotePart | UncertainPart | GapPart;

/** A prompt that waits. */
export type Waiting = Pick<Prompt, 'promptId' | 'message' | 'from' | 'origin'>;

export type PlanEntries = Extract<EventBody, { type: 'plan' }>['entries'];
export type Commands = Extract<EventBody, { type: 'commands' }>['commands'];
export type UsageNow = Omit<Extract<EventBody, { type: 'usage' }>, 'type'>;
export type Cost = NonNullable<UsageNow['cost']>;

/** The key of the part that a message is shown as. */
export const keyOf = (place: Place): string =>
  'seq' in place ? `prompt:${place.seq}` : `text:${place.messageId}`;

/** All that the log says about a session, as far as this panel has it. */
export interface Transcript {
  readonly parts: readonly Part[];
  readonly queue: readonly Waiting[];
  /** Nothing new starts until somebody decides. */
  readonly held: boolean;
  readonly plan: PlanEntries;
  /** The slash commands that the agent offers now. */
  readonly commands: Commands;
  /** The model that the agent says it uses. */
  readonly model: string | undefined;
  readonly usage: UsageNow | undefined;
  readonly status: Extract<EventBody, { type: 'status' }>['status'];
  /** When the status became what it is, or when the running turn began. */
  readonly statusSince: number;
  /** News of what may stand on an earlier page: kept until that page is here. */
  readonly orphans: readonly Event[];
}

type Blocks = Exclude<Prompt['message'], string>;

const blocksOf = (message: Prompt['message']): Blocks =>
  typeof message === 'string' ? [{ type: 'text', text: message }] : message;

/** What somebody wrote, without what goes along with it. */
export const wordsOf = (message: Prompt['message']): string =>
  blocksOf(message)
    .flatMap((block) => (block.type === 'text' ? [block.text] : []))
    .join('\n');

/** What goes along with a prompt, by name. Images have none. */
export const alongWith = (message: Prompt['message']): string[] =>
  blocksOf(message).flatMap((block) => {
    switch (block.type) {
      case 'text':
      case 'image':
        return [];
      case 'resource_link':
        return [block.name];
      case 'resource':
        return [block.resource.uri.replace(/^holdfast:/, '')];
    }
  });

export type ImageBlock = Extract<Blocks[number], { type: 'image' }>;

export const imagesOf = (message: Prompt['message']): ImageBlock[] =>
  blocksOf(message).filter((block) => block.type === 'image');

/** All of a prompt in one text; blocks that are not text are named. */
export const textOf = (message: Prompt['message']): string =>
  [
    wordsOf(message),
    ...imagesOf(message).map(() => `[${t('Image')}]`),
    ...alongWith(message).map((name) => `[${name}]`),
  ].join('\n');
