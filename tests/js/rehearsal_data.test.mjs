// A rehearsal's column, made of what its socket tells.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { closed, hear, IDLE, sentence } from '../../static/voice/rehearsal_data.js';

const run = (...told) => told.reduce(hear, { ...IDLE, phase: 'opening' });
const tool = { type: 'tool', call_id: 'c1', name: 'pump', arguments: '{}' };

test('words grow as they come and end as they were said', () => {
  const state = run({ type: 'ready' }, { type: 'delta', item_id: 'i', text: 'Hel' }, { type: 'delta', item_id: 'i', text: 'lo' });
  assert.deepEqual(state.rows, [{ kind: 'line', id: 'i', role: 'assistant', text: 'Hello' }]);
  const said = hear(state, { type: 'said', item_id: 'i', role: 'assistant', text: 'Hello.' });
  assert.equal(said.rows.length, 1);
  assert.equal(said.rows[0].text, 'Hello.');
});

test('a tool runs, asks, and ends', () => {
  const asking = run({ type: 'ready' }, { type: 'busy', busy: true }, tool, { type: 'ask', call_id: 'c1', title: 'Pump' });
  assert.deepEqual([asking.rows[0].status, asking.rows[0].asks], ['waiting', 'Pump']);
  assert.equal(sentence(asking, 'Home'), 'Home waits for your answer.');
  const done = hear(asking, { type: 'tool_done', call_id: 'c1', status: 'done', output: '{}', duration_ms: 4 });
  assert.deepEqual([done.rows[0].status, done.rows[0].asks, done.rows[0].ms], ['done', null, 4]);
});

test('the end says why, a line that broke too', () => {
  const open = run({ type: 'ready' }, { type: 'usage', total_tokens: 1200 });
  assert.equal(sentence(open, 'Home'), 'Your turn. 1,200 tokens used.');
  assert.match(sentence(hear(open, { type: 'over', reason: 'time_limit' }), 'Home'), /its time was over/);
  assert.match(sentence(closed(open), 'Home'), /line to this site was lost/);
  assert.equal(closed(hear(open, { type: 'over', reason: 'idle' })).reason, 'idle');
});

test('what is not known changes nothing, and trouble is a row', () => {
  const open = run({ type: 'ready' });
  assert.equal(hear(open, { type: 'news' }), open);
  assert.deepEqual(hear(open, { type: 'error', message: 'No.' }).rows, [{ kind: 'trouble', id: 'trouble0', text: 'No.' }]);
});
