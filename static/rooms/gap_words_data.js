/** Gaps said in words: how many are missing, why, and when. Pure. */

import { between, count } from './times_data.js';

const messages = (missed) => `${count(missed)} message${missed === 1 ? '' : 's'} missed`;

const REASONS = {
  trimmed: 'older than what is kept here',
  epoch: 'while Redis was away',
  not_heard: 'while nobody listened to Redis',
  too_large: 'too large to be sent here',
};

/** "3 messages missed while Redis was away, 12:00:01-12:00:04". */
export function gapSentence({ missed, reason, since_ms: since, until_ms: until }) {
  const what = missed === null ? 'Messages may be missing' : messages(missed);
  const why = REASONS[reason] ?? '';
  const joint = reason === 'trimmed' || reason === 'too_large' ? ', ' : ' ';
  return `${what}${why && joint}${why}, ${between(since, until)}`;
}

/** "3 missed", "some missed" or nothing, for gaps that ended after `fromMs`. */
export function missedWords(gaps, fromMs = 0) {
  const recent = gaps.filter(({ until_ms: until }) => until >= fromMs);
  if (!recent.length) return '';
  const known = recent.reduce((sum, { missed }) => sum + (missed ?? 0), 0);
  return known ? `${count(known)} missed` : 'some missed';
}
