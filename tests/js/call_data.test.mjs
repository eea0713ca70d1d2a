import assert from 'node:assert/strict';
import { test } from 'node:test';

import { READY, activity, isOpen, reduce } from '../../static/voice/call_data.js';
import { call, created, done, output, sound, speech, transcribed } from './events.mjs';

const NOW = 100_000;
const LIVE = [{ type: 'connecting', typing: false }, { type: 'answered', id: 'c1', endsAt: NOW + 900_000 }, { type: 'live', at: NOW }];
const run = (inputs, from = READY) => inputs.reduce(reduce, from);
const live = (events, more = []) =>
  run([...LIVE, ...more, ...events.map((event) => ({ type: 'event', event, at: NOW }))]);
const word = (events, now = NOW) => activity(live(events), now);

test('a live call with nobody speaking is listening', () => {
  assert.equal(word([]), 'listening');
});

test('speech makes it yours, its end makes it think', () => {
  assert.equal(word(speech('u1').slice(0, 1)), 'you');
  assert.equal(word(speech('u1')), 'thinking');
});

test('thinking ends when nothing comes of a noise', () => {
  assert.equal(word([...speech('u1'), transcribed('u1', ' ')]), 'listening');
  assert.equal(word(speech('u1'), NOW + 9000), 'listening');
});

test('speaking follows the sound, not the response', () => {
  const spoken = [created('r1'), sound('started', 'r1'), done('r1')];
  assert.equal(word([created('r1')]), 'thinking');
  assert.equal(word(spoken), 'speaking');
  assert.equal(word([...spoken, sound('stopped', 'r1')]), 'listening');
});

test('a person who begins to speak is shown before the sound has stopped', () => {
  assert.equal(word([created('r1'), sound('started', 'r1'), ...speech('u2').slice(0, 1)]), 'you');
});

test('a stopped sound of an older response does not silence the newer one', () => {
  assert.equal(word([sound('started', 'r1'), sound('started', 'r2'), sound('stopped', 'r1')]), 'speaking');
});

test('a tool is in use until its output is on the channel', () => {
  const asked = [created('r1'), ...call('r1', 'call1', 'get_weather', '{"location":"Ghent"}'), done('r1')];
  assert.equal(word(asked), 'tool');
  assert.equal(live(asked).tools[0].args, '{"location":"Ghent"}');
  assert.equal(word([...asked, output('call1', '{}')]), 'thinking');
});

test('two tools are in use until both have answered', () => {
  const asked = [created('r1'), ...call('r1', 'a', 'x', '{}'), ...call('r1', 'b', 'y', '{}'), done('r1'), output('a', '1')];
  assert.equal(word(asked), 'tool');
});

test('the tools of a cancelled response are not in use', () => {
  assert.equal(word([created('r1'), ...call('r1', 'a', 'x', '{}'), done('r1', 'cancelled')]), 'listening');
});

test('mute, push to talk and a held key decide whether the microphone is open', () => {
  assert.ok(isOpen(live([])));
  assert.ok(!isOpen(live([], [{ type: 'mute', muted: true }])));
  assert.ok(!isOpen(live([], [{ type: 'push', push: true }])));
  assert.ok(isOpen(live([], [{ type: 'push', push: true }, { type: 'hold', holding: true }])));
  assert.equal(activity(live([], [{ type: 'mute', muted: true }]), NOW), 'muted');
});

test('a lost line shows before everything and goes when it is back', () => {
  const lost = run([{ type: 'lost', at: NOW }], live([sound('started', 'r1')]));
  assert.equal(activity(lost, NOW), 'lost');
  assert.equal(activity(run([{ type: 'back' }], lost), NOW), 'speaking');
});

test('an end keeps when it began and clears what was going on', () => {
  const ended = run([{ type: 'ended', reason: 'user', at: NOW + 44_000 }], live([sound('started', 'r1')]));
  assert.deepEqual(ended.ending, { reason: 'user', startedAt: NOW, endedAt: NOW + 44_000 });
  assert.equal(ended.playing, null);
  assert.equal(ended.id, 'c1');
});

test('a new start forgets mute, failure and the last call', () => {
  const again = run([{ type: 'mute', muted: true }, { type: 'ended', reason: 'idle', at: NOW }, LIVE[0]], live([]));
  assert.deepEqual([again.muted, again.ending, again.id, again.phase], [false, null, null, 'connecting']);
});

test('an unknown input or event changes nothing', () => {
  const state = live([]);
  assert.equal(reduce(state, { type: 'dance' }), state);
  assert.equal(reduce(state, { type: 'event', event: { type: 'rate_limits.updated' }, at: NOW }), state);
});
