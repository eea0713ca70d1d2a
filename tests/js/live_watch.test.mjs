// A watched call: the stored words first, then what its room tells, without a word missing between; and its panel.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { Watch } from '../../static/voice/live_watch.js';
import { endAsked, panelOf, whispered } from '../../static/voice/live_watch_data.js';
import { FakeSocket, gap, joined, message } from './fake_server.mjs';

const NOW = Date.parse('2026-11-22T12:00:19Z');
const ID = '0d1f7f4e-0000-4000-8000-000000000001';
const room = `call.${ID}`;
const turn = (id, role, text, second, more = {}) => ({ type: 'turn', item_id: id, role, text, heard_text: text, heard_exact: true,
  interrupted: false, started_at: `2026-11-22T12:00:${second}+00:00`, ...more });
const run = (status, more = {}) => ({ type: 'tool_run', call_id: 'c1', name: 'get_weather', arguments: '{}', status, output: '', duration_ms: null, ...more });
const state = (name, more = {}) => ({ type: 'state', state: name, control: 'sideband', ends_in_s: 881, reason: null, ended_at: null, ...more });
const detail = (timeline, more = {}) => ({ id: ID, user: { id: 7, name: 'user 7' }, assistant: 'Home', model: 'gpt-realtime', voice: 'marin',
  started_at: '2026-11-22T12:00:00+00:00', ends_in_s: 881, max_seconds: 900, state: 'live', control: 'sideband', last: null, asking: null, cost: null,
  tampering: '', timeline, usage: { input_audio_tokens: 310, output_audio_tokens: 540, cached_share: 0.38, interrupted: 1, first_word_ms: 580 }, ...more });

let answers; // resolvers of the looks under way
let watch;

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: NOW });
  FakeSocket.all = [];
  answers = [];
  const look = () => new Promise((resolve, reject) => { answers.push({ resolve, reject }); });
  watch = new Watch({ id: ID, api: { call: look }, changed: () => {}, url: 'ws://site/ws/rooms/', Socket: FakeSocket });
});

afterEach(() => {
  watch.close();
  mock.timers.reset();
});

const settle = () => new Promise((resolve) => { setImmediate(resolve); });
async function answer(timeline, more) {
  answers.shift().resolve(detail(timeline, more));
  await settle();
}
async function refuse(status) {
  answers.shift().reject(Object.assign(new Error(), { status }));
  await settle();
}
function enter() {
  FakeSocket.last.welcome();
  FakeSocket.last.say(joined(0, { room }));
}
let offset = 0;
const tells = (body, at = Date.now()) => FakeSocket.last.say(message(++offset, { room, at, data: JSON.stringify(body) }));
async function open(timeline = []) {
  offset = 0;
  enter();
  await answer(timeline);
  await answer(timeline); // asked again because the first answer may be from before the join
}
const panel = (now = Date.now(), link = {}) => panelOf(watch.state, { isHeard: watch.isHeard, isFinal: false, ...link }, now);
const said = () => panel().rows.map(({ text, name, status }) => text ?? `${name} ${status}`);
const facts = () => Object.fromEntries(panel().facts);

test('joins without history, looks at once and once more when it is in the room', async () => {
  await answer([turn('a', 'user', 'Hello', '11')]);
  enter();
  assert.deepEqual(FakeSocket.last.joins().map(({ last }) => last), [0]);
  assert.equal(answers.length, 1);
  await answer([turn('a', 'user', 'Hello', '11'), turn('b', 'assistant', 'Hi', '12')]);
  assert.deepEqual(said(), ['Hello', 'Hi']);
  assert.equal(answers.length, 0);
});

test('what is told while an answer is awaited is neither lost nor undone by it', async () => {
  await open([run('running')]);
  watch.look();
  tells(run('done', { output: '{}', duration_ms: 412 }));
  tells(turn('b', 'assistant', 'It rains', '14'));
  await answer([run('running')]);
  assert.deepEqual(said(), ['get_weather done', 'It rains']);
});

test('a turn again takes its own place, and one that was written down late stands where it was said', async () => {
  await open([turn('a', 'user', 'Hello', '11')]);
  tells(turn('c', 'assistant', 'The weather is', '15'));
  tells(turn('b', 'user', 'And the weather?', '13'));
  tells(turn('c', 'assistant', 'The weather is fine today', '15', { interrupted: true, heard_text: 'The weather is', heard_exact: false }));
  assert.deepEqual(said(), ['Hello', 'And the weather?', 'The weather is fine today']);
  const { heard, interrupted, isExact } = panel().rows.at(-1);
  assert.deepEqual([heard, interrupted, isExact], ['The weather is', true, false]);
});

test('a tool run stands where the server says it began, however wrong the clock here', async () => {
  await open([turn('a', 'user', 'Hello', '11')]);
  mock.timers.setTime(NOW - 3_600_000);
  tells(run('running'), Date.parse('2026-11-22T12:00:13Z'));
  tells(turn('b', 'assistant', 'It rains', '14'));
  tells(run('done', { output: '{}' }), Date.parse('2026-11-22T12:00:15Z'));
  assert.deepEqual(said(), ['Hello', 'get_weather done', 'It rains']);
});

test('a question before a tool runs is a wait, and its answer stays with the run', async () => {
  await open([]);
  tells(run('waiting'));
  tells({ type: 'approval', call_id: 'c1', name: 'get_weather', title: 'Weather', ends_in_s: 30, decision: null, after_s: null });
  assert.equal(panel().state.word, 'Waiting for approval');
  tells({ type: 'approval', call_id: 'c1', name: 'get_weather', title: 'Weather', ends_in_s: 0, decision: 'deny', after_s: 3 });
  tells(run('denied', { output: '{"error": "no", "approval": "deny"}' }));
  assert.equal(panel().state.word, 'Live');
  assert.deepEqual(panel().rows[0].approval, { decision: 'deny', afterS: 3 });
});

test('a gap in the room is looked after, and what was used is counted by the server', async () => {
  await open([]);
  FakeSocket.last.say(gap(null, null, { room }));
  assert.equal(answers.length, 1);
  await answer([turn('a', 'user', 'Missed', '11')]);
  assert.deepEqual(said(), ['Missed']);
  const cost = { amount: '0.009000', currency: 'USD', state: 'priced' };
  tells({ type: 'usage', kind: 'response', source_id: 'r', cost });
  assert.equal(facts()['Cost so far'], '0.009\u00a0USD');
  assert.equal(answers.length, 1);
});

test('facts have a dash for what was not measured, and the time left ticks', async () => {
  enter();
  await answer([], { usage: null });
  assert.deepEqual(facts(), { 'Time left': '14:41', 'Cost so far': 'Nothing yet', 'Audio in, out': '0 / 0', Cached: '–', 'First word': '–', Interrupted: '0' });
  await answer([]);
  mock.timers.tick(1000);
  assert.deepEqual(facts(), { 'Time left': '14:40', 'Cost so far': 'Nothing yet', 'Audio in, out': '310 / 540', Cached: '38\u00a0%', 'First word': '580\u00a0ms', Interrupted: '1' });
});

test('an end that is told keeps the words, says how, and lets go of the room after a last look', async () => {
  await open([turn('a', 'user', 'Hello', '11')]);
  watch.tell((known) => endAsked(known, Date.now()));
  assert.deepEqual([panel().isLive, panel().isEnding], [true, true]);
  tells(state('ended', { reason: 'operator', ended_at: '2026-11-22T12:00:44+00:00' }));
  assert.deepEqual([panel().state.word, panel().isLive, facts().Lasted], ['Ended', false, '0:44']);
  assert.equal(panel().remark, 'Staff ended the call after 44\u00a0s.');
  await answer([turn('a', 'user', 'Hello', '11'), turn('b', 'assistant', 'Good', '12')], { state: 'ended', ends_in_s: 0, reason: 'operator', ended_at: '2026-11-22T12:00:44+00:00' });
  assert.deepEqual(said(), ['Hello', 'Good']);
  assert.equal(FakeSocket.last.readyState, 3);
  watch.look();
  assert.equal(answers.length, 0);
});

test('an end that was not told is found when the list has the call no more', async () => {
  await open([]);
  watch.listed({ id: ID });
  assert.equal(answers.length, 0);
  watch.listed(undefined);
  await answer([], { state: 'ended' });
  assert.equal(panel().remark, 'The call is over.');
});

test('without its room the call is looked at with every turn of the list, and is not live when that fails', async () => {
  await answer([turn('a', 'user', 'Hello', '11')]);
  FakeSocket.last.cut();
  watch.listed({ id: ID, last: null });
  await answer([turn('a', 'user', 'Hello', '11'), turn('b', 'assistant', 'Hi', '12')]);
  assert.deepEqual([said(), panel().state.word], [['Hello', 'Hi'], 'Live']);
  mock.timers.tick(6001);
  assert.deepEqual([panel().state.word, facts()['Time left']], ['Reconnecting', 'Unknown']);
  assert.match(panel().remark, /^The link to this call is down/);
  watch.listed({ id: ID });
  await refuse(0);
  assert.deepEqual(said(), ['Hello', 'Hi'], 'what is known stays to be read');
});

test('with the login gone nothing more is promised', async () => {
  await open([]);
  const { state: shown, isLive, remark } = panel(Date.now(), { isFinal: true });
  assert.deepEqual([shown.word, isLive, remark], ['Unknown', false, '']);
});

test('a call that is not there, or not for these eyes, says so', async () => {
  await refuse(404);
  assert.deepEqual([panel().title, panel().state, FakeSocket.last.readyState], ['This call is not here', null, 3]);
});

test('a client that changes its session is told of, and nonsense in the room is nothing', async () => {
  await open([]);
  tells({ type: 'tampered', what: ['instructions', 'tools'] });
  assert.equal(panel().tampering, 'instructions, tools');
  for (const data of ['no JSON', '7', 'null', '{"type": "toString"}', '{}']) FakeSocket.last.say(message(++offset, { room, data }));
  assert.deepEqual(said(), []);
});

test('a whisper stands behind what was said by then, also when that is told again', async () => {
  await open([turn('a', 'user', 'Hello', '11')]);
  watch.tell((known) => whispered(known, 'Offer tea', Date.now()));
  tells(turn('b', 'assistant', 'Tea?', '20'));
  assert.deepEqual(said(), ['Hello', 'Offer tea', 'Tea?']);
  watch.look();
  await answer([turn('a', 'user', 'Hello', '11'), turn('b', 'assistant', 'Tea?', '20')]);
  assert.deepEqual(said(), ['Hello', 'Offer tea', 'Tea?']);
});

test('whose turn it is follows the words', async () => {
  await open([turn('a', 'user', 'Hello', '11')]);
  assert.equal(panel().state.word, 'Answering');
  tells(turn('b', 'assistant', 'Hi', '12'));
  assert.equal(panel().state.word, 'Live');
});
