import assert from 'node:assert/strict';
import { test } from 'node:test';

import { heardPart, unheardPart } from '../../static/voice/heard_data.js';
import { emptied, emptyTranscript, ended, expectTyped, take } from '../../static/voice/transcript_data.js';
import { takeRuns } from '../../static/voice/runs_data.js';
import { call, created, delta, done, message, output, sound, speech, spokenText, transcribed, truncated } from './events.mjs';

const NOW = 50_000;
const play = (events, from = emptyTranscript(true)) => events.reduce((state, event, index) => take(state, event, NOW + index * 100), from);
const texts = ({ rows }) => rows.map(({ text, name }) => text ?? name);

const ANSWER = [created('r1'), delta('r1', 'a1', 'It is '), sound('started', 'r1'), delta('r1', 'a1', 'eleven degrees.'), spokenText('r1', 'a1', 'It is eleven degrees.'),
  done('r1'), sound('stopped', 'r1')];

test('a turn is placed when speech begins and filled when it is written down', () => {
  const begun = play(speech('u1'));
  assert.deepEqual([begun.rows[0].role, begun.rows[0].state], ['user', 'hearing']);
  const state = play([...speech('u1'), ...ANSWER, transcribed('u1', ' How warm is it? ')]);
  assert.deepEqual(texts(state), ['How warm is it?', 'It is eleven degrees.']);
  assert.deepEqual(state.rows.map((row) => row.state), ['final', 'final']);
});

test('an answer stays open until its sound has stopped', () => {
  assert.equal(play(ANSWER.slice(0, -1)).rows[0].state, 'now');
});

test('an answer without sound is closed by its response', () => {
  const silent = [created('r1'), { type: 'response.output_text.delta', response_id: 'r1', item_id: 'a1', delta: 'Hi' }, done('r1')];
  assert.deepEqual([play(silent).rows[0].text, play(silent).rows[0].state], ['Hi', 'final']);
});

test('noise that was no speech leaves no row, and its late words bring none back', () => {
  const state = play([...speech('u1'), transcribed('u1', '')]);
  assert.deepEqual(state.rows, []);
  assert.deepEqual(play([transcribed('u1', 'late')], state).rows, []);
});

test('speech that could not be written down keeps its place', () => {
  const state = play([...speech('u1'), { type: 'conversation.item.input_audio_transcription.failed', item_id: 'u1', error: {} }]);
  assert.deepEqual([state.rows[0].failed, state.rows[0].state], [true, 'final']);
});

const CUT = [created('r1'), delta('r1', 'a1', 'The week stays dry, '), sound('started', 'r1'), delta('r1', 'a1', 'and warm too.'),
  ...speech('u2').slice(0, 1), sound('cleared', 'r1'), truncated('a1', 1200)];

test('with the engine in the box all shown words of an interrupted answer were heard', () => {
  const [row] = play(CUT).rows;
  assert.deepEqual([row.interrupted, row.state, row.heard], [true, 'final', 'The week stays dry, and warm too.']);
});

test('elsewhere the heard part is what the sound had room for, up to a word', () => {
  const [row] = play(CUT, emptyTranscript(false)).rows;
  assert.equal(row.heard, 'The week stays');
  assert.equal(unheardPart(row.text, row.heard), ' dry, and warm too.');
});

test('stragglers of an interrupted answer are dropped', () => {
  const late = play([...CUT, delta('r1', 'a1', ' And more.'), spokenText('r1', 'a1', 'All of it and more.'), done('r1', 'cancelled')]);
  assert.equal(late.rows[0].text, 'The week stays dry, and warm too.');
});

test('an answer cancelled before it sounded was not heard', () => {
  const state = play([created('r1'), delta('r1', 'a1', 'Well'), done('r1', 'cancelled')], emptyTranscript(false));
  assert.deepEqual([state.rows[0].interrupted, state.rows[0].heard], [true, '']);
});

test('a tool row stands where it was called, with arguments, output and how long it took', () => {
  const state = play([...speech('u1'), created('r1'), ...call('r1', 'c1', 'get_weather', '{"location":"Ghent"}'), done('r1'), output('c1', '{"temperature":11}'),
    ...ANSWER.map((event) => JSON.parse(JSON.stringify(event).replaceAll('"r1"', '"r2"')))]);
  assert.deepEqual(state.rows.map(({ kind }) => kind), ['turn', 'tool', 'turn']);
  const { args, output: given, status, ms } = state.rows[1];
  assert.deepEqual([args, given, status, ms], ['{"location":"Ghent"}', '{"temperature":11}', 'done', 300]);
});

test('a tool that failed says so, and the server knows better than the channel', () => {
  const state = play([created('r1'), ...call('r1', 'c1', 'x', '{}'), done('r1'), output('c1', '{"error":"No such place."}')]);
  assert.equal(state.rows[0].status, 'failed');
  const known = takeRuns(play([created('r1'), ...call('r1', 'c1', 'x', '{}')]), [{ call_id: 'c1', status: 'failed', output: 'late' }]);
  assert.deepEqual([known.rows[0].status, known.rows[0].output], ['failed', 'late']);
});

test('tools of a cancelled response are marked as cancelled', () => {
  assert.equal(play([created('r1'), ...call('r1', 'c1', 'x', '{}'), done('r1', 'cancelled')]).rows[0].status, 'cancelled');
});

test('only what was typed here is shown of written items', () => {
  const state = play([message('seed', 'user', 'My name is Kim.'), message('sys', 'system', 'Say hello.'), message('t1', 'user', 'Good morning')],
    expectTyped(emptyTranscript(true), 't1'));
  assert.deepEqual(texts(state), ['Good morning']);
  assert.ok(state.rows[0].typed);
});

test('a failed response leaves a remark with the reason', () => {
  const state = play([created('r1'), done('r1', 'failed', { status_details: { error: { message: 'Quota is used up.' } } })]);
  assert.equal(state.rows[0].text, 'No answer came: Quota is used up.');
});

test('an emptied transcript does not bring half a row back', () => {
  const state = play([delta('r1', 'a1', ' degrees')], emptied(play(ANSWER.slice(0, 4))));
  assert.deepEqual(state.rows, []);
});

test('what is being said when the call ends, ends there', () => {
  const state = ended(play([...CUT.slice(0, 4), ...speech('u2').slice(0, 1)], emptyTranscript(false)), NOW + 1400);
  assert.deepEqual(state.rows.map(({ id, heard, byEnd }) => [id, heard, byEnd]), [['a1', 'The week stays', true]]);
});

test('rows that did not change stay the same objects', () => {
  const before = play(ANSWER);
  const after = play(speech('u2'), before);
  assert.equal(after.rows[0], before.rows[0]);
});

test('heard words end at a word', () => {
  assert.equal(heardPart('one two three four', 600, false), 'one two');
  assert.equal(heardPart('one', 5000, false), 'one');
  assert.equal(heardPart('uninterruptedly', 100, false), '');
});
