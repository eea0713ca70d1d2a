/** What the end of a socket means, and how long to wait before the next try. Pure. */

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const RESTART = 4001;

const CAUSES = { 4000: 'slow', 4001: 'restart', 4002: 'position', 4501: 'logged_out', 4503: 'not_allowed' };

/** Whether trying again cannot help: message too big, or one of the server's final words. */
export const isFinal = (code) => code === 1009 || (code >= 4500 && code <= 4999);

/** `slow`, `restart`, `position`, `logged_out`, `not_allowed`, else `refused` (final) or `lost`. */
export const causeOf = (code) => CAUSES[code] ?? (isFinal(code) ? 'refused' : 'lost');

/** How long a server that lets nobody in just now asks to wait. */
export const hintOf = (frame) => (frame.type === 'error' && frame.retry_in_s > 0 ? frame.retry_in_s * 1000 : 0);

/**
 * Doubles from half a second to half a minute, each time a random part of it, so that many browsers that were
 * cut together do not come back together.
 * @param {number} tries how many have failed in a row
 * @param {number} chance from 0 to 1
 * @param {number} hintMs what the server asked for, when it turned the socket away
 */
export function waitMs(tries, code, chance, hintMs = 0) {
  const whole = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries, 10));
  // A restarting server needs about a second, and everybody in it comes back at once.
  const least = Math.max(hintMs, code === RESTART ? 1000 : 0);
  return Math.round(least + whole * (0.5 + chance));
}
