// How a thread looks: messages under each other, their way below them, what waits for a person with its two answers.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ThreadMessage } from '../../../gateway/protocol/index.ts';
import type { ToMailHost, ToThread } from '../../mail/mailMessages.ts';
import { icon } from '../icons.ts';
import { t } from '../l10n.ts';
import { reveal } from '../reveal.ts';
import { written } from '../sender.ts';
import { clockTime } from '../times.ts';
import { receiptOf } from './receipts.ts';

export type Shown = Omit<Extract<ToThread, { type: 'thread' }>, 'type'>;
type Post = (message: ToMailHost) => void;

export function threadView(shown: Shown, letter: HTMLElement, now: number, post: Post): TemplateResult {
  const { thread, messages } = shown;
  return html`<div class="hf">
    <div class="mail scroller" role="log" aria-live="off" aria-label=${reveal(thread.subject)} tabindex="0">
      ${
        messages.length < thread.messages
          ? html`<p class="dim">
              ${t('{0} earlier messages are not shown.', thread.messages - messages.length)}
            </p>`
          : nothing
      }
      ${repeat(
        messages,
        ({ id }) => id,
        (message) => messageView(message, shown, now, post),
      )}
    </div>
    ${letter}
    <div class="foot" data-part="footer">
      ${thread.held > 0 ? html`<span>${t('{0} held', thread.held)}</span>` : nothing}
      <span>${thread.waiting === 0 ? t('Outbox empty') : t('{0} in the outbox', thread.waiting)}</span>
    </div>
  </div>`;
}

function messageView(message: ThreadMessage, shown: Shown, now: number, post: Post): TemplateResult {
  const { id, from, to, content, timestamp } = message;
  const held = message.deliveries.filter(({ state }) => state === 'held');
  const body = html`<p class="body">${reveal(content)}</p>`;
  return html`<section class="msg" data-id=${id}>
    <h3 class="who">
      <b>${reveal(from)}</b><span class="dim">${t('to {0}', reveal(to))}</span><span class="grow"></span
      ><time class="dim num" datetime=${timestamp}>${clockTime(Date.parse(timestamp), now)}</time>
    </h3>
    ${
      held.length === 0
        ? body
        : html`<div class="held">
            <div class="via"><span class="warn">${t('Held. Nothing was shown to the agent.')}</span></div>
            ${body} ${held.map((delivery) => decision(message, delivery, shown, post))}
          </div>`
    }
    ${receipt(message, now, post)} ${provenance(message, held[0]?.mailbox, shown, post)}
  </section>`;
}

function decision(
  { id }: ThreadMessage,
  { mailbox }: ThreadMessage['deliveries'][number],
  { titles }: Shown,
  post: Post,
): TemplateResult {
  const decide = (decision: 'accept' | 'refuse') => (): void =>
    post({ type: 'decide', mailbox, id, decision });
  const title = titles[mailbox];
  return html`<div class="actions">
      <button class="btn" type="button" @click=${decide('accept')}>${t('Accept')}</button>
      <button class="btn" type="button" @click=${decide('refuse')}>${t('Refuse')}</button>
    </div>
    <p class="dim">
      ${
        title === undefined
          ? t('Accept puts it into the mailbox {0}.', reveal(mailbox))
          : t('Accept queues this text in {0}, marked as mail. It cannot answer a permission.', reveal(title))
      }
    </p>`;
}

/** What became of it: for what was sent from here, and for what a person refused. */
function receipt(message: ThreadMessage, now: number, post: Post): TemplateResult | typeof nothing {
  const said = receiptOf(message, (at) => clockTime(Date.parse(at), now));
  if (said === undefined) return nothing;
  const again = (): void => post({ type: 'requeue', id: message.id });
  return html`<div class="via" data-part="receipt">
    ${icon(said.icon, said.tone)}<span
      >${reveal(said.words)}
      ${said.isDead ? html`<button class="link" type="button" @click=${again}>${t('Send again')}</button>` : nothing}</span
    >
  </div>`;
}

/** Who wrote it, as the gateways know it: the last line of every message. */
function provenance(
  { from, provenance: origin, deliveries }: ThreadMessage,
  heldIn: string | undefined,
  { icons }: Shown,
  post: Post,
): TemplateResult {
  const isOwn = from === 'person' && origin.peer === undefined;
  const name =
    origin.peer === undefined
      ? (icons[origin.agent ?? ''] ?? (isOwn ? 'account' : 'server-process'))
      : 'remote';
  const reader = deliveries.find(({ sessionId }) => sessionId !== undefined)?.sessionId;
  const mailbox = heldIn;
  return html`<div class="via" data-part="provenance">
    ${icon(name)}<span
      >${written(origin, isOwn ? t('you') : t('a program'))}
      ${
        mailbox === undefined
          ? nothing
          : html`<button class="link" type="button" @click=${() => post({ type: 'policy', mailbox })}>
              ${t('What may come in')}
            </button>`
      }
      ${
        reader === undefined
          ? nothing
          : html`<button
              class="link"
              type="button"
              @click=${() => post({ type: 'openSession', sessionId: reader })}
            >
              ${t('Open session')}
            </button>`
      }</span
    >
  </div>`;
}
