/**
 * One watched call as this page knows it. Two sources: an answer of `GET /voice/live/calls/<id>/` says everything
 * as of when it was asked for; what its room tells after that is put on top. Pure: every moment is given.
 */

import { clockTime, countdown, moment } from './clock_data.js';
import { STALE_MS, timed } from './live_floor_data.js';
import { rowsOf, takeBody, withWhispers } from './live_rows_data.js';
import { endedSentence, fullCost, standing } from './live_words_data.js';

/** A call that was told to end and goes on after that long may be told again. */
const ENDING_MS = 10_000;

/** `call`: the answer's own fields, null before one; `failure`: the status of a refusal to show it. */
export const openWatch = (id) => Object.freeze({ id, call: null, heardAt: null, failure: null, rows: [], whispers: [],
  ending: null, endingAt: null });

const endOf = ({ state, reason, ended_at: endedAt }) => (state === 'ended' ? { reason: reason ?? null, endedAt: endedAt ?? null } : null);

/** The watch after an answer that came at `at`. @param {{body, at, saidAt}[]} later what was told since it was asked for */
export function looked(watch, call, later, at) {
  const { timeline = [], ...facts } = call;
  const known = { ...watch, call: timed(facts, watch.call, at), heardAt: at, failure: null, rows: rowsOf(timeline),
    ending: endOf(call) ?? watch.ending };
  return later.reduce((next, told) => heard(next, told), known);
}

/** No answer, or none that helps; what is known stays. */
export const notLooked = (watch, status) => ([403, 404].includes(status) ? { ...watch, failure: status } : watch);

const HEARERS = {
  approval: (call, { title, ends_in_s: seconds, decision }, at) => ({ ...call, asking: decision ? null : { title, endsAt: at + seconds * 1000 } }),
  usage: (call, { cost }) => (cost ? { ...call, cost } : call),
  tampered: (call, { what }) => ({ ...call, tampering: [what].flat().join(', ') }),
  state: (call, { state, control, ends_in_s: seconds }, at) => ({ ...call, state, control, endsAt: at + seconds * 1000 }),
};

/** The watch after one body of its room, told at `at` by this page's clock, said at `saidAt` by the server's. */
export function heard(watch, { body, at, saidAt }) {
  if (watch.call === null) return watch; // the answer that is awaited has it
  const call = Object.hasOwn(HEARERS, body.type) ? HEARERS[body.type](watch.call, body, at) : watch.call;
  const ending = body.type === 'state' ? endOf(body) : null;
  return { ...watch, call, rows: takeBody(watch.rows, body, saidAt), ending: ending ?? watch.ending };
}

/** What the list says of the call, in its own shape. */
export const listed = (watch, entry) => (watch.call === null || watch.ending ? watch : { ...watch, call: { ...watch.call, ...entry } });

/** This page has whispered: shown behind what was said by then. */
export function whispered(watch, text, at) {
  const whisper = { kind: 'whisper', id: `whisper-${watch.whispers.length}`, text, at, after: watch.rows.at(-1)?.id ?? null };
  return { ...watch, whispers: [...watch.whispers, whisper] };
}

export const endAsked = (watch, at) => ({ ...watch, endingAt: at });

export const isOver = ({ ending }) => ending !== null;

function timeFact({ call, ending }, isFresh, now) {
  if (ending) return ['Lasted', countdown(lengthMs(call, ending))];
  return ['Time left', isFresh ? countdown(call.endsAt - now) : 'Unknown'];
}

const lengthMs = ({ started_at: startedAt }, { endedAt }) => (endedAt ? Math.max(0, moment(endedAt) - moment(startedAt)) : 0);

/** `[[name, value]]`: what is measured of the call; a dash stands for what is not. */
function facts(watch, isFresh, now) {
  const { cost, usage } = watch.call;
  const { input_audio_tokens: audioIn = 0, output_audio_tokens: audioOut = 0, cached_share: cached = null, interrupted = 0,
    first_word_ms: firstWord = null } = usage ?? {};
  return [timeFact(watch, isFresh, now), ['Cost so far', fullCost(cost)], ['Audio in, out', `${audioIn} / ${audioOut}`],
    ['Cached', cached === null ? '–' : `${Math.round(cached * 100)}\u00a0%`],
    ['First word', firstWord === null ? '–' : `${Math.round(firstWord)}\u00a0ms`], ['Interrupted', String(interrupted)]];
}

function subtitle({ started_at: startedAt, model, voice, text_only: isTextOnly, control }) {
  const sound = isTextOnly ? 'text only' : voice ? `voice ${voice}` : '';
  const line = control && control !== 'sideband' ? 'the page carries it' : '';
  return [`Started ${clockTime(moment(startedAt))}`, model, sound, line].filter(Boolean).join(', ');
}

const GONE = { 403: ['You may not watch this call', 'Ask the operator for the permission to watch running calls.'],
  404: ['This call is not here', 'It may have been erased, or its address is wrong.'] };

/** What stands under the head: how it ended, or that it is not of now. */
function remark({ call, ending }, isFresh) {
  if (ending) return endedSentence({ reason: ending.reason, who: call.user.name, lengthMs: lengthMs(call, ending) });
  return isFresh ? '' : 'The link to this call is down: what is said now appears here when it is back.';
}

const blank = (title, said = '') => ({ title, assistant: '', subtitle: '', state: null, remark: said, tampering: '', facts: [], rows: [],
  nothing: '', isLive: false, isEnding: false });

/** What stands where there are no words. */
const nothingOf = ({ ending }) => (ending ? 'Nothing was said, or it is too long ago to be shown here.' : 'Nothing said yet.');

function stateOf({ call, rows, ending }, isFresh, isFinal) {
  if (ending) return standing({ state: 'ended' });
  const last = rows.findLast(({ kind }) => kind === 'turn') ?? call.last;
  if (isFresh || isFinal) return standing({ ...call, last }, isFresh);
  return { word: 'Reconnecting', tone: 'wait' };
}

/**
 * Everything the panel shows.
 * @param {{isHeard: boolean, isFinal: boolean}} link whether the call's room tells everything; whether nothing more will come
 */
export function panelOf(watch, { isHeard, isFinal }, now) {
  const { call, rows, whispers, failure, ending, endingAt, heardAt } = watch;
  if (failure) return blank(...GONE[failure]);
  if (call === null) return blank('Opening the call');
  const isFresh = !isFinal && (isHeard || now - heardAt <= STALE_MS);
  return { title: call.user.name, assistant: call.assistant, subtitle: subtitle(call), state: stateOf(watch, isFresh, isFinal),
    remark: remark(watch, isFresh || isFinal), tampering: call.tampering ?? '', facts: facts(watch, isFresh, now),
    rows: withWhispers(rows, whispers), nothing: nothingOf(watch), isLive: !ending && !isFinal,
    isEnding: endingAt !== null && now - endingAt < ENDING_MS };
}
