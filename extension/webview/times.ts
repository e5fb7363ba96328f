// Times in the words of the panel: 1m 12s, 14:06, 2 s ago.
import { language, t } from './l10n.ts';

const two = (n: number): string => String(n).padStart(2, '0');

/** How long, for a strip: 12s, 1m 12s, 2h 5m. */
export function lasted(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return t('{0}s', seconds);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? t('{0}m {1}s', minutes, seconds % 60)
    : t('{0}h {1}m', Math.floor(minutes / 60), minutes % 60);
}

/** How long, for a running tool: 0:12. */
export function stopwatch(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}

const DAY_MS = 86_400_000;

/** A time of today is 14:06; an older one has its day before it. */
export function clockTime(at: number, now: number): string {
  const date = new Date(at);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  const isToday = now - at < DAY_MS && new Date(now).getDate() === date.getDate();
  return isToday
    ? time
    : t('{0} {1}, {2}', date.getDate(), date.toLocaleString(language(), { month: 'short' }), time);
}

/** To the second, where that matters: 14:02:31. */
export const exactTime = (at: number): string => {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
};

/** For what has just happened: now, 2 s ago; later the time. */
export function ago(at: number, now: number): string {
  const seconds = Math.floor((now - at) / 1000);
  if (seconds < 1) return t('now');
  // A non-breaking space keeps the number with its unit.
  return seconds < 60 ? t('{0} s ago', seconds).replaceAll(' ', '\u00a0') : clockTime(at, now);
}
