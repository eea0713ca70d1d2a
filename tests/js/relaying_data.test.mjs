// Tool batches, the outboxes of turns and of usage, and typed messages.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as batches from '../../static/voice/batches_data.js';
import * as outbox from '../../static/voice/outbox_data.js';
import { typedEvents, typedId } from '../../static/voice/typing_data.js';
import * as usage from '../../static/voice/usage_data.js';
import { call, done, output } from './events.mjs';

const NOW = 10_000;
const seen = (events, from = []) => events.reduce((calls, event) => batches.take(calls, event, NOW), from);
const TWO = [...call('r1', 'a', 'get_weather', '{"location":"Ghent"}'), ...call('r1', 'b', 'get_current_time', '{}')];
const ids = (calls) => calls.map(({ id }) => id);

test('a courier posts at once, but not before the response is finished', () => {
  assert.deepEqual(ids(batches.owed(seen(TWO), 'courier', NOW)), []);
  assert.deepEqual(ids(batches.owed(seen([...TWO, done('r1')]), 'courier', NOW)), ['a', 'b']);
});

test('beside a sideband a call is left to the server for five seconds', () => {
  const calls = seen([...TWO, done('r1')]);
  assert.deepEqual(ids(batches.owed(calls, 'sideband', NOW + 4999)), []);
  assert.deepEqual(ids(batches.owed(calls, 'sideband', NOW + 5000)), ['a', 'b']);
});

test('a call whose output was seen on the channel is never posted', () => {
  assert.deepEqual(ids(batches.owed(seen([...TWO, done('r1'), output('a', '{}')]), 'sideband', NOW + 6000)), ['b']);
});

test('calls of a cancelled response are not run', () => {
  assert.deepEqual(seen([...TWO, done('r1', 'cancelled')]), []);
});

test('a call is posted once', () => {
  assert.deepEqual(ids(batches.owed(batches.posting(seen([...TWO, done('r1')]), 'a'), 'courier', NOW)), ['b']);
});

test('outputs of one response are sent together, in order', () => {
  const one = batches.gotOutput(seen([...TWO, done('r1')]), 'b', 'B', NOW);
  assert.deepEqual(batches.release(one, 'courier', NOW).items, []);
  const { calls, items } = batches.release(batches.gotOutput(one, 'a', 'A', NOW), 'courier', NOW);
  assert.deepEqual(items.map(({ item }) => [item.call_id, item.output]), [['a', 'A'], ['b', 'B']]);
  assert.deepEqual(calls, []);
});

test('beside a sideband the server gets time to show its output first', () => {
  const calls = batches.gotOutput(seen([...TWO.slice(0, 2), done('r1')]), 'a', 'A', NOW);
  assert.equal(batches.release(calls, 'sideband', NOW + 1499).items.length, 0);
  assert.equal(batches.release(calls, 'sideband', NOW + 1500).items.length, 1);
  assert.equal(batches.release(seen([output('a', 'A')], calls), 'sideband', NOW + 1500).items.length, 0);
});

test('a server that cannot be reached is asked again, and in the end the model is told', () => {
  let calls = seen([...TWO.slice(0, 2), done('r1')]);
  calls = batches.postFailed(batches.posting(calls, 'a'), 'a', NOW);
  assert.deepEqual(ids(batches.owed(calls, 'courier', NOW)), []);
  assert.deepEqual(ids(batches.owed(calls, 'courier', NOW + 1000)), ['a']);
  calls = batches.postFailed(batches.postFailed(calls, 'a', NOW), 'a', NOW);
  assert.match(batches.release(calls, 'courier', NOW).items[0].item.output, /could not be reached/);
});

const row = (id, more = {}) => ({ kind: 'turn', id, role: 'user', text: 'Hello', state: 'final', failed: false, interrupted: false, heard: null, at: NOW, ...more });

test('only finished turns with words wait for the server', () => {
  const rows = [row('a'), row('b', { state: 'now' }), row('c', { failed: true }), row('d', { text: '' }), { kind: 'tool', id: 'e' }];
  assert.deepEqual(Object.keys(outbox.collect(outbox.EMPTY_OUTBOX, rows, NOW).kept), ['a']);
});

test('a turn is due after five seconds, or at once at the end', () => {
  const box = outbox.collect(outbox.EMPTY_OUTBOX, [row('a')], NOW);
  assert.deepEqual(outbox.due(box, NOW + 4999), []);
  assert.deepEqual(outbox.due(box, NOW + 5000), ['a']);
  assert.deepEqual(outbox.due(box, NOW, true), ['a']);
});

test('what the server has is not posted again', () => {
  const box = outbox.acknowledge(outbox.collect(outbox.EMPTY_OUTBOX, [row('a'), row('b')], NOW), ['a']);
  assert.deepEqual(outbox.due(outbox.collect(box, [row('a'), row('b')], NOW), NOW + 5000), ['b']);
});

test('a turn is posted in its newest form', () => {
  const box = outbox.collect(outbox.EMPTY_OUTBOX, [row('a', { role: 'assistant', text: 'One two.' })], NOW);
  const later = outbox.collect(box, [row('a', { role: 'assistant', text: 'One two.', interrupted: true, heard: 'One' })], NOW + 100);
  assert.deepEqual(outbox.turnBody(later, 'a'), { item_id: 'a', role: 'assistant', text: 'One two.', interrupted: true,
    heard_text: 'One', started_at: '1970-01-01T00:00:10.000Z' });
  assert.equal(later.kept.a.since, NOW);
});

test('a turn that cannot be stored after five tries is told', () => {
  let box = outbox.collect(outbox.EMPTY_OUTBOX, [row('a')], NOW);
  for (let tries = 0; tries < 5; tries += 1) box = outbox.postponed(box, 'a', NOW);
  assert.ok(outbox.isStuck(box));
  assert.deepEqual(outbox.due(box, NOW + 99_000), []);
});

const used = (id, tokens) => ({ type: 'response.done', response: { id, usage: tokens } });

test('what was used is left to the server for five seconds beside a sideband, and posted at once by a courier', () => {
  const list = [used('r1', { total_tokens: 5 }), used('r2', null)].reduce((found, event) => usage.take(found, event, NOW), []);
  const keys = (control, now, all) => usage.due(list, control, now, all).map(({ key }) => key);
  assert.deepEqual([keys('sideband', NOW + 4999), keys('sideband', NOW + 5000)], [[], ['response:r1']]);
  assert.deepEqual([keys('courier', NOW), keys('sideband', NOW, true)], [['response:r1'], ['response:r1']]);
  assert.deepEqual(list[0].body, { kind: 'response', source_id: 'r1', usage: { total_tokens: 5 } });
  assert.deepEqual(usage.acknowledge(list, ['response:r1']), []);
});

test('what could not be posted is tried five times', () => {
  let list = usage.take([], used('r1', {}), NOW);
  assert.equal(usage.due(usage.postponed(list, 'response:r1', NOW), 'courier', NOW + 4999).length, 0);
  for (let tries = 0; tries < 5; tries += 1) list = usage.postponed(list, 'response:r1', NOW);
  assert.equal(usage.due(list, 'courier', NOW + 99_000).length, 0);
});

const typed = (state) => typedEvents({ playing: null, response: null, tools: [], ...state }, 'i1', 'Stop');
const types = ({ events }) => events.map(({ type }) => type);

test('a typed message in silence is one item and a wish for an answer', () => {
  assert.deepEqual([types(typed({})), typed({}).asks], [['conversation.item.create'], true]);
});

test('a typed message stops what is said, naming the response only while there is one', () => {
  assert.deepEqual(types(typed({ playing: 'r1' })), ['output_audio_buffer.clear', 'conversation.item.create']);
  const cancel = typed({ playing: 'r1', response: 'r1' }).events[0];
  assert.deepEqual(cancel, { type: 'response.cancel', response_id: 'r1' });
});

test('while a tool runs a typed message asks for no answer of its own', () => {
  assert.equal(typed({ tools: [{}] }).asks, false);
});

test('a chosen item id is short enough for the provider', () => {
  assert.match(typedId(new Uint8Array(16).fill(255)), /^item_f{26}$/);
});
