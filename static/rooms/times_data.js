/** Times, ages, rates and counts as people read them. Pure: every function is given the moment it speaks of. */

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const NUMBER = new Intl.NumberFormat('en-US');
const NBSP = '\u00a0';

/** "12:01:25", in the reader's own time zone. */
export const clockTime = (ms) => CLOCK.format(ms);

/** "12:01:25.102". */
export const exactTime = (ms) => `${CLOCK.format(ms)}.${String(Math.floor(ms) % 1000).padStart(3, '0')}`;

/** "2,318". */
export const count = (number) => NUMBER.format(number);

/** "12:00:01-12:00:04", or one time when they read alike. */
export function between(fromMs, untilMs) {
  const [from, until] = [clockTime(fromMs), clockTime(untilMs)];
  return from === until ? from : `${from}-${until}`;
}

/** "0 s", "59 s", "4 min 10 s", "2 h", "3 days". */
export function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}${NBSP}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${NBSP}min${seconds % 60 ? ` ${seconds % 60}${NBSP}s` : ''}`;
  const hours = Math.floor(seconds / 3600);
  return hours < 48 ? `${hours}${NBSP}h` : `${Math.floor(hours / 24)} days`;
}

export const age = (ms) => `${span(ms)} ago`;

/** "every second", "every 10 s". */
export const rhythm = (ms) => (Math.round(ms / 1000) === 1 ? 'every second' : `every ${ms < 1000 ? `${Math.ceil(ms)}${NBSP}ms` : span(ms + 499)}`);

const short = (number) => Number(number.toPrecision(number < 10 ? 1 : 2));

/** "1 a second", "0.2 a second", "3 an hour". */
export function rate(perMinute) {
  if (perMinute >= 0.6) return `${NUMBER.format(short(perMinute / 60))} a second`;
  return perMinute > 0 ? `${short(Math.max(1, perMinute * 60))} an hour` : '';
}
