// Turns ended by hand, for sessions without turn detection.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { letGo, pressed } from '../../static/voice/by_hand_data.js';
import { READY, isOpen, reduce } from '../../static/voice/call_data.js';

const types = ({ events }) => events.map(({ type }) => type);

test('a press silences the assistant and begins a turn', () => {
  assert.deepEqual(types(pressed({ playing: null, response: null })), ['input_audio_buffer.clear']);
  assert.deepEqual(types(pressed({ playing: 'r1', response: 'r1' })),
    ['response.cancel', 'output_audio_buffer.clear', 'input_audio_buffer.clear']);
});

test('letting go hands the turn in and asks for an answer', () => {
  assert.deepEqual(letGo({ tools: [] }, 900), { events: [{ type: 'input_audio_buffer.commit' }], asks: true });
  assert.equal(letGo({ tools: [{}] }, 900).asks, false);
});

test('a press too short to speak is no turn', () => {
  assert.deepEqual(letGo({ tools: [] }, 100), { events: [{ type: 'input_audio_buffer.clear' }], asks: false });
});

test('an assistant by hand is push to talk whatever the person prefers', () => {
  const state = reduce(READY, { type: 'push', push: false, byHand: true });
  assert.deepEqual([state.push, state.byHand, isOpen(state), isOpen({ ...state, holding: true })], [true, true, false, true]);
  assert.equal(reduce(state, { type: 'push', push: false, byHand: false }).push, false);
});
