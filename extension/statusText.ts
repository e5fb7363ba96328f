// What the status bar says: how the link stands and what the sessions do, in words.
import type { Session } from '../gateway/protocol/index.ts';
import { nthTry } from './age.ts';
import { t } from './l10n.ts';
import type { Link } from './chatMessages.ts';
import { groupOf } from './sessionGroups.ts';

export const needing = (count: number): string => (count === 1 ? t('1 needs you') : t('{0} need you', count));

export interface StatusText {
  readonly icon: string;
  readonly text: string;
  readonly warns: boolean;
}

/**
 * `known`: the gateway has been heard before, so a missing link is a lost one. `wanted`: somebody uses Holdfast in this
 * window, so that no gateway is news.
 */
export function statusText(
  link: Link,
  sessions: readonly Session[],
  { known, wanted }: { known: boolean; wanted: boolean },
): StatusText {
  if (link.state !== 'connected' && !known && !wanted) {
    return { icon: 'comment-discussion', text: t('Not running'), warns: false };
  }
  switch (link.state) {
    case 'connecting': {
      const doing = known ? t('Reconnecting') : t('Starting');
      const text = link.attempt > 1 ? `${doing}, ${nthTry(link.attempt)}` : doing;
      return { icon: 'debug-disconnect', text, warns: false };
    }
    case 'offline':
      return { icon: 'debug-disconnect', text: t('Offline'), warns: true };
    case 'connected': {
      const seen = sessions.filter(({ archived }) => !archived).map(groupOf);
      const count = (group: string): number => seen.filter((one) => one === group).length;
      const [asking, working] = [count('needsYou'), count('working')];
      if (asking > 0) return { icon: 'bell-dot', text: needing(asking), warns: false };
      if (working > 0) return { icon: 'comment-discussion', text: t('{0} working', working), warns: false };
      return { icon: 'comment-discussion', text: t('Connected'), warns: false };
    }
  }
}
