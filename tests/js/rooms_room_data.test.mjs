// One room's state machine: contiguous, duplicates, holes, epochs, pages, gaps.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { addGap, gapOf, inOrder, missedBetween } from '../../static/rooms/gaps_data.js';
import { asked, dropped, joinFrame, NEW_ROOM, refused, takeGap, takeHeartbeat, takeJoined, takeMessage,
  tally } from '../../static/rooms/room_data.js';
import { gap, joined, message } from './fake_server.mjs';

const offsets = (events) => events.map(({ message: one, gap: lost }) => (one ? one.offset : `gap ${lost.missed}`));
const live = (offset = 41, more = {}) => takeJoined(asked(NEW_ROOM), joined(offset, more)).room;

/** Feeds messages one by one and gives the last step with all that was told. */
function feed(room, ...frames) {
  return frames.reduce((made, frame) => {
    const { room: next, events, asks } = takeMessage(made.room, frame);
    return { room: next, events: [...made.events, ...events], asks: made.asks || asks };
  }, { room, events: [], asks: false });
}

test('a first join asks for the newest messages, a later one for what came since', () => {
  assert.deepEqual(joinFrame('device01', NEW_ROOM, 50), { type: 'join', room: 'device01', last: 50 });
  assert.deepEqual(joinFrame('device01', live(), 50).since, { epoch: 'e1', offset: 41 });
});

test('messages are told in order and once', () => {
  const { room, events } = feed(live(), message(42), message(42), message(41), message(43));
  assert.deepEqual(offsets(events), [42, 43]);
  assert.deepEqual(room.position, { epoch: 'e1', offset: 43 });
});

test('a hole holds later messages back and asks for the missing ones, once', () => {
  const { room, events, asks } = feed(live(), message(42), message(44));
  assert.deepEqual([offsets(events), asks, room.phase], [[42], true, 'joining']);
  assert.equal(takeMessage(room, message(45)).asks, false);
});

test('what was held back follows what was fetched, without repeats', () => {
  const { room } = feed(live(), message(43), message(45), message(44));
  const back = takeJoined(room, joined(43, { recovered: true, messages: [message(42), message(43)] }));
  assert.deepEqual(offsets(back.events), [42, 43, 44, 45]);
  assert.deepEqual([back.asks, back.room.phase, back.room.held], [false, 'live', []]);
});

test('a hole behind the fetched ones is asked for again', () => {
  const { room } = feed(live(), message(44));
  const back = takeJoined(room, joined(42, { recovered: true, messages: [message(42)] }));
  assert.deepEqual([offsets(back.events), back.asks], [[42], true]);
});

test('messages of another epoch are not compared but asked about', () => {
  const { room, events, asks } = feed(live(), message(42, { epoch: 'e2' }));
  assert.deepEqual([events, asks], [[], true]);
  const to = { epoch: 'e2', offset: 42 };
  const lost = gap(41, 1, { to, reason: 'epoch' });
  const back = takeJoined(room, joined(42, { epoch: 'e2', recovered: false, gaps: [lost] }));
  assert.deepEqual(offsets(back.events), ['gap null']);
  assert.deepEqual([back.room.position, back.asks, back.room.unknown], [to, false, true]);
});

test('the newest messages of an unrecovered join bring nothing again, however many epochs ago it was', () => {
  const at = (offset, generation, more = {}) => message(offset, { epoch: `a.${generation}`, ...more });
  const first = takeJoined(asked(NEW_ROOM), joined(3, { epoch: 'a.9', messages: [at(1, 8), at(2, 8), at(3, 9)] }));
  assert.deepEqual(offsets(first.events), [1, 2, 3]);
  const lost = gap(3, 1, { from: { epoch: 'a.9', offset: 3 }, to: { epoch: 'a.10', offset: 4 }, reason: 'epoch' });
  const newest = [at(1, 8), at(2, 8), at(3, 9), at(4, 10)];
  const back = takeJoined(asked(dropped(first.room)), joined(4, { epoch: 'a.10', recovered: false, gaps: [lost], messages: newest }));
  assert.deepEqual(offsets(back.events), ['gap null', 4]);
});

test('a smaller offset in a new epoch is news', () => {
  const back = takeJoined(asked(live()), joined(3, { epoch: 'e9', recovered: false, messages: [message(3, { epoch: 'e9' })] }));
  assert.deepEqual(offsets(back.events), [3]);
});

test('a long history comes in pages, each from the last message got', () => {
  const first = takeJoined(asked(live()), joined(45, { recovered: true, more: true, messages: [message(42), message(43)] }));
  assert.equal(first.asks, true);
  assert.deepEqual(joinFrame('device01', first.room, 0).since, { epoch: 'e1', offset: 43 });
  assert.deepEqual(tally(first.room), { received: 2, total: 4, from: 42_000, missed: 0, unknown: false });
  const second = takeJoined(asked(first.room), joined(45, { recovered: true, messages: [message(44), message(45)] }));
  assert.deepEqual([offsets(second.events), second.asks, second.room.received], [[44, 45], false, 4]);
});

test('live messages that arrive between two pages wait for their turn', () => {
  const first = takeJoined(asked(live()), joined(44, { recovered: true, more: true, messages: [message(42)] }));
  const { room } = feed(asked(first.room), message(45));
  const second = takeJoined(room, joined(44, { recovered: true, messages: [message(43), message(44)] }));
  assert.deepEqual(offsets(second.events), [43, 44, 45]);
});

test('a page that brings nothing new ends the paging', () => {
  assert.equal(takeJoined(asked(live()), joined(45, { more: true })).asks, false);
});

test('an unrecovered join tells the gap before the messages behind it', () => {
  const frame = joined(60, { recovered: false, messages: [message(59), message(60)], gaps: [gap(41, 59)] });
  const { room, events } = takeJoined(asked(feed(live(40), message(41)).room), frame);
  assert.deepEqual(offsets(events), ['gap 17', 59, 60]);
  assert.deepEqual(tally(room), { received: 2, total: 2, from: 59_000, missed: 17, unknown: false });
});

test('the same gap is told once, by itself or with a join', () => {
  const { room } = takeGap(live(), gap(41, 45));
  assert.deepEqual(takeGap(room, gap(41, 45)).events, []);
  assert.deepEqual(takeJoined(asked(room), joined(44, { recovered: true, gaps: [gap(41, 45)] })).events, []);
});

test('after a gap the message behind it is the next one', () => {
  const { room, events } = takeGap(live(), gap(41, 45));
  assert.deepEqual([offsets(events), feed(room, message(45)).asks], [['gap 3'], false]);
  assert.deepEqual(tally(feed(room, message(45)).room), { received: 1, total: 1, from: 45_000, missed: 3, unknown: false });
});

test('a gap without positions says that nobody knows how many', () => {
  const { room } = takeGap(live(), gap(null, null, { reason: 'not_heard' }));
  assert.deepEqual([room.missed, room.unknown, room.position.offset], [0, true, 41]);
});

test('a heartbeat that differs asks again; one that agrees does not', () => {
  assert.equal(takeHeartbeat(live(), { epoch: 'e1', offset: 41 }).asks, false);
  assert.equal(takeHeartbeat(live(), { epoch: 'e1', offset: 42 }).asks, true);
  assert.equal(takeHeartbeat(live(), { epoch: 'e2', offset: 41 }).asks, true);
  assert.equal(takeHeartbeat(asked(live()), { epoch: 'e1', offset: 42 }).asks, false, 'a join is under way');
  assert.equal(takeHeartbeat(live(), undefined).asks, false);
});

test('without a link nothing is taken, and the place is kept', () => {
  const room = dropped(live());
  assert.deepEqual([feed(room, message(42)).events, room.position.offset], [[], 41]);
  assert.equal(dropped(refused(live(), { code: 'not_allowed' })).phase, 'refused');
});

test('an endless hold gives way to the next join', () => {
  const { room } = takeMessage(live(), message(43));
  const full = { ...room, held: Array.from({ length: 2000 }, (_, index) => message(43 + index)) };
  assert.equal(takeMessage(full, message(2043)).room.held.length, 0);
});

test('missing messages can be counted only inside one epoch', () => {
  assert.equal(missedBetween({ epoch: 'a', offset: 3 }, { epoch: 'a', offset: 7 }), 3);
  assert.equal(missedBetween({ epoch: 'a', offset: 3 }, { epoch: 'b', offset: 7 }), null);
  assert.equal(missedBetween(null, { epoch: 'b', offset: 7 }), null);
});

test('gaps stand where they happened, and their list is bounded', () => {
  const events = inOrder([gapOf(gap(null, null, { until_ms: 1500 }))], [message(1), message(2)]);
  assert.deepEqual(offsets(events), [1, 'gap null', 2]);
  let gaps = [];
  for (let each = 0; each < 300; each += 1) gaps = addGap(gaps, gapOf(gap(each, each + 2)));
  assert.equal(gaps.length, 100);
});
