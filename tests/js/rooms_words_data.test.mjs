// What the rooms pages say: freshness, ages, rates, the link, gaps.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { clockSkew, heardAt, isLearned, learned, NO_RHYTHM, usually, valueState } from '../../static/rooms/freshness_data.js';
import { gapSentence, missedWords } from '../../static/rooms/gap_words_data.js';
import { gapOf } from '../../static/rooms/gaps_data.js';
import { linkWords, lostWords, receivedWords } from '../../static/rooms/link_words_data.js';
import { age, between, clockTime, exactTime, rate, rhythm, span } from '../../static/rooms/times_data.js';
import { gap } from './fake_server.mjs';

const plain = (text) => text.replaceAll('\u00a0', ' ');
const every = (ms, times = 10) => Array.from({ length: times }, (_, index) => index * ms).reduce(heardAt, NO_RHYTHM);

test('a room is late after three of its own intervals, never sooner than five seconds', () => {
  assert.deepEqual(learned(every(10_000)), { usualMs: 10_000, lateAfterMs: 30_000 });
  assert.deepEqual(learned(every(1000)), { usualMs: 1000, lateAfterMs: 5000 });
  assert.equal(learned(every(10_000), 60_000).lateAfterMs, 180_000, 'an operator knows better');
});

test('nothing is late before its rhythm is known', () => {
  assert.equal(isLearned(every(1000, 3)), false);
  assert.deepEqual(learned(every(1000, 3)), { usualMs: null, lateAfterMs: null });
});

test('a room that speaks on change is never late', () => {
  const times = [0, 300, 600, 900, 7_200_000, 7_200_300, 7_200_600, 14_400_000];
  assert.deepEqual(learned(times.reduce(heardAt, NO_RHYTHM)), { usualMs: null, lateAfterMs: null });
});

test('a clock that goes back teaches nothing', () => {
  assert.deepEqual(heardAt(heardAt(NO_RHYTHM, 5000), 4000), { at: 5000, moments: [] });
});

test('one burst is no rhythm, a flood is', () => {
  assert.equal(isLearned(every(1, 1000)), false);
  assert.deepEqual(learned(every(1, 20_000)), { usualMs: 1, lateAfterMs: 5000 });
  assert.ok(every(1, 20_000).moments.length <= 32);
});

test('a room that says three things every ten seconds is not late between them', () => {
  const times = Array.from({ length: 30 }, (_, index) => Math.floor(index / 3) * 10_000 + (index % 3));
  assert.equal(Math.round(learned(times.reduce(heardAt, NO_RHYTHM)).lateAfterMs / 1000), 15);
});

test('a value is Live, Late, or Unknown when our own link is down', () => {
  const value = { at: 1000, lateAfterMs: 5000, isLinkUp: true };
  assert.deepEqual(valueState(value, 6000), { word: 'Live', tone: '', isOld: false });
  assert.deepEqual(valueState(value, 6001), { word: 'Late', tone: 'wait', isOld: true });
  assert.deepEqual(valueState({ ...value, isLinkUp: false }, 1001), { word: 'Unknown', tone: 'off', isOld: true });
  assert.equal(valueState({ ...value, lateAfterMs: null }, 1e9).word, 'Live');
  assert.equal(valueState({ ...value, isLate: true }, 1001).word, 'Late', 'the server has seen more of it');
  assert.deepEqual(valueState({ ...value, missed: '3 missed' }, 2000), { word: '3 missed', tone: 'wait', isOld: false });
});

test('ages and spans are read at a glance', () => {
  assert.deepEqual([0, 59_999, 60_000, 250_000, 7_300_000, 259_200_000].map(span).map(plain), ['0 s', '59 s', '1 min', '4 min 10 s', '2 h', '3 days']);
  assert.equal(plain(age(-5)), '0 s ago');
  assert.deepEqual([1000, 10_000, 200].map(rhythm).map(plain), ['every second', 'every 10 s', 'every 200 ms']);
  assert.equal(plain(usually(10_000)), 'usually 10 s');
});

test('rates are said per second, rare ones per hour', () => {
  assert.deepEqual([60, 12, 1.2, 60_000, 0.05, 0].map(rate), ['1 a second', '0.2 a second', '0.02 a second', '1,000 a second', '3 an hour', '']);
});

test('times are the reader\'s own, to the millisecond where it counts', () => {
  const at = new Date(2026, 10, 22, 12, 0, 45, 102).getTime();
  assert.deepEqual([clockTime(at), exactTime(at)], ['12:00:45', '12:00:45.102']);
  assert.equal(between(at, at + 3000), '12:00:45-12:00:48');
  assert.equal(between(at, at + 100), '12:00:45');
});

test('the clock\'s error is the smallest delay seen', () => {
  assert.equal([[1000, 1500], [2000, 2030], [3000, 3900]].reduce((skew, [at, now]) => clockSkew(skew, at, now), null), 30);
});

const at = new Date(2026, 10, 22, 12, 4, 31).getTime();
const link = (more) => ({ name: 'live', cause: '', since: at, retryAt: null, ...more });
const page = { isOnline: true, isFetching: false };
const words = (state, more = {}) => linkWords(link(state), { ...page, ...more }, at);

test('the link has the word of its state', () => {
  assert.equal(words({}).word, 'Live');
  assert.equal(words({}, { isPaused: true }).word, 'Live, paused here');
  assert.equal(words({ name: 'connecting' }).word, 'Connecting');
  assert.deepEqual([words({}, { isFetching: true }).word, words({ cause: 'slow' }, { isFetching: true }).word], ['Catching up', 'Slowed']);
  assert.deepEqual([words({ name: 'waiting' }, { isOnline: false }).word, words({}, { isOnline: false }).word], ['No network', 'Live']);
  assert.deepEqual([words({ name: 'ended', cause: 'logged_out' }).sentence, words({ name: 'ended', cause: 'not_allowed' }).word],
    ['Log in to go on.', 'Not allowed']);
  assert.equal(words({}, { refused: { code: 'not_allowed' } }).sentence, 'Ask the operator for a group that may view this room.');
  assert.equal(words({}, { refused: { code: 'too_many_rooms', message: 'A socket joins 100 rooms.' } }).sentence, 'A socket joins 100 rooms.');
});

test('a link that is down says since when and what happens next', () => {
  assert.equal(plain(words({ name: 'waiting', retryAt: at + 2500 }).sentence), 'The link is down since 12:04:31. Values below are the last ones heard. '
    + 'Trying again in 3 s; what was published meanwhile is fetched when it is back.');
  assert.match(words({ name: 'waiting' }).sentence, /Trying again now;/);
  assert.equal(words({ name: 'waiting' }).isUp, false);
});

test('what was received is counted, what was lost is said', () => {
  assert.equal(receivedWords({ received: 42, total: 42, from: at }).join(''), '42 of 42 received since 12:04:31');
  assert.equal(receivedWords({ received: 31, total: 42, from: at }, true).join(''), '31 of 42 received, fetching the rest');
  assert.deepEqual([{ missed: 3, unknown: false }, { missed: 3, unknown: true }, { missed: 0, unknown: true }, { missed: 0, unknown: false }].map(lostWords),
    ['3 missed before', '3 or more missed before', 'some missed before', '']);
});

test('a gap says how many, why and when', () => {
  const lost = gapOf(gap(41, 45, { since_ms: at, until_ms: at + 3000, reason: 'epoch' }));
  assert.equal(gapSentence(lost), '3 messages missed while Redis was away, 12:04:31-12:04:34');
  assert.equal(gapSentence({ ...lost, missed: 1, reason: 'trimmed' }), '1 message missed, older than what is kept here, 12:04:31-12:04:34');
  assert.equal(gapSentence({ ...lost, missed: null, reason: 'not_heard' }), 'Messages may be missing while nobody listened to Redis, 12:04:31-12:04:34');
  assert.deepEqual([missedWords([lost]), missedWords([{ ...lost, missed: null }]), missedWords([lost], at + 9000)], ['3 missed', 'some missed', '']);
});
