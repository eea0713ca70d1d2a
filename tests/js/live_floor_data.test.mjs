// The list of running calls: never an old one shown as live, times that tick, words, figures, search.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { EMPTY_FLOOR, STALE_MS, answered, figures, isFinal, linkWords, noticeWords, refused, rows } from '../../static/voice/live_floor_data.js';
import { costTogether, endedSentence, fullCost, shortCost } from '../../static/voice/live_words_data.js';

const NOW = 1_000_000;
const usd = (amount, state = 'priced') => ({ amount, currency: 'USD', state });
const call = (id, more = {}) => ({ id, user: { id: 7, name: 'user 7' }, assistant: 'Home', model: 'gpt-realtime', voice: 'marin',
  started_at: '2026-11-22T12:00:00+00:00', ends_in_s: 881, max_seconds: 900, state: 'live', control: 'sideband', last: null, asking: null,
  cost: usd('0.009'), tampering: '', ...more });
const answer = (...calls) => ({ calls, spent_today: usd('4.8'), budget_today: usd('20'), first_word_ms: 640, may_end: true, may_whisper: false, tells_watched: true });
const floorOf = (...calls) => answered(EMPTY_FLOOR, answer(...calls), NOW);
const word = (floor, now, isOnline = true) => linkWords(floor, { isOnline }, now).word;
const shown = (floor, { search = '', isUp = true } = {}, now = NOW) => rows(floor, { search, isUp }, now);
const plain = (value) => JSON.parse(JSON.stringify(value).replaceAll('\u00a0', ' '));

test('the list is live while it is young, and says when it is not', () => {
  assert.equal(word(EMPTY_FLOOR, NOW), 'Connecting');
  const floor = floorOf(call('a'));
  assert.equal(word(floor, NOW + STALE_MS), 'Live');
  assert.equal(word(floor, NOW + STALE_MS + 1), 'Reconnecting', 'too old, though nothing has failed');
  assert.equal(word(refused(floor, 0, NOW + 2000), NOW + 2000), 'Reconnecting');
  assert.equal(word(refused(floor, 0, NOW + 2000), NOW + 2000, false), 'No network');
  assert.match(linkWords(refused(floor, 502, NOW), { isOnline: true }, NOW).sentence, /was so at .* Connecting again…$/);
  assert.equal(word(answered(refused(floor, 0, NOW), answer(), NOW + 4000), NOW + 4000), 'Live');
});

test('a list that was never had says so, and a lost login or right is final', () => {
  assert.match(linkWords(refused(EMPTY_FLOOR, 0, NOW), { isOnline: true }, NOW).sentence, /cannot be had/);
  for (const [status, name] of [[401, 'Logged out'], [403, 'Not allowed']]) {
    const floor = refused(floorOf(call('a')), status, NOW);
    assert.ok(isFinal(floor));
    assert.deepEqual([word(floor, NOW), linkWords(floor, { isOnline: true }, NOW).isUp], [name, false]);
  }
  assert.ok(!isFinal(refused(EMPTY_FLOOR, 500, NOW)));
});

test('the time of a call ticks here, and stands still when it is not known to go on', () => {
  const floor = floorOf(call('a'));
  assert.equal(shown(floor)[0].time, '0:19 of 15:00');
  assert.equal(shown(floor, {}, NOW + 1000)[0].time, '0:20 of 15:00');
  const [old] = shown(floor, { isUp: false }, NOW + 60_000);
  assert.deepEqual([old.time, old.state.word], ['0:19 of 15:00', 'Unknown']);
});

test('a clock does not stumble over whole seconds, and follows when it was wrong', () => {
  const next = (ends, at) => answered(floorOf(call('a')), answer(call('a', { ends_in_s: ends })), at);
  assert.equal(shown(next(880, NOW + 2100), {}, NOW + 2100)[0].time, '0:21 of 15:00');
  assert.equal(shown(next(600, NOW + 2000), {}, NOW + 2000)[0].time, '5:00 of 15:00');
});

const STATES = [
  [{ state: 'connecting' }, 'Connecting', 'The line is not up yet'],
  [{}, 'Live', 'Nothing said yet'],
  [{ text_only: true }, 'Live', 'Text only, no microphone'],
  [{ last: { role: 'user', text: 'How warm is it?' } }, 'Answering', '“How warm is it?”'],
  [{ last: { role: 'assistant', text: 'It is 23 degrees.' } }, 'Live', '“It is 23 degrees.”'],
  [{ asking: { title: 'Publish to room', ends_in_s: 24 } }, 'Waiting for approval', 'Publish to room, denied by itself in 0:24'],
];
for (const [more, name, line] of STATES) {
  test(`a call with ${JSON.stringify(more)} is ${name}`, () => {
    const [row] = shown(floorOf(call('a', more)));
    assert.deepEqual([row.state.word, row.line], [name, line]);
  });
}

test('a question counts down between two answers', () => {
  const floor = floorOf(call('a', { asking: { title: 'Pump', ends_in_s: 24 } }));
  assert.equal(shown(floor, {}, NOW + 1500)[0].line, 'Pump, denied by itself in 0:23');
});

test('the search finds a person, an assistant or words, all of them together', () => {
  const floor = floorOf(call('a'), call('b', { user: { id: 12, name: 'user 12' }, assistant: 'English practice',
    last: { role: 'user', text: 'I have went to the Market' } }));
  const found = (search) => shown(floor, { search }).map(({ id }) => id);
  assert.deepEqual([found(''), found('USER'), found('user 12'), found('english'), found('market went'), found('boiler')],
    [['a', 'b'], ['a', 'b'], ['b'], ['b'], ['b'], []]);
});

test('figures say what is known and leave out what is not', () => {
  const words = (floor) => plain(figures(floor)).map((parts) => parts.join(''));
  const floor = floorOf(call('a', { cost: usd('0.21') }), call('b', { cost: usd('0.04') }));
  assert.deepEqual(words(floor), ['2 calls now', '0.25 USD so far', '4.80 USD today, of 20 USD', 'First word 640 ms median']);
  const bare = answered(EMPTY_FLOOR, { calls: [call('a', { cost: usd('0', 'free') })] }, NOW);
  assert.deepEqual(words(bare), ['1 call now']);
  assert.deepEqual(words(answered(EMPTY_FLOOR, { calls: [] }, NOW)), ['No calls now']);
});

test('what calls cost together is never more certain than they are', () => {
  const sum = (...costs) => costTogether(costs);
  assert.equal(sum(null, usd('0', 'free')), null);
  assert.deepEqual(sum(usd('0.1'), usd('0', 'free')), usd('0.1'));
  assert.equal(sum(usd('0.1'), usd(null, 'unknown')).state, 'partly');
  assert.equal(sum(usd('0.1'), usd('0.2', 'partly')).state, 'partly');
  assert.equal(sum(usd(null, 'unknown')).amount, null);
});

test('a cost is short in the list and full in the panel', () => {
  const both = (cost) => plain([shortCost(cost), fullCost(cost)]);
  assert.deepEqual(both(usd('0.009000')), ['0.01 USD', '0.009 USD']);
  assert.deepEqual(both(usd('0.000456')), ['0.00046 USD', '0.00046 USD']);
  assert.deepEqual(both(usd('0.100000')), ['0.10 USD', '0.10 USD']);
  assert.deepEqual(both(usd('0.2', 'partly')), ['at least 0.20 USD', 'At least 0.20 USD']);
  assert.deepEqual(both(usd(null, 'unknown')), ['cost unknown', 'Cost unknown']);
  assert.deepEqual([both(usd('0', 'free')), both(null)], [['', 'Free'], ['', 'Nothing yet']]);
});

test('the notice tells whether people are told, once that is known', () => {
  assert.equal(noticeWords(EMPTY_FLOOR), '');
  assert.match(noticeWords(floorOf()), /^People are told .* audit log\.$/);
  assert.match(noticeWords(answered(EMPTY_FLOOR, { calls: [], tells_watched: false }, NOW)), /^People are not told/);
});

test('every reason of an end has a sentence for staff; one of tomorrow has a plain one', () => {
  const reasons = ['user', 'browser_left', 'time_limit', 'idle', 'operator', 'replaced', 'tampered', 'provider', 'provider_lost', 'shutdown',
    'not_connected', 'budget', 'failed'];
  const said = (reason) => endedSentence({ reason, who: 'user 7', lengthMs: 44_000 });
  assert.equal(new Set(reasons.map(said)).size, reasons.length);
  assert.equal(plain(said('operator')), 'Staff ended the call after 44 s.');
  assert.deepEqual([said('tomorrow'), said(null), said('toString')], Array(3).fill('The call is over.'));
});
