// Questions before a tool runs: shown while open, never twice, and what they show.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { argumentRows, dropCall, NO_ASKS, openAsks, takeAsks, timeLeft } from '../../static/voice/asks_data.js';
import { held, owed, take as takeEvent } from '../../static/voice/batches_data.js';
import { READY, activity, reduce } from '../../static/voice/call_data.js';
import { read } from '../../static/voice/news_data.js';
import { takeApprovals, takeRuns } from '../../static/voice/runs_data.js';
import { outcome, statusOf } from '../../static/voice/tools_data.js';
import { emptyTranscript, take } from '../../static/voice/transcript_data.js';
import { describe } from '../../static/voice/words_data.js';
import { call, created, done } from './events.mjs';

const NOW = 1_000_000;
const said = (id, more = {}) => ({ call_id: id, name: 'pump', title: 'Pump', arguments: '{"run_s": 300}', ends_in_s: 30,
  decision: null, after_s: null, ...more });
const asks = (approvals, from = NO_ASKS, at = NOW) => takeAsks(from, { call: 'own', approvals, at });
const shown = (value, now = NOW, phase = 'live') => openAsks({ asks: value, id: 'own', phase }, now).map(({ callId }) => callId);

test('a question is open until it is answered, and an answer is never undone', () => {
  const open = asks([said('c1'), said('c2')]);
  assert.deepEqual(shown(open), ['c1', 'c2']);
  const answered = asks([said('c1', { decision: 'deny' })], open);
  assert.deepEqual(shown(answered), ['c2']);
  assert.deepEqual(shown(asks([said('c1')], answered)), ['c2'], 'older word that came late');
});

test('a question is gone soon after its time, and with its call', () => {
  const open = asks([said('c1')]);
  assert.deepEqual(shown(open, NOW + 31_000), ['c1']);
  assert.deepEqual(shown(open, NOW + 33_000), []);
  assert.deepEqual(shown(open, NOW, 'ended'), []);
  assert.deepEqual(shown(dropCall(open, 'own')), []);
});

test('a call elsewhere asks on a page without one', () => {
  const open = takeAsks(NO_ASKS, { call: 'other', approvals: [said('c1')], at: NOW });
  assert.deepEqual(shown(open, NOW, 'ready'), ['c1']);
});

test('arguments are listed by name, values as they were sent', () => {
  assert.deepEqual(argumentRows('{"room_name": "pump-3", "run": {"s": 300}, "on": true}'), [
    { name: 'Room name', value: 'pump-3' }, { name: 'Run', value: '{"s":300}' }, { name: 'On', value: 'true' }]);
  assert.deepEqual(argumentRows(''), []);
  assert.deepEqual(argumentRows('[1]'), [{ name: 'Arguments', value: '[1]' }]);
});

test('the last ten seconds warn', () => {
  assert.deepEqual(timeLeft({ endsAt: NOW + 24_000 }, NOW), { left: '0:24', warns: false });
  assert.deepEqual(timeLeft({ endsAt: NOW + 9_000 }, NOW), { left: '0:09', warns: true });
});

test('an open question of this call is what the page waits for', () => {
  const live = [{ type: 'connecting', typing: false }, { type: 'answered', id: 'own', endsAt: NOW + 900_000 },
    { type: 'live', at: NOW }, { type: 'approvals', approvals: [said('c1')], at: NOW }].reduce(reduce, READY);
  assert.equal(activity(live, NOW), 'waiting');
  const view = describe(live, { name: 'Home', provider: { kind: 'local', name: '' }, tools: {}, tells: false, keepDays: null }, NOW);
  assert.deepEqual([view.word, view.ring, view.said], ['Waiting for you', 'ask', 'Home wants to use “Pump”. Answer below the transcript.']);
  const after = reduce(live, { type: 'approvals', approvals: [said('c1', { decision: 'approve' })], at: NOW });
  assert.equal(activity(after, NOW), 'listening');
});

test('an open question in the room is looked up, whenever it was asked; an end is believed if heard just now', () => {
  const heard = (decision, at) => read(JSON.stringify({ type: 'approval', ...said('c1', { arguments: undefined, decision }) }), at);
  for (const at of [null, NOW]) assert.deepEqual([heard(null, at).isAsking, heard(null, at).inputs], [true, []]);
  assert.deepEqual([heard('deny', NOW).isAsking, heard('deny', NOW).inputs[0].type], [false, 'approvals']);
  assert.deepEqual(heard('deny', null), read('', null));
});

test('a run says that it waits, how it was answered, and how it went', () => {
  const rows = (state) => state.rows.map(({ status, ms, approval }) => outcome(status, ms, approval));
  const events = [created('r1'), ...call('r1', 'c1', 'pump', '{}')];
  const waiting = takeRuns(events.reduce((state, event) => take(state, event, NOW), emptyTranscript(true)),
    [{ call_id: 'c1', status: 'waiting', output: '' }]);
  assert.deepEqual(rows(waiting), ['Waiting for you']);
  const approved = takeApprovals(waiting, [said('c1', { decision: 'approve', after_s: 6 })]);
  assert.deepEqual(rows(takeRuns(approved, [{ call_id: 'c1', status: 'running', output: '' }])), ['You approved after 6.0\u00a0s']);
  const denied = takeApprovals(waiting, [said('c1', { decision: 'deny', after_s: 2 })]);
  assert.deepEqual(rows(denied), ['You denied it']);
  assert.deepEqual(rows(takeApprovals(waiting, [said('c1', { decision: 'unanswered' })])), ['Denied by itself']);
  assert.equal(statusOf('{"error": "You said no.", "approval": "deny"}'), 'denied');
});

test('a run that waits for a word is not relayed behind the back of the server', () => {
  const events = [created('r1'), ...call('r1', 'c1', 'pump', '{}'), done('r1')];
  const calls = events.reduce((state, event) => takeEvent(state, event, NOW), []);
  assert.equal(owed(calls, 'sideband', NOW + 6000).length, 1);
  const waiting = held(calls, [said('c1')], NOW);
  assert.deepEqual(owed(waiting, 'sideband', NOW + 20_000), []);
  const answered = held(waiting, [said('c1', { decision: 'approve' })], NOW + 20_000);
  assert.deepEqual(owed(answered, 'sideband', NOW + 24_000), []);
  assert.equal(owed(answered, 'sideband', NOW + 26_000).length, 1);
});
