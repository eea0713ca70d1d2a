/**
 * The conversation as rows, made of the events of the data channel in the order people began to speak.
 *
 * A turn is `{kind: 'turn', id, role, text, state: 'hearing' | 'now' | 'final', typed, interrupted, heard, failed,
 * at, response}`; a tool is `{kind: 'tool', id, name, args, output, status, at, ms, response, approval?}`; a remark
 * is `{kind: 'remark', id, text, at}`. Rows are never changed, only replaced. Pure.
 */

import { heardPart } from './heard_data.js';
import { statusOf } from './tools_data.js';

/** An empty transcript. `exact`: words arrive as they are played. */
export const emptyTranscript = (exact) => Object.freeze({
  rows: [], exact, typed: [], gone: [], dropped: [], started: {},
});

const find = (state, id) => state.rows.find((row) => row.id === id);

/** The state with one row changed. */
export function patch(state, id, change) {
  return { ...state, rows: state.rows.map((row) => (row.id === id ? { ...row, ...change(row) } : row)) };
}

function put(state, row) {
  return find(state, row.id) || state.gone.includes(row.id) ? state : { ...state, rows: [...state.rows, row] };
}

const turn = (id, role, at, more) => ({ kind: 'turn', id, role, text: '', state: 'final', typed: false, interrupted: false,
  heard: null, failed: false, at, response: null, ...more });

const hearing = (state, { item_id: id }, at) => put(state, turn(id, 'user', at, { state: 'hearing' }));

function heardWords(state, { item_id: id, delta }, at) {
  return patch(hearing(state, { item_id: id }, at), id, (row) => ({ text: row.text + (delta ?? '') }));
}

function heardAll(state, { item_id: id, transcript }, at) {
  const text = (transcript ?? '').trim();
  if (!text) return { ...state, rows: state.rows.filter((row) => row.id !== id), gone: [...state.gone, id] };
  return patch(hearing(state, { item_id: id }, at), id, () => ({ text, state: 'final' }));
}

const notHeard = (state, { item_id: id }) => patch(state, id, () => ({ state: 'final', failed: true }));

function spoken(state, event, at, change) {
  const { item_id: id, response_id: response } = event;
  const row = find(state, id);
  if (state.dropped.includes(response) || row?.interrupted) return state;
  const fresh = put(state, turn(id, 'assistant', at, { state: 'now', response }));
  return patch(fresh, id, change);
}

const said = (state, event, at) => spoken(state, event, at, (row) => ({ text: row.text + event.delta }));
const saidAll = (state, event, at) =>
  spoken(state, event, at, (row) => ({ text: event.transcript ?? event.text ?? row.text }));

const cut = (row, ms, exact) => ({ interrupted: true, state: 'final', heard: heardPart(row.text, ms, exact) });

function truncated(state, { item_id: id, audio_end_ms: ms }) {
  return patch(state, id, (row) => cut(row, ms, state.exact));
}

/** The sound was cut: what this response still sends is not heard, and its open row ends here. */
function cleared(state, { response_id: response }, at) {
  const ms = state.started[response] === undefined ? 0 : at - state.started[response];
  const rows = state.rows.map((row) => (row.response === response && row.state === 'now' ? { ...row, ...cut(row, ms, state.exact) } : row));
  return { ...state, rows, dropped: [...state.dropped, response] };
}

const started = (state, { response_id: response }, at) => ({ ...state, started: { ...state.started, [response]: at } });

function played(state, { response_id: response }) {
  return { ...state, rows: state.rows.map((row) => (row.response === response && row.state === 'now' ? { ...row, state: 'final' } : row)) };
}

function toolSeen(state, item, at, response) {
  const row = { kind: 'tool', id: item.call_id, name: item.name, args: '', output: null, status: 'running', at, ms: null, response };
  return patch(put(state, row), item.call_id, (old) => ({ args: item.arguments || old.args }));
}

function toolAnswered(state, { call_id: id, output }, at) {
  return patch(state, id, (row) => (row.output === null ? { output, status: statusOf(output), ms: at - row.at } : {}));
}

function itemSeen(state, { item }, at) {
  if (item.type === 'function_call_output') return toolAnswered(state, item, at);
  if (item.type !== 'message' || item.role !== 'user' || !state.typed.includes(item.id)) return state;
  const text = item.content?.map((part) => part.text ?? '').join(' ').trim();
  return text ? put(state, turn(item.id, 'user', at, { text, typed: true })) : state;
}

const outputItem = (state, { item, response_id: response }, at) =>
  (item.type === 'function_call' ? toolSeen(state, item, at, response) : state);

/** A row of a response that was cancelled or failed; one that already sounds waits for the end of its sound. */
function leftOpen(row, sounds, exact) {
  if (row.kind === 'tool') return row.output === null ? { ...row, status: 'cancelled' } : row;
  return row.state === 'now' && !sounds ? { ...row, ...cut(row, 0, exact) } : row;
}

/** What stays open when a response ends without sound to wait for, was cancelled, or failed. */
function responseDone(state, { response }, at) {
  if (response.status === 'completed') return response.id in state.started ? state : played(state, { response_id: response.id });
  const stopped = state.rows.map((row) => (row.response === response.id ? leftOpen(row, response.id in state.started, state.exact) : row));
  const next = { ...state, rows: stopped, dropped: [...state.dropped, response.id] };
  if (response.status !== 'failed') return next;
  const why = response.status_details?.error?.message ?? 'no reason given';
  return put(next, { kind: 'remark', id: response.id, text: `No answer came: ${why}`, at });
}

const EVENTS = {
  'input_audio_buffer.speech_started': hearing,
  'conversation.item.input_audio_transcription.delta': heardWords,
  'conversation.item.input_audio_transcription.completed': heardAll,
  'conversation.item.input_audio_transcription.failed': notHeard,
  'conversation.item.added': itemSeen,
  'conversation.item.done': itemSeen,
  'conversation.item.truncated': truncated,
  'response.output_item.added': outputItem,
  'response.output_item.done': outputItem,
  'response.output_audio_transcript.delta': said,
  'response.output_audio_transcript.done': saidAll,
  'response.output_text.delta': said,
  'response.output_text.done': saidAll,
  'response.done': responseDone,
  'output_audio_buffer.started': started,
  'output_audio_buffer.stopped': played,
  'output_audio_buffer.cleared': cleared,
};

/** The transcript after one event of the data channel, which came at `at` (ms). */
export const take = (state, event, at) => EVENTS[event.type]?.(state, event, at) ?? state;

/** An item this page is about to send belongs to the person: shown, unlike seeded ones. */
export const expectTyped = (state, id) => ({ ...state, typed: [...state.typed, id] });

/** Empties the column; what comes late for a row that went does not bring half of it back. */
export const emptied = (state) => ({ ...state, rows: [], gone: [...state.gone, ...state.rows.map(({ id }) => id)] });

/** The call is over: what was being said ends here, what was not written down yet stays unknown. */
export function ended(state, at) {
  const rows = state.rows.filter((row) => row.state !== 'hearing' || row.text).map((row) =>
    (row.state === 'now' ? { ...row, ...cut(row, at - (state.started[row.response] ?? at), state.exact), byEnd: true } : row));
  return { ...state, rows };
}
