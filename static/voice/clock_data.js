/** Times as people read them. Pure: every function is given the moment it speaks of. */

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const SHORT_CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long' });
const WEEKDAY = new Intl.DateTimeFormat('en-GB', { weekday: 'short', timeZone: 'UTC' });
/** Keeps a number and its unit on one line. */
const NBSP = '\u00a0';
const DAY_MS = 86_400_000;

/** "12:01:25", in the reader's own time zone. */
export const clockTime = (ms) => CLOCK.format(ms);

/** "12:01". */
export const shortTime = (ms) => SHORT_CLOCK.format(ms);

/** "at 12:01", or "on 1 December" when that is not within a day. */
export const whenAgain = (ms, now) => (ms - now < DAY_MS ? `at ${shortTime(ms)}` : `on ${DAY.format(ms)}`);

/** "22 December", `days` after `ms`. */
export const dayAfter = (ms, days) => DAY.format(ms + days * DAY_MS);

/** "Sun" for "2026-11-22". */
export const weekday = (date) => WEEKDAY.format(Date.parse(`${date}T00:00:00Z`));

const two = (number) => String(number).padStart(2, '0');

/** "14:41": minutes and seconds to go, never below zero. */
export function countdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}

/** "44 s" or "2 min 03 s". */
export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 60 ? `${seconds}${NBSP}s` : `${Math.floor(seconds / 60)}${NBSP}min ${two(seconds % 60)}${NBSP}s`;
}

/** "412 ms", "8.0 s" or "2 min 03 s": how long a tool took. */
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)}${NBSP}ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)}${NBSP}s` : span(ms);
}

/** Milliseconds of a moment the server wrote as ISO text or as seconds since 1970; NaN if neither. */
export const moment = (value) => (typeof value === 'number' ? value * 1000 : Date.parse(value));
