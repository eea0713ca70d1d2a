/**
 * The call in words: what the stage shows for a state. `describe` gives
 * `{word, said, ring, sign, act: {label, icon, look, does} | null, cures, plays, live, talking, low}`. Pure.
 */

import { activity } from './call_data.js';
import { clockTime } from './clock_data.js';
import { endingSentence } from './endings_data.js';
import { doing, toolFace } from './tools_data.js';

const LOW_MS = 60_000;

const ACTS = {
  start: { label: 'Start talking', icon: 'mic', look: 'main' },
  again: { label: 'Try again', icon: 'mic', look: 'main' },
  cancel: { label: 'Cancel', icon: 'x', look: 'stop' },
  end: { label: 'End call', icon: 'end', look: 'ends' },
  replace: { label: 'End it and start here', icon: 'mic', look: 'main' },
  login: { label: 'Log in', icon: 'user', look: 'main' },
  reload: { label: 'Reload', icon: 'play', look: 'main' },
  copy: { label: 'Copy for the operator', icon: 'copy', look: 'main' },
};

const act = (does, label) => ({ does, ...ACTS[does], ...(label ? { label } : {}) });

const SIGNS = {
  refused: 'mic-off', missing: 'mic-off', busy: 'mic-off', signed_out: 'user', in_call: 'chat', quota: 'clock',
};

const LOCAL = 'Engine in the box: it knows the time and the weather. Set OPENAI_API_KEY for more.';
const BOX = 'Your browser asks for the microphone when you start.';

const LIVE = {
  lost: (state) => ({ word: 'Reconnecting', ring: 'lost', sign: 'alert',
    said: `The line dropped at ${clockTime(state.lostAt)}. It may come back by itself. Nothing said so far is lost.` }),
  you: ({ heard }) => ({ word: 'You are speaking', ring: 'you', said: heard ? `“${heard.trim()}…”` : 'Go on.' }),
  waiting: ({ asks, id }, { name }) => ({ word: 'Waiting for you', ring: 'ask', sign: 'hand',
    said: `${name} wants to use “${asks.open.find(({ call }) => call === id).title}”. Answer below the transcript.` }),
  speaking: (state, { name }) => ({ word: 'Speaking', ring: 'them', said: speakingSentence(state, name) }),
  tool: ({ tools }, facts) => {
    const { name, args } = tools[0];
    const { title, icon } = toolFace(name, facts.tools);
    return { word: `Using “${title}”`, ring: 'tool', sign: icon, said: doing(name, args) };
  },
  thinking: (state, { name }) => ({ word: 'Thinking', ring: 'think', said: `${name} is working out an answer.` }),
  listening: ({ typing }, { name }) => ({ word: 'Listening', ring: typing ? 'rest' : 'hear',
    said: typing ? `Type, and ${name} answers. No microphone is open.` : 'Say something, or type.' }),
  muted: ({ push, muted }, { name }) => ({ word: 'Muted', ring: 'rest', sign: 'mic-off', crossed: true,
    said: push ? `${name} hears you only while you hold Space, or the button.` : `${name} cannot hear you. Unmute, or hold Space to talk.` }),
};

function speakingSentence({ typing, muted, push, holding }, name) {
  if (typing) return 'Type at any time to interrupt.';
  if (muted && !holding) return `You are muted: ${name} cannot hear you.`;
  return push ? 'Hold Space to interrupt.' : 'You can interrupt at any time.';
}

/** What stands under the word instead, when something about the whole call matters more. */
function overriding(state, { low, tells, doingNow }) {
  if (!['speaking', 'listening', 'muted'].includes(doingNow)) return null;
  if (state.unsaved) return 'Nothing of this call is being saved: the server could not join it. Go on, or end it and start again.';
  return low && tells ? 'One minute left. Everything said so far is kept.' : null;
}

function live(state, facts, now) {
  const doingNow = activity(state, now);
  const low = state.endsAt !== null && state.endsAt - now <= LOW_MS;
  const view = LIVE[doingNow](state, facts);
  const said = overriding(state, { low, tells: facts.tells, doingNow }) ?? view.said;
  const held = state.blocked ? [`Your browser is holding the sound back. Press once to hear ${facts.name}.`] : [];
  const cures = [...held, state.trouble, state.notice].filter(Boolean);
  return { ...view, said, low, cures, plays: state.blocked, act: act('end'), live: true, talking: true };
}

function failed({ failure }, now) {
  const waits = failure.retryAt !== undefined && now < failure.retryAt;
  const does = waits ? null : failure.does;
  return { word: 'Could not start', said: failure.said, ring: 'fail', sign: SIGNS[failure.cause] ?? 'alert',
    cures: failure.cures, act: does && act(does) };
}

const PHASES = {
  ready: (state, { provider }) => ({ word: 'Ready', said: provider.kind === 'local' ? LOCAL : BOX, ring: 'rest', act: act('start') }),
  asking: () => ({ word: 'Asking for microphone', said: 'Choose Allow in the box your browser shows.', ring: 'ask', sign: 'mic',
    act: act('cancel'), live: true }),
  connecting: () => ({ word: 'Connecting', said: 'Usually takes about a second.', ring: 'sweep', act: act('cancel'), live: true }),
  live,
  ended: ({ ending }, facts) => ({ word: 'Ended', ring: 'over', sign: 'ok', act: act('start', 'Start again'),
    said: endingSentence(ending, { provider: facts.provider.name, keepDays: facts.keepDays }) }),
  failed: (state, facts, now) => failed(state, now),
};

/**
 * @param {object} state of call_data
 * @param {{name: string, provider: {kind: string, name: string}, keepDays: number | null, tools: object, tells: boolean}} facts
 * @param {number} now ms
 */
export function describe(state, facts, now) {
  const view = PHASES[state.phase](state, facts, now);
  return { sign: 'mic', crossed: false, cures: [], plays: false, live: false, talking: false, low: false, ...view };
}
