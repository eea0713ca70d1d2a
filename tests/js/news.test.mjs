// What a call's room says, and the asking that takes its place while it cannot be heard.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { News } from '../../static/voice/news.js';
import { read } from '../../static/voice/news_data.js';
import { FakeSocket, gap, joined, message } from './fake_server.mjs';

const room = 'call.1';
const NOW = 1_000_000;
let news;
let asked;
let answer;
let told;
let stored;
let metered;

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: NOW });
  FakeSocket.all = [];
  asked = 0;
  answer = { state: 'live' };
  told = [];
  stored = [];
  metered = [];
  news = new News({ room, url: 'ws://site/ws/rooms/', Socket: FakeSocket, ask: async () => { asked += 1; return answer; },
    tell: (input) => told.push(input), stored: (ids) => stored.push(...ids), metered: (keys) => metered.push(...keys) });
});

afterEach(() => {
  news.close();
  mock.timers.reset();
});

/** Time goes by on a socket that answers. */
function pass(ms) {
  for (let left = ms; left > 0; left -= 250) {
    mock.timers.tick(Math.min(250, left));
    if (FakeSocket.last.readyState === 1) FakeSocket.last.say({ type: 'pong' });
  }
}

const says = (offset, body) => FakeSocket.last.say(message(offset, { room, data: JSON.stringify(body) }));
const state = (name, more = {}) => ({ type: 'state', state: name, ends_in_s: 900, reason: null, ...more });

function join() {
  FakeSocket.last.welcome();
  FakeSocket.last.say(joined(0, { room }));
}

test('joins the room of its call and asks nothing while that tells everything', () => {
  join();
  assert.equal(FakeSocket.last.joins()[0].room, room);
  says(1, state('live'));
  assert.ok(news.isHeard);
  pass(20_000);
  assert.equal(asked, 0);
  assert.deepEqual(told, [{ type: 'clock', endsAt: NOW + 900_000 }]);
});

test('asks every ten seconds until the server is known to know of the line', () => {
  join();
  says(1, state('connecting'));
  pass(20_000);
  assert.equal(asked, 2);
  says(2, state('live'));
  pass(20_000);
  assert.equal(asked, 2);
});

test('asks every ten seconds while the socket is down, and stops when it is back', () => {
  pass(10_000);
  assert.equal(asked, 1);
  FakeSocket.last.welcome();
  FakeSocket.last.say(joined(1, { room, messages: [message(1, { room, data: JSON.stringify(state('live')) })] }));
  pass(10_000);
  assert.equal(asked, 1);
  FakeSocket.last.cut();
  assert.ok(!news.isHeard);
});

test('asks when the room is refused, and at once when something is missing', () => {
  FakeSocket.last.welcome();
  FakeSocket.last.say({ type: 'error', code: 'not_allowed', message: '', room });
  pass(20_000);
  assert.equal(asked, 2);
});

test('a gap is filled by asking', () => {
  join();
  FakeSocket.last.say(gap(0, 5, { room }));
  assert.equal(asked, 1);
});

const question = (decision) => ({ type: 'approval', call_id: 'c1', name: 'pay', title: 'Pay', ends_in_s: 30, decision, after_s: null });

test('what an open question is about is asked for, its end is told on', () => {
  join();
  says(1, question(null));
  assert.deepEqual([asked, told], [1, []]);
  says(2, question('deny'));
  assert.deepEqual(told, [{ type: 'approvals', approvals: [question('deny')], at: NOW }]);
  assert.equal(asked, 1);
});

test('a question that could not be asked for is asked for again until the server answers', async () => {
  join();
  says(1, state('live'));
  answer = null;
  says(2, question(null));
  await Promise.resolve();
  pass(10_000);
  assert.equal(asked, 2);
  answer = { state: 'live' };
  await Promise.resolve();
  pass(10_000);
  assert.equal(asked, 3);
  await Promise.resolve();
  pass(20_000);
  assert.equal(asked, 3);
});

test('turns are acknowledged, tool runs and the end are told on', () => {
  join();
  says(1, { type: 'turn', item_id: 'item_1', role: 'user', text: 'Hello' });
  const run = { type: 'tool_run', call_id: 'c1', name: 'get_weather', status: 'done', output: '{}' };
  says(2, run);
  assert.deepEqual(stored, ['item_1']);
  assert.deepEqual(told, [{ type: 'runs', runs: [run] }]);
  says(3, state('ended', { ends_in_s: 0, reason: 'operator' }));
  assert.equal(asked, 1);
  assert.equal(told.length, 1);
});

test('what the call costs and what the server says of its limits are told on', () => {
  join();
  const cost = { amount: '0.010000', currency: 'USD', state: 'priced' };
  says(1, { type: 'usage', kind: 'response', source_id: 'r1', cost });
  says(2, { type: 'usage', kind: 'response', source_id: 'r2', cost: null });
  says(3, { type: 'notice', code: 'budget_low', message: 'Low.' });
  assert.deepEqual(told.map(({ type, cost: said, notices }) => [type, said, notices.map(({ message: words }) => words)]),
    [['stands', cost, []], ['stands', null, ['Low.']]]);
  assert.deepEqual(metered, ['response:r1', 'response:r2']);
});

test('nothing is heard or asked after its end', () => {
  join();
  news.close();
  says(1, state('ended'));
  pass(20_000);
  assert.equal(asked, 0);
});

test('what is not understood is nothing', () => {
  for (const payload of [undefined, '', 'nonsense', 'null', '[]', '{"type":"cost"}', '{"type":"constructor"}', '7']) {
    assert.deepEqual(read(payload, NOW), { stored: [], metered: [], inputs: [], isLive: false, isOver: false, isAsking: false });
  }
});

test('an earlier word tells nothing of the time that is left', () => {
  assert.deepEqual(read(JSON.stringify(state('live')), null).inputs, []);
});
