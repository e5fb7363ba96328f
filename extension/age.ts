// How long ago something happened, as short as a tree row needs it.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** now, 1m, 2h, 3d, then the date: 12 Nov. */
export function age(then: number, now: number): string {
  const ms = Math.max(0, now - then);
  if (ms < MINUTE) return 'now';
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)}h`;
  if (ms < 7 * DAY) return `${Math.floor(ms / DAY)}d`;
  const date = new Date(then);
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  return date.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' as const }),
  });
}

const ORDINALS = ['', 'first', 'second', 'third', 'fourth', 'fifth'];

/** "second try", "7th try". */
export const nthTry = (n: number): string => `${ORDINALS[n] ?? `${n}th`} try`;
