import assert from 'node:assert/strict';
import { test } from 'node:test';

import { READY, reduce } from '../../static/voice/call_data.js';
import { failure, failureBehind, environmentFailure, microphoneFailure, Refused, serverFailure } from '../../static/voice/failures_data.js';
import { endingSentence } from '../../static/voice/endings_data.js';
import { costWords } from '../../static/voice/money_data.js';
import { describe } from '../../static/voice/words_data.js';
import { call, created, done, sound, speech } from './events.mjs';

const NOW = Date.parse('2026-11-22T12:00:00');
const OPENAI = { kind: 'openai', name: 'OpenAI' };
const FACTS = { name: 'Home', provider: OPENAI, keepDays: 30, tools: { get_weather: { title: 'Weather', icon: 'rain' } }, tells: true };
const LIVE = [{ type: 'connecting', typing: false }, { type: 'answered', id: 'c1', endsAt: NOW + 900_000 }, { type: 'live', at: NOW }];
const after = (inputs) => inputs.reduce(reduce, READY);
const say = (inputs, facts = FACTS, now = NOW) => describe(after(inputs), facts, now);
const events = (list) => list.map((event) => ({ type: 'event', event, at: NOW }));
const live = (list, more = [], facts = FACTS, now = NOW) => say([...LIVE, ...more, ...events(list)], facts, now);
const line = ({ word, said, ring, act }) => [word, said, ring, act?.label ?? null];

const STATES = [
  ['ready', say([]), ['Ready', 'Your browser asks for the microphone when you start.', 'rest', 'Start talking']],
  ['asking', say([{ type: 'asking' }]), ['Asking for microphone', 'Choose Allow in the box your browser shows.', 'ask', 'Cancel']],
  ['connecting', say([LIVE[0]]), ['Connecting', 'Usually takes about a second.', 'sweep', 'Cancel']],
  ['listening', live([]), ['Listening', 'Say something, or type.', 'hear', 'End call']],
  ['thinking', live([created('r')]), ['Thinking', 'Home is working out an answer.', 'think', 'End call']],
  ['speaking', live([sound('started', 'r')]), ['Speaking', 'You can interrupt at any time.', 'them', 'End call']],
  ['tool', live([created('r'), ...call('r', 'c', 'get_weather', '{"location":"Antwerp"}'), done('r')]),
    ['Using “Weather”', 'Looking up Antwerp.', 'tool', 'End call']],
  ['muted', live([], [{ type: 'mute', muted: true }]),
    ['Muted', 'Home cannot hear you. Unmute, or hold Space to talk.', 'rest', 'End call']],
];
for (const [name, view, expected] of STATES) {
  test(`the words of ${name}`, () => assert.deepEqual(line(view), expected));
}

test('the engine in the box says what it is', () => {
  assert.match(say([], { ...FACTS, provider: { kind: 'local', name: 'Engine' } }).said, /^Engine in the box/);
});

test('words heard so far stand under "You are speaking"', () => {
  const heard = { type: 'conversation.item.input_audio_transcription.delta', item_id: 'u', delta: 'Okay, and how' };
  assert.deepEqual(line(live([...speech('u').slice(0, 1), heard])).slice(0, 3), ['You are speaking', '“Okay, and how…”', 'you']);
});

test('the last minute is said, unless nobody wants to be told', () => {
  const late = NOW + 850_000;
  const view = live([sound('started', 'r')], [], FACTS, late);
  assert.deepEqual([view.said, view.low], ['One minute left. Everything said so far is kept.', true]);
  const quiet = live([sound('started', 'r')], [], { ...FACTS, tells: false }, late);
  assert.deepEqual([quiet.said, quiet.low], ['You can interrupt at any time.', true]);
});

test('a call that is not saved says so', () => {
  assert.match(live([], [{ type: 'unsaved', unsaved: true }]).said, /^Nothing of this call is being saved/);
});

test('a lost line names when it dropped', () => {
  const view = live([], [{ type: 'lost', at: Date.parse('2026-11-22T12:01:25') }]);
  assert.equal(view.word, 'Reconnecting');
  assert.match(view.said, /dropped at 12:01:25/);
});

test('held-back sound offers a press', () => {
  const view = live([], [{ type: 'blocked', blocked: true }]);
  assert.deepEqual([view.plays, view.cures], [true, ['Your browser is holding the sound back. Press once to hear Home.']]);
});

test('a call without a microphone says that none is open', () => {
  assert.match(say([{ type: 'connecting', typing: true }, ...LIVE.slice(1)]).said, /No microphone is open/);
});

const REASONS = ['user', 'browser_left', 'time_limit', 'idle', 'operator', 'replaced', 'provider', 'provider_lost', 'shutdown',
  'not_connected', 'failed', 'line_lost', 'budget'];
test('every ending has its own sentence', () => {
  const sentences = REASONS.map((reason) =>
    endingSentence({ reason, startedAt: NOW, endedAt: NOW + 44_000 }, { provider: 'OpenAI', keepDays: 30 }));
  assert.equal(new Set(sentences).size, REASONS.length);
  assert.equal(sentences[0], 'You ended the call after 44\u00a0s. It is kept until 22 December.');
});

test('an ending nobody foresaw is not silent', () => {
  assert.match(endingSentence({ reason: 'meteor', startedAt: NOW, endedAt: NOW }, { provider: 'x', keepDays: null }), /broke/);
});

test('microphone errors are told apart', () => {
  const cause = (name) => microphoneFailure({ name }).cause;
  assert.deepEqual(['NotAllowedError', 'NotFoundError', 'NotReadableError', 'Odd'].map(cause), ['refused', 'missing', 'busy', 'missing']);
});

test('a page that is not secure cannot have a microphone, but can type', () => {
  const parts = { hasPeer: true, hasMedia: false, isSecure: false };
  assert.equal(environmentFailure(parts, false).cause, 'insecure');
  assert.equal(environmentFailure(parts, true), null);
  assert.equal(environmentFailure({ ...parts, hasPeer: false }, true).cause, 'old');
});

const ANSWERS = [
  [{ status: 0 }, 'offline', 'Try again'], [{ status: 401 }, 'signed_out', 'Log in'], [{ status: 403 }, 'csrf', 'Reload'],
  [{ status: 409, call: 'c9' }, 'in_call', 'End it and start here'], [{ status: 422, code: 'bad_sdp' }, 'offer', 'Reload'],
  [{ status: 429 }, 'quota', null], [{ status: 502, code: 'provider_refused_key' }, 'key', 'Copy for the operator'],
  [{ status: 502, code: 'provider_unreachable' }, 'provider', 'Try again'], [{ status: 504, code: 'provider_silent' }, 'silent', 'Try again'],
  [{ status: 503, code: 'restarting' }, 'restarting', 'Try again'], [{ status: 500 }, 'broken', 'Try again'],
];
for (const [error, cause, label] of ANSWERS) {
  test(`an answer ${error.status} ${error.code ?? ''} is ${cause}`, () => {
    const found = serverFailure({ code: '', message: '', retryAfterS: 0, ...error }, OPENAI, NOW);
    assert.equal(found.cause, cause);
    assert.equal(say([{ type: 'failed', failure: found }]).act?.label ?? null, label);
  });
}

test('the engine in the box that does not run is named', () => {
  const error = { status: 502, code: 'provider_unreachable', message: '' };
  assert.equal(serverFailure(error, { kind: 'local', name: 'Engine' }, NOW).cause, 'engine');
});

test('a cure that the server has said already is not said twice', () => {
  const error = { status: 502, code: 'provider_unreachable', message: 'It is not running. Operator: start it with make run.' };
  assert.deepEqual(serverFailure(error, { kind: 'local', name: 'Engine' }, NOW).cures, []);
});

test("the server's own sentence wins", () => {
  assert.equal(serverFailure({ status: 502, code: 'provider_refused', message: 'It said no: check the model.' }, OPENAI, NOW).said,
    'It said no: check the model.');
});

test('a limit says when to come back, by the limit and the time', () => {
  const cures = (code, retryAfterS) => serverFailure({ status: 429, code, message: '', retryAfterS }, OPENAI, NOW).cures;
  assert.deepEqual(cures('too_many_calls', 60), ['Try again at 12:01.']);
  assert.deepEqual(cures('minutes_used', 43_200), ['New minutes at 00:00.']);
  assert.deepEqual(cures('budget_reached', 9 * 86_400), ['Calls again on 1 December.']);
  const said = (message, retryAfterS) => serverFailure({ status: 429, code: 'budget_reached', message, retryAfterS }, OPENAI, NOW).cures;
  assert.deepEqual(said('Your budget for today is used up. Calls are possible again tomorrow.', 43_200), []);
  assert.deepEqual(said('Your budget for today is used up. Calls are possible again tomorrow.', 39_600), ['Calls again at 23:00.']);
});

test('the money of a call stands beside its time, and a notice under the sentence', () => {
  const cost = { amount: '0.021300', currency: 'USD', state: 'priced' };
  const state = after([...LIVE, { type: 'stands', cost, notices: [{ code: 'time_low', message: 'no' }] },
    { type: 'stands', cost: null, notices: [{ code: 'budget_low', message: 'Your budget for today is 80 % used.' }] }]);
  assert.deepEqual(state.cost, cost);
  assert.deepEqual(describe(state, FACTS, NOW).cures, ['Your budget for today is 80 % used.']);
  const words = (amount, name = 'priced') => costWords({ amount, currency: 'USD', state: name });
  assert.deepEqual([words('0.021300'), words('0.000456'), words('0.010000', 'partly'), words(null, 'unknown'), words('0', 'free'), costWords(null)],
    ['0.02\u00a0USD', '0.00046\u00a0USD', 'at\u00a0least\u00a00.01\u00a0USD', 'cost\u00a0unknown', '', '']);
});

test('that staff watch has a line of its own, which stays for the whole call', () => {
  const watched = { code: 'watched', message: 'Staff of this site read along.' };
  const later = { type: 'stands', cost: null, notices: [{ code: 'budget_low', message: 'Low.' }] };
  const state = after([...LIVE, { type: 'stands', cost: null, notices: [watched] }, later, { type: 'stands', cost: null, notices: [] }]);
  assert.deepEqual([state.watched, describe(state, FACTS, NOW).cures], [watched.message, ['Low.']]);
  assert.equal(reduce(state, { type: 'connecting', typing: false }).watched, '', 'another call is not that one');
});

test('an end by staff is said as one, with what becomes of the words', () => {
  const said = endingSentence({ reason: 'operator', startedAt: NOW, endedAt: NOW + 44_000 }, { provider: 'OpenAI', keepDays: 30 });
  assert.match(said, /^Staff of this site ended the call after 44\u00a0s. It is kept until/);
});

test('a used-up quota offers a try when its time has come', () => {
  const found = serverFailure({ status: 429, code: 'too_many_calls', message: '', retryAfterS: 60 }, OPENAI, NOW);
  assert.equal(say([{ type: 'failed', failure: found }]).act, null);
  assert.equal(say([{ type: 'failed', failure: found }], FACTS, NOW + 60_000).act.label, 'Try again');
});

test('whatever else stops a start is a line that does not come up', () => {
  assert.equal(failureBehind(new TypeError('x'), OPENAI, NOW).cause, 'no_path');
  assert.equal(failureBehind(new Refused(failure('busy')), OPENAI, NOW).cause, 'busy');
});
