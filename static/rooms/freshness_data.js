/**
 * How old a value may be before it is late, learned from the room itself. A room that speaks regularly is late
 * after three of its own intervals; one that speaks on change is never late. Pure.
 */

import { span } from './times_data.js';

const MOST_INTERVALS = 32;
const ENOUGH = 4;
const LEAST_MS = 5000;
const TIMES_USUAL = 3;
/** A room whose long pauses are this much longer than its usual ones speaks on change. */
const IRREGULAR = 20;

export const NO_RHYTHM = Object.freeze({ at: null, intervals: Object.freeze([]) });

/** The rhythm with one more message, published at `at` ms. */
export function heardAt(rhythm, at) {
  if (rhythm.at === null || at < rhythm.at) return { ...rhythm, at: Math.max(at, rhythm.at ?? 0) };
  return { at, intervals: [...rhythm.intervals.slice(1 - MOST_INTERVALS), at - rhythm.at] };
}

function quantile(sorted, part) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/** Whether there were enough messages to say anything. */
export const isLearned = ({ intervals }) => intervals.length >= ENOUGH;

/**
 * `{usualMs, lateAfterMs}`; null while unknown, `lateAfterMs` also where it speaks on change.
 * @param {number} expectedMs what an operator said the interval is; 0: nobody did
 */
export function learned(rhythm, expectedMs = 0) {
  if (expectedMs > 0) return { usualMs: expectedMs, lateAfterMs: Math.max(LEAST_MS, TIMES_USUAL * expectedMs) };
  if (!isLearned(rhythm)) return { usualMs: null, lateAfterMs: null };
  const sorted = [...rhythm.intervals].sort((one, other) => one - other);
  const meanMs = sorted.reduce((sum, each) => sum + each, 0) / sorted.length;
  // Messages of one burst have the same millisecond; between bursts they have none.
  const [usualMs, longMs] = [quantile(sorted, 0.5) || Math.max(meanMs, 0.1), quantile(sorted, 0.9)];
  const isIrregular = longMs > LEAST_MS && longMs > IRREGULAR * Math.max(usualMs, 1);
  if (isIrregular) return { usualMs: null, lateAfterMs: null };
  return { usualMs, lateAfterMs: Math.max(LEAST_MS, TIMES_USUAL * usualMs, 1.5 * longMs) };
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
