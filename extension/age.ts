// How long ago something happened, as short as a tree row needs it.
import { locale, t } from './l10n.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** now, 1m, 2h, 3d, then the date: 12 Nov. */
export function age(then: number, now: number): string {
  const ms = Math.max(0, now - then);
  if (ms < MINUTE) return t('now');
  if (ms < 7 * DAY) return lasted(ms);
  const date = new Date(then);
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  return date.toLocaleDateString(locale(), {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' as const }),
  });
}

function lasted(ms: number): string {
  if (ms < HOUR) return t('{0}m', Math.floor(ms / MINUTE));
  if (ms < DAY) return t('{0}h', Math.floor(ms / HOUR));
  return t('{0}d', Math.floor(ms / DAY));
}

/** What is to be said of a gateway that was there until then. */
export const stopped = (then: number, now: number): string =>
  now - then < MINUTE ? t('It stopped just now.') : t('It stopped {0} ago.', lasted(now - then));

/** "second try", "try 7". */
export const nthTry = (n: number): string =>
  n === 2 ? t('second try') : n === 3 ? t('third try') : t('try {0}', n);
