// The client over a fake socket and a fake clock: joins, comes back, pages, publishes, gives up when told to.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { connect, RoomsError } from '../../static/rooms/client.js';
import { causeOf, isFinal, waitMs } from '../../static/rooms/closings_data.js';
import { FakeSocket, gap, joined, message } from './fake_server.mjs';

let links = [];
let rooms;
const url = 'ws://site/ws/rooms/';
const start = () => connect(url, { Socket: FakeSocket, random: () => 0.5, onLink: ({ name }) => links.push(name) });

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: 1_000_000 });
  FakeSocket.all = [];
  links = [];
  rooms = start();
});

afterEach(() => {
  rooms.close();
  mock.timers.reset();
});

/** Time goes by in small steps, as it does. */
function pass(ms) {
  for (let left = ms; left > 0; left -= 250) mock.timers.tick(Math.min(250, left));
}

/** Joins device01 and keeps what the application is told. */
function listen(options = {}) {
  const told = [];
  const room = rooms.join('device01', ({ offset }, { isLive }) => told.push(isLive ? offset : -offset),
    { onGap: ({ missed, reason }) => told.push(`${reason} ${missed}`), ...options });
  return { told, room };
}

test('joins when the link is live, and hears its room', () => {
  const { told, room } = listen({ last: 2 });
  assert.equal(FakeSocket.last.joins().length, 0);
  FakeSocket.last.welcome();
  assert.deepEqual(FakeSocket.last.joins(), [{ type: 'join', room: 'device01', last: 2 }]);
  FakeSocket.last.say(joined(2, { messages: [message(1), message(2)] }));
  FakeSocket.last.say(message(3));
  FakeSocket.last.say(message(1, { room: 'device02' }));
  assert.deepEqual(told, [-1, -2, 3]);
  assert.deepEqual(room.tally, { received: 3, total: 3, from: 1000, missed: 0, unknown: false });
  assert.deepEqual(links, ['connecting', 'live']);
});

test('comes back after a cut with its place, and tells nothing twice', () => {
  const { told } = listen();
  FakeSocket.last.welcome();
  FakeSocket.last.say(joined(2));
  FakeSocket.last.cut(1006);
  assert.equal(rooms.link.name, 'waiting');
  pass(500);
  FakeSocket.last.welcome();
  assert.equal(FakeSocket.all.length, 2);
  assert.deepEqual(FakeSocket.last.joins()[0].since, { epoch: 'e1', offset: 2 });
  FakeSocket.last.say(joined(4, { recovered: true, messages: [message(3), message(4)] }));
  FakeSocket.last.say(message(4));
  assert.deepEqual(told, [-3, -4]);
  FakeSocket.all[0].say(message(5));
  assert.deepEqual(told, [-3, -4], 'an old socket is not heard');
});

test('waits longer after each failure, with jitter', () => {
  assert.deepEqual([0, 1, 2, 20].map((tries) => waitMs(tries, 1006, 0.5)), [500, 1000, 2000, 30_000]);
  assert.ok(waitMs(0, 1006, 0) < waitMs(0, 1006, 0.9));
  assert.ok(waitMs(0, 4001, 0) >= 1000, 'a restart takes a moment');
});

test('a server that turns everybody away says when to come back', () => {
  FakeSocket.last.cut(1006);
  pass(2000);
  const before = FakeSocket.all.length;
  FakeSocket.last.say({ type: 'error', code: 'unavailable', message: 'Many are coming in.', retry_in_s: 7 });
  FakeSocket.last.cut(1013);
  pass(6900);
  assert.equal(FakeSocket.all.length, before);
  pass(4000);
  assert.equal(FakeSocket.all.length, before + 1);
});

test('codes say whether to come back', () => {
  for (const code of [1001, 1005, 1006, 1011, 1012, 1013, 4000, 4001, 4002, 4499]) assert.equal(isFinal(code), false, code);
  for (const code of [1009, 4500, 4501, 4503, 4999]) assert.equal(isFinal(code), true, code);
  assert.deepEqual([4000, 4501, 4503, 4500, 1006].map(causeOf), ['slow', 'logged_out', 'not_allowed', 'refused', 'lost']);
});

test('a final code ends it', () => {
  FakeSocket.last.cut(4501);
  pass(120_000);
  assert.deepEqual([rooms.link.name, rooms.link.cause, FakeSocket.all.length], ['ended', 'logged_out', 1]);
});

test('silence longer than the heartbeat is a lost link', () => {
  FakeSocket.last.welcome();
  FakeSocket.last.say({ type: 'pong' });
  pass(34_000);
  assert.equal(rooms.link.name, 'live');
  pass(3000);
  assert.ok(FakeSocket.all.length > 1 || rooms.link.name === 'waiting');
});

test('a socket that never opens is given up', () => {
  pass(12_000);
  assert.equal(FakeSocket.all[0].readyState, 3);
  assert.ok(FakeSocket.all.length > 1);
});

test('measures the way there and back', () => {
  FakeSocket.last.welcome();
  pass(12);
  FakeSocket.last.say({ type: 'pong' });
  assert.equal(rooms.link.lagMs, 12);
  FakeSocket.last.cut();
  assert.equal(rooms.link.lagMs, null);
});

test('a hole is fetched, a difference in the heartbeat too', () => {
  const { told } = listen();
  FakeSocket.last.welcome();
  FakeSocket.last.say(joined(2));
  pass(100);
  FakeSocket.last.say(message(4));
  assert.deepEqual(FakeSocket.last.joins().at(-1).since, { epoch: 'e1', offset: 2 });
  FakeSocket.last.say(joined(3, { recovered: true, messages: [message(3)] }));
  assert.deepEqual(told, [-3, -4]);
  FakeSocket.last.say({ type: 'heartbeat', rooms: { device01: { epoch: 'e1', offset: 6 } } });
  assert.deepEqual(FakeSocket.last.joins().at(-1).since, { epoch: 'e1', offset: 4 });
});

test('a room that disagrees again and again is not asked in a hot loop', () => {
  listen();
  FakeSocket.last.welcome();
  FakeSocket.last.say(joined(2));
  pass(100);
  for (let each = 0; each < 20; each += 1) {
    FakeSocket.last.say(message(9));
    FakeSocket.last.say(joined(2, { recovered: true }));
  }
  assert.ok(FakeSocket.last.joins().length <= 3, `${FakeSocket.last.joins().length} joins`);
});

test('pages are asked for until the history is whole', () => {
  const { told } = listen();
  FakeSocket.last.welcome();
  FakeSocket.last.say(joined(1));
  FakeSocket.last.cut();
  pass(500);
  FakeSocket.last.welcome();
  FakeSocket.last.say(joined(3, { recovered: true, more: true, messages: [message(2)] }));
  assert.deepEqual(FakeSocket.last.joins().at(-1).since, { epoch: 'e1', offset: 2 });
  FakeSocket.last.say(joined(3, { recovered: true, messages: [message(3)] }));
  assert.deepEqual(told, [-2, -3]);
});

test('tells a gap once, with what is missing', () => {
  const { told, room } = listen();
  FakeSocket.last.welcome();
  FakeSocket.last.say(joined(2));
  FakeSocket.last.say(gap(2, 6));
  FakeSocket.last.say(gap(2, 6));
  FakeSocket.last.say(message(6));
  assert.deepEqual(told, ['trimmed 3', 6]);
  assert.deepEqual([room.tally.missed, room.gaps.length], [3, 1]);
});

test('asks again when a join is not answered', () => {
  listen();
  FakeSocket.last.welcome();
  pass(10_000);
  assert.equal(FakeSocket.last.joins().length, 2);
});

test('a refused join is kept refused; a passing trouble is tried again', () => {
  const { room } = listen();
  FakeSocket.last.welcome();
  FakeSocket.last.say({ type: 'error', code: 'unavailable', message: 'Redis is away.', room: 'device01' });
  pass(2000);
  assert.equal(FakeSocket.last.joins().length, 2);
  FakeSocket.last.say({ type: 'error', code: 'not_allowed', message: 'No.', room: 'device01' });
  pass(60_000);
  assert.deepEqual([room.state.phase, room.state.trouble.code], ['refused', 'not_allowed']);
});

test('a right that is lost refuses the room', () => {
  const { room } = listen();
  FakeSocket.last.welcome();
  FakeSocket.last.say(joined(2));
  FakeSocket.last.say({ type: 'left', room: 'device01', reason: 'not_allowed' });
  assert.equal(room.state.phase, 'refused');
});

test('publishes with an id and gives the place', async () => {
  const { room } = listen();
  FakeSocket.last.welcome();
  const answer = room.publish('on');
  const { id, ...frame } = FakeSocket.last.sent.at(-1);
  assert.deepEqual(frame, { type: 'publish', room: 'device01', data: 'on' });
  FakeSocket.last.say({ type: 'published', id, room: 'device01', epoch: 'e1', offset: 7 });
  assert.deepEqual(await answer, { epoch: 'e1', offset: 7 });
});

test('a publish fails in words: refused, no answer, no link', async () => {
  const { room } = listen();
  await assert.rejects(room.publish('on'), { code: 'link_down' });
  FakeSocket.last.welcome();
  FakeSocket.last.say(joined(2));
  const refusal = room.publish('on');
  FakeSocket.last.say({ type: 'error', code: 'not_allowed', message: 'You may view this room, not publish to it.', room: 'device01' });
  await assert.rejects(refusal, (error) => error instanceof RoomsError && error.message.includes('not publish'));
  const mute = room.publish('on');
  pass(10_000);
  await assert.rejects(mute, { code: 'no_answer' });
  const cut = room.publish('on');
  FakeSocket.last.cut();
  await assert.rejects(cut, { code: 'link_down' });
});

test('leaves, and can join again', () => {
  const { room } = listen();
  FakeSocket.last.welcome();
  assert.throws(() => rooms.join('device01', () => {}), TypeError);
  room.leave();
  assert.deepEqual(FakeSocket.last.sent.at(-1), { type: 'leave', room: 'device01' });
  listen();
  assert.equal(FakeSocket.last.joins().length, 2);
});

test('what it does not know it ignores', () => {
  FakeSocket.last.welcome();
  FakeSocket.last.onmessage({ data: 'not json' });
  FakeSocket.last.say({ type: 'novelty', room: 'x' });
  assert.equal(rooms.link.name, 'live');
});
