/**
 * What a call is doing, as one value and one step function. No page, no network, no clock: every input says
 * when it happened. Speaking follows the sound that is played (`output_audio_buffer.*`), not the response,
 * which is finished seconds before it was heard.
 */

import { NO_ASKS, dropCall, openAsks, takeAsks } from './asks_data.js';

/** The value before anything was pressed. */
export const READY = Object.freeze({
  phase: 'ready', // ready | asking | connecting | live | ended | failed
  typing: false, // a call without a microphone
  muted: false,
  push: false, // push to talk: silent unless Space is held
  byHand: false, // and its turns are ended by letting go, because the session detects none
  holding: false,
  hearing: null, // item id of what the person is saying now
  heard: '',
  playing: null, // response id whose sound is played
  response: null, // response id being made
  awaiting: null, // since when something is owed by the assistant
  tools: Object.freeze([]), // [{callId, name, args, response}] that have no output yet
  lostAt: null,
  blocked: false, // the browser holds the sound back
  unsaved: false,
  trouble: '', // what is wrong with the microphone in mid-call
  startedAt: null,
  endsAt: null,
  cost: null, // {amount, currency, state} so far, when people may see it
  notice: '', // what the server says of the money
  watched: '', // and that staff read along
  id: null,
  asks: NO_ASKS, // questions before tools run, of this call and of one elsewhere
  failure: null,
  ending: null,
});

/** How long "Thinking" stands when nothing comes of it: noise makes no answer. */
const AWAIT_MS = 8000;

/** Notices that do not stand with the others: of the time the page has a clock, being watched has its own line. */
const OWN_PLACE = ['time_low', 'watched'];

const QUIET = { hearing: null, heard: '', playing: null, response: null, awaiting: null, tools: [], lostAt: null,
  blocked: false, holding: false, trouble: '' };

const outputOf = (state, callId) => ({
  ...state,
  tools: state.tools.filter((tool) => tool.callId !== callId),
  awaiting: state.tools.some((tool) => tool.callId === callId) ? 'now' : state.awaiting,
});

function calling(state, item, response) {
  const rest = state.tools.filter((tool) => tool.callId !== item.call_id);
  const tool = { callId: item.call_id, name: item.name, args: item.arguments ?? '', response };
  return { ...state, tools: [...rest, tool], awaiting: null };
}

function itemSeen(state, { item }) {
  if (item.type === 'function_call_output') return outputOf(state, item.call_id);
  return state;
}

function responseDone(state, { response }) {
  const isCurrent = state.response === response.id;
  const ran = response.status === 'completed';
  return {
    ...state,
    response: isCurrent ? null : state.response,
    tools: ran ? state.tools : state.tools.filter((tool) => tool.response !== response.id),
  };
}

const quietAgain = (state, { response_id: id }) => (state.playing === id || !id ? { ...state, playing: null } : state);

const EVENTS = {
  'input_audio_buffer.speech_started': (state, { item_id: id }) => ({ ...state, hearing: id, heard: '', awaiting: null }),
  'input_audio_buffer.speech_stopped': (state) => ({ ...state, hearing: null, awaiting: 'now' }),
  'conversation.item.input_audio_transcription.delta': (state, { item_id: id, delta }) =>
    (state.hearing === id ? { ...state, heard: state.heard + delta } : state),
  'conversation.item.input_audio_transcription.completed': (state, { transcript }) =>
    (transcript?.trim() ? state : { ...state, awaiting: state.response ? state.awaiting : null }),
  'conversation.item.added': itemSeen,
  'conversation.item.done': itemSeen,
  'response.created': (state, { response }) => ({ ...state, response: response.id, awaiting: null, tools: [] }),
  'response.output_item.added': (state, { item, response_id: id }) =>
    (item.type === 'function_call' ? calling(state, item, id) : state),
  'response.output_item.done': (state, { item, response_id: id }) =>
    (state.tools.some((tool) => tool.callId === item.call_id) ? calling(state, item, id) : state),
  'response.done': responseDone,
  'output_audio_buffer.started': (state, { response_id: id }) => ({ ...state, playing: id ?? 'sound', awaiting: null }),
  'output_audio_buffer.stopped': quietAgain,
  'output_audio_buffer.cleared': quietAgain,
};

const INPUTS = {
  asking: (state) => ({ ...state, ...QUIET, phase: 'asking', typing: false, failure: null, ending: null, startedAt: null }),
  connecting: (state, { typing }) => ({ ...state, ...QUIET, phase: 'connecting', typing, failure: null, ending: null,
    muted: false, startedAt: null, endsAt: null, cost: null, notice: '', watched: '', id: null, unsaved: false }),
  answered: (state, { id, endsAt }) => ({ ...state, id, endsAt }),
  live: (state, { at }) => ({ ...state, phase: 'live', startedAt: at }),
  stands: (state, { cost, notices }) => ({ ...state, cost: cost ?? state.cost,
    notice: notices.find(({ code }) => !OWN_PLACE.includes(code))?.message ?? state.notice,
    watched: notices.find(({ code }) => code === 'watched')?.message ?? state.watched }),
  clock: (state, { endsAt }) => ({ ...state, endsAt }),
  event: (state, { event, at }) => {
    const next = EVENTS[event.type]?.(state, event) ?? state;
    return next.awaiting === 'now' ? { ...next, awaiting: at } : next;
  },
  typed: (state, { at }) => ({ ...state, awaiting: at }),
  mute: (state, { muted }) => ({ ...state, muted }),
  push: (state, { push, byHand = false }) => ({ ...state, push: push || byHand, byHand }),
  hold: (state, { holding }) => ({ ...state, holding }),
  approvals: (state, said) => ({ ...state, asks: takeAsks(state.asks, { ...said, call: said.call ?? state.id }) }),
  gone: (state, { call }) => ({ ...state, asks: dropCall(state.asks, call) }),
  lost: (state, { at }) => (state.phase === 'live' && state.lostAt === null ? { ...state, lostAt: at } : state),
  back: (state) => ({ ...state, lostAt: null }),
  blocked: (state, { blocked }) => ({ ...state, blocked }),
  trouble: (state, { trouble }) => ({ ...state, trouble }),
  unsaved: (state, { unsaved }) => ({ ...state, unsaved }),
  cancelled: (state) => ({ ...state, ...QUIET, phase: 'ready', id: null }),
  failed: (state, { failure }) => ({ ...state, ...QUIET, phase: 'failed', failure }),
  ended: (state, { reason, at }) => ({ ...state, ...QUIET, phase: 'ended', ending: { reason, startedAt: state.startedAt, endedAt: at } }),
};

/** The state after one input; an input nobody knows changes nothing. */
export const reduce = (state, input) => INPUTS[input.type]?.(state, input) ?? state;

/** Whether the microphone's sound goes out. */
export const isOpen = ({ typing, muted, push, holding }) => !typing && (holding || !(muted || push));

/** Which one of the live words holds, in the order of what matters most to the person. */
export function activity(state, now) {
  if (state.lostAt !== null) return 'lost';
  if (state.hearing !== null) return 'you';
  if (openAsks(state, now).some(({ call }) => call === state.id)) return 'waiting';
  if (state.playing !== null) return 'speaking';
  if (state.tools.length) return 'tool';
  if (state.response !== null) return 'thinking';
  if (state.awaiting !== null && now - state.awaiting < AWAIT_MS) return 'thinking';
  return state.typing || isOpen(state) ? 'listening' : 'muted';
}
