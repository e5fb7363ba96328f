// Times in the words of the panel: 1m 12s, 14:06, 2 s ago.

const two = (n: number): string => String(n).padStart(2, '0');

/** How long, for a strip: 12s, 1m 12s, 2h 5m. */
export function lasted(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}m ${seconds % 60}s` : `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
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
  return isToday ? time : `${date.getDate()} ${date.toLocaleString('en', { month: 'short' })}, ${time}`;
}

/** For what has just happened: now, 2 s ago; later the time. */
export function ago(at: number, now: number): string {
  const seconds = Math.floor((now - at) / 1000);
  if (seconds < 1) return 'now';
  // A non-breaking space keeps the number with its unit.
  return seconds < 60 ? `${seconds}\u00a0s\u00a0ago` : clockTime(at, now);
}
