/**
 * How old a value may be before it is late, learned from the room itself. A room that speaks regularly is late
 * after three of its own intervals; one that speaks on change is never late. Pure.
 */

import { span } from './times_data.js';

const MOST_MOMENTS = 32;
const MOMENT_MS = 200;
const ENOUGH_MESSAGES = 4;
const ENOUGH_MS = 5000;
const LEAST_MS = 5000;
const TIMES_USUAL = 3;
const TIMES_LONGEST = 1.5;
/** A room whose long pauses are this much longer than its usual ones speaks on change. */
const IRREGULAR = 20;

/** `moments` are `{ms, count, longestMs}`: how many messages took how long. A flood is learned as fast as it comes. */
export const NO_RHYTHM = Object.freeze({ at: null, moments: Object.freeze([]) });

/** The rhythm with one more message, published at `at` ms. */
export function heardAt(rhythm, at) {
  if (rhythm.at === null || at < rhythm.at) return { ...rhythm, at: Math.max(at, rhythm.at ?? 0) };
  return { at, moments: withInterval(rhythm.moments, at - rhythm.at) };
}

function withInterval(moments, ms) {
  const last = moments.at(-1);
  if (last === undefined || last.ms >= MOMENT_MS) return [...moments.slice(1 - MOST_MOMENTS), { ms, count: 1, longestMs: ms }];
  return [...moments.slice(0, -1), { ms: last.ms + ms, count: last.count + 1, longestMs: Math.max(last.longestMs, ms) }];
}

const total = (moments, name) => moments.reduce((sum, moment) => sum + moment[name], 0);

/** Whether there was enough to say anything: some messages over some time, so that one burst is no rhythm. */
export const isLearned = ({ moments }) => total(moments, 'count') >= ENOUGH_MESSAGES && total(moments, 'ms') >= ENOUGH_MS;

function quantile(numbers, part) {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/**
 * `{usualMs, lateAfterMs}`; null while unknown, both also where it speaks on change.
 * @param {number} expectedMs what an operator said the interval is; 0: nobody did
 */
export function learned(rhythm, expectedMs = 0) {
  if (expectedMs > 0) return { usualMs: expectedMs, lateAfterMs: Math.max(LEAST_MS, TIMES_USUAL * expectedMs) };
  if (!isLearned(rhythm)) return { usualMs: null, lateAfterMs: null };
  const usualMs = quantile(rhythm.moments.map(({ ms, count }) => ms / count), 0.5);
  const longMs = quantile(rhythm.moments.map(({ longestMs }) => longestMs), 0.9);
  if (longMs > LEAST_MS && longMs > IRREGULAR * usualMs) return { usualMs: null, lateAfterMs: null };
  return { usualMs, lateAfterMs: Math.max(LEAST_MS, TIMES_USUAL * usualMs, TIMES_LONGEST * longMs) };
}

/**
 * The state of a value: it is Unknown when our own link is down, whatever its age.
 * @param {{at: number | null, lateAfterMs: number | null, isLinkUp: boolean, isLate?: boolean, missed?: string}} value
 *   `isLate`: the server says so
 * @returns {{word: string, tone: '' | 'wait' | 'off', isOld: boolean}}
 */
export function valueState({ at, lateAfterMs, isLinkUp, isLate = false, missed = '' }, now) {
  if (!isLinkUp) return { word: 'Unknown', tone: 'off', isOld: true };
  if (isLate || (at !== null && lateAfterMs !== null && now - at > lateAfterMs)) return { word: 'Late', tone: 'wait', isOld: true };
  if (missed) return { word: missed, tone: 'wait', isOld: false };
  return { word: 'Live', tone: '', isOld: false };
}

/** "usually 10 s", said by a tile that is late. */
export const usually = (usualMs) => (usualMs === null ? '' : `usually ${span(usualMs + 499)}`);

/**
 * This clock minus the server's, as far as live messages show: the smallest difference seen, since a message
 * cannot arrive before it was sent.
 */
export const clockSkew = (skew, at, now) => (skew === null ? now - at : Math.min(skew, now - at));
