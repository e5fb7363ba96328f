// How the composer looks: suggestions, a refusal, chips, the field, and the bar below it.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Attachment } from '../chatMessages.ts';
import type { Session } from '../../gateway/protocol/index.ts';
import { picker, refused, sendButton } from './composerParts.ts';
import { icon, iconButton } from './icons.ts';
import { isImage, thumbnail } from './images.ts';
import { reveal } from './reveal.ts';
import { t } from './l10n.ts';

export interface ComposerFrame {
  readonly field: HTMLElement;
  readonly suggestions: unknown;
  readonly refusal: string | undefined;
  readonly attachments: readonly Attachment[];
  readonly mode: Session['mode'];
  readonly model: string;
  readonly isLinked: boolean;
  readonly isWorking: boolean;
  readonly queues: boolean;
  readonly canSend: boolean;
  readonly add: () => void;
  readonly detach: (attachment: Attachment) => void;
  readonly pickMode: () => void;
  readonly pickModel: () => void;
  readonly stop: () => void;
  readonly send: () => void;
}

const MODES: Readonly<Record<Session['mode'], () => { readonly name: string; readonly explained: string }>> =
  {
    ask: () => ({ name: t('Ask'), explained: t('Mode: Ask, asks before each change and each command') }),
    plan: () => ({ name: t('Plan'), explained: t('Mode: Plan, reads and plans, changes nothing') }),
    code: () => ({
      name: t('Code'),
      explained: t('Mode: Code, edits files without asking, asks before the rest'),
    }),
    auto: () => ({ name: t('Auto'), explained: t('Mode: Auto, asks nothing') }),
  };

export function composerView(frame: ComposerFrame): TemplateResult {
  const { isLinked, isWorking } = frame;
  const label = !isLinked
    ? t('Send. Waits for the gateway')
    : frame.queues
      ? t('Queue')
      : isWorking
        ? t('Send now')
        : t('Send');
  return html`${frame.suggestions} ${refused(frame.refusal)}
    <div class="composer">
      ${frame.attachments.length > 0 ? chips(frame) : nothing} ${frame.field}
      <div class="bar">
        ${iconButton('add', t('Add context'), frame.add)} ${pickers(frame)}
        <span class="grow"></span>
        ${isWorking && isLinked ? html`<span class="stop" title=${t('Stop the turn (Escape twice)')}>${iconButton('debug-stop', t('Stop the turn'), frame.stop)}</span>` : nothing}
        ${sendButton(frame.canSend, frame.send, label)}
      </div>
    </div>`;
}

function chips({ attachments, detach }: ComposerFrame): TemplateResult {
  return html`<div class="chips" role="list" aria-label=${t('Goes along with the prompt')}>
    ${repeat(
      attachments,
      ({ uri }) => uri,
      (attachment) =>
        html`<span class="chip" role="listitem" title=${reveal(attachment.uri)}
          >${thumbnail(attachment.name) ?? icon(signOf(attachment.uri))}<span class="one-line"
            >${reveal(attachment.name)}</span
          >${iconButton('close', t('Remove {0}', attachment.name), () => detach(attachment))}</span
        >`,
    )}
  </div>`;
}

const signOf = (uri: string): string => {
  if (isImage(uri)) return 'file-media';
  if (uri.startsWith('clipping:')) return 'warning';
  return uri.includes('#L') ? 'list-selection' : 'file-code';
};

function pickers({ mode, model, isLinked, pickMode, pickModel }: ComposerFrame): TemplateResult {
  const { name, explained } = MODES[mode]();
  const disabled = !isLinked;
  const modeLabel = t('Mode: {0}', name);
  const modelLabel = t('Model: {0}', model);
  return html`${picker({ picks: 'mode', label: modeLabel, title: explained, shown: name, disabled, act: pickMode })}
  ${picker({ picks: 'model', label: modelLabel, shown: model, shrinks: true, disabled, act: pickModel })}`;
}
