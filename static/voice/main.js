/** Wires the talk page: elements to the state, the state to elements. */

import { createApi } from './api.js';
import { Asking } from './asking.js';
import { isOpen } from './call_data.js';
import { Devices } from './devices_ui.js';
import { write } from '../elements/element_ui.js';
import { failure } from './failures_data.js';
import { holdButton, listenForKeys } from './keys_ui.js';
import { Log } from './log_ui.js';
import { canChooseSpeaker, listDevices } from './media.js';
import { Stage } from './stage_ui.js';
import { Talk } from './talk.js';
import { describe } from './words_data.js';

const byId = (id) => document.getElementById(id);
const config = JSON.parse(byId('talk-config').textContent);
const api = createApi({ urls: config.urls, token: document.querySelector('[name=csrfmiddlewaretoken]').value });
const audio = byId('sound-out');

const stage = new Stage(() => talk.play());
const log = new Log(config.tools);
const talk = new Talk({ config, api, audio, draw: (levels) => stage.draw(levels), changed: render });
const asking = new Asking({ api, talk });
let wasTalking = false;
const devices = new Devices({ list: listDevices, speakers: canChooseSpeaker(), changed: deviceChanged });

function assistant() {
  return config.assistants.find(({ slug }) => slug === byId('who').value) ?? null;
}

function wish(more = {}) {
  return { wanted: { assistant: byId('who').value, voice: byId('sound').value, ...more }, deviceId: devices.preferences.input };
}

function facts() {
  const chosen = assistant();
  return { name: chosen?.name ?? 'The assistant', provider: config.provider, keepDays: chosen?.keep_days ?? null,
    tools: config.tools, tells: devices.preferences.tell };
}

function render() {
  const now = Date.now();
  const { state } = talk;
  const known = facts();
  const view = describe(state, known, now);
  stage.render({ view, state, open: isOpen(state), now, maxSeconds: assistant()?.max_seconds ?? 0, tells: known.tells });
  log.render({ rows: talk.transcript.rows, name: known.name, isSilent: state.typing && state.playing === null });
  asking.render(known.name, now);
  renderHead(view);
  renderRecord(state, known.keepDays, now);
}

function renderHead({ live, talking }) {
  for (const select of [byId('who'), byId('sound')]) {
    select.disabled = live;
    select.parentElement.title = live ? 'The assistant and its voice can be changed between calls' : '';
  }
  // The press that started the call leaves the focus on what now ends it; Space shall talk instead.
  if (talking && !wasTalking && document.activeElement === byId('act')) byId('main').focus({ preventScroll: true });
  wasTalking = talking;
}

function renderRecord({ id, phase }, keepDays, now) {
  const isKept = id !== null && ['live', 'ended'].includes(phase);
  byId('clear').hidden = talk.transcript.rows.length === 0;
  byId('export').hidden = !isKept;
  byId('note').hidden = talk.transcript.rows.length === 0;
  const kept = keepDays ? ` Kept for ${keepDays} days.` : '';
  write(byId('note'), `Written by a machine as it listens, so it can be wrong.${kept}`);
  if (!isKept) return;
  byId('read').href = `${config.urls.conversations}${id}/`;
  for (const link of byId('export').querySelectorAll('[data-format]')) {
    link.href = `${config.urls.conversations}${id}/?format=${link.dataset.format}`;
  }
}

async function copyReport() {
  await navigator.clipboard.writeText(talk.state.failure.report).catch(() => {}); // no permission: it stays readable
  talk.tell({ type: 'failed', failure: { ...talk.state.failure, does: 'again' } });
}

const ACTS = {
  start: () => talk.start(wish()),
  again: () => talk.start(wish()),
  replace: () => talk.start(wish({ replace: true })),
  cancel: () => talk.end(),
  end: () => talk.end(),
  login: () => location.assign(config.urls.login),
  reload: () => location.reload(),
  copy: copyReport,
};

function deviceChanged(name) {
  if (name === 'input') talk.useMicrophone(devices.preferences.input);
  if (name === 'output') audio.setSinkId(devices.preferences.output).catch(() => {}); // unplugged: the old one goes on
  if (name === 'push') choosePush();
  render();
}

function chooseAssistant() {
  const voice = devices.preferences.voice || assistant()?.voice;
  if (config.voices.includes(voice)) byId('sound').value = voice;
  choosePush();
  render();
}

const choosePush = () => talk.tell({ type: 'push', push: devices.preferences.push, byHand: assistant()?.by_hand ?? false });
const hold = (holding) => talk.tell({ type: 'hold', holding });
const mute = () => talk.state.phase === 'live' && !talk.state.typing && !talk.state.push && talk.tell({ type: 'mute', muted: !talk.state.muted });

byId('act').addEventListener('click', ({ detail }) => {
  if (detail < 2) ACTS[byId('act').dataset.does](); // the second half of a double click meant the first act
});
byId('mute').addEventListener('click', (event) => {
  mute();
  if (event.detail > 0) byId('main').focus({ preventScroll: true }); // pressed by pointer: Space shall talk, not press again
});
byId('clear').addEventListener('click', () => talk.tell({ type: 'clear' }));
byId('who').addEventListener('change', () => {
  devices.choose({ assistant: byId('who').value }, 'assistant');
  chooseAssistant();
});
byId('sound').addEventListener('change', () => devices.choose({ voice: byId('sound').value }, 'voice'));
byId('grip').addEventListener('click', () => {
  const isOpening = byId('main').dataset.sheet === 'peek';
  byId('main').dataset.sheet = isOpening ? 'open' : 'peek';
  byId('grip').setAttribute('aria-expanded', String(isOpening));
  byId('log').scrollTop = byId('log').scrollHeight;
});
byId('compose').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = byId('text').value.trim();
  if (text && config.assistants.length) talk.type(text, wish());
  byId('text').value = '';
});
listenForKeys({
  hold,
  mute,
  cancel: () => ['asking', 'connecting'].includes(talk.state.phase) && talk.end(),
});

if (config.assistants.some(({ slug }) => slug === devices.preferences.assistant)) byId('who').value = devices.preferences.assistant;
holdButton(byId('mute'), { hold, isOn: () => talk.state.push });
if (!config.assistants.length) talk.tell({ type: 'failed', failure: failure('no_assistant') });
if (devices.preferences.output && canChooseSpeaker()) deviceChanged('output');
chooseAssistant();
setInterval(render, 1000); // a wait that is over shows itself
