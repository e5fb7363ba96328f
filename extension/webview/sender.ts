// Whose words a prompt is when they are not one's own: another window's, or mail, which is never a person's consent.
import { html, nothing, type TemplateResult } from 'lit';
import type { Actor, Origin } from '../../gateway/protocol/index.ts';
import { icon } from './icons.ts';
import { t } from './l10n.ts';
import { reveal } from './reveal.ts';

export interface Sent {
  readonly from: Actor;
  readonly origin?: Origin | undefined;
  readonly earlier?: true;
}

/** Another machine calls this window by its own name for this machine, and then by its id. */
export const isMe = ({ clientId }: Actor, me: Actor): boolean =>
  clientId === me.clientId || (clientId.startsWith('peer:') && clientId.endsWith(`:${me.clientId}`));

export const isMine = ({ from, origin }: Sent, me: Actor): boolean => origin === undefined && isMe(from, me);

/** The name that stands for it where there is only room for one. */
export const nameOf = ({ from, origin }: Sent): string => reveal(origin?.from ?? from.name);

/** A line below the text; nothing below one's own. */
export function senderLine(sent: Sent, me: Actor): TemplateResult | typeof nothing {
  if (sent.origin !== undefined) {
    return html`<span class="origin"
      >${icon('mail', 'quiet')}<span>${written(sent.origin.provenance, sent.origin.from)}</span></span
    >`;
  }
  if (isMine(sent, me)) return nothing;
  if (sent.earlier) return html`<span class="dim block">${t('From before this session')}</span>`;
  return html`<span class="dim block">${t('From {0}', nameOf(sent))}</span>`;
}

/**
 * "Written by OpenCode in Review queue on workstation, 1 hop", as far as the gateways know. `writer` is said when no agent wrote
 * it. Whole sentences: in other languages their parts stand elsewhere.
 */
export function written({ agent, session, peer, hops }: Origin['provenance'], writer: string): string {
  const who = reveal(agent ?? writer);
  const line =
    session !== undefined && peer !== undefined
      ? t('Written by {0} in {1} on {2}', who, reveal(session), reveal(peer))
      : session !== undefined
        ? t('Written by {0} in {1}', who, reveal(session))
        : peer !== undefined
          ? t('Written by {0} on {1}', who, reveal(peer))
          : t('Written by {0}', who);
  if (hops === 0) return line;
  return t('{0}, {1}', line, hops === 1 ? t('1 hop') : t('{0} hops', hops));
}
