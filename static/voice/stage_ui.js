/** The stage: dial, word, sentence, cures, time left, and the three acts. Draws what words_data describes. */

import { countdown } from './clock_data.js';
import { costWords } from './money_data.js';
import { element, showIcon, write } from '../elements/element_ui.js';

const SILENCE = [0, 0, 0];
const byId = (id) => document.getElementById(id);

export class Stage {
  #main = byId('main');
  #ring = this.#main.querySelector('.ring');
  #bars = [...byId('mute').querySelectorAll('.level i')];
  #drawnCures = '';
  #wasLow = false;
  #onPlay;

  /** @param {() => void} onPlay pressed "Play sound" */
  constructor(onPlay) {
    this.#onPlay = onPlay;
  }

  /** @param {{view, state, open: boolean, now: number, maxSeconds: number, tells: boolean}} shown */
  render({ view, state, open, now, maxSeconds, tells }) {
    const { dataset, classList } = this.#main;
    dataset.ring = view.ring;
    if (!view.talking) this.draw({ you: SILENCE, them: SILENCE, bars: [0, 0, 0, 0, 0] });
    classList.toggle('live', view.live);
    this.#main.toggleAttribute('data-low', view.low);
    this.#main.toggleAttribute('data-sign', view.crossed);
    showIcon(this.#ring, view.sign);
    write(byId('word'), view.word);
    write(byId('said'), view.said);
    this.#renderCures(view);
    this.#renderAct(view.act);
    this.#renderMute(view, state, open);
    this.#renderLeft(view, state, now, maxSeconds);
    byId('watched').hidden = !view.talking || state.watched === '';
    write(byId('watched').lastElementChild, view.talking ? state.watched : '');
    this.#warn(view.low && tells);
    byId('read').hidden = state.phase !== 'ended' || !state.id;
    byId('hint').hidden = !view.talking || state.typing;
    byId('hint2').hidden = view.talking;
  }

  #renderCures({ cures, plays }) {
    const drawn = JSON.stringify([cures, plays]);
    if (drawn === this.#drawnCures) return;
    this.#drawnCures = drawn;
    const lines = cures.map((cure) => element('p', {}, cure));
    const play = plays ? element('button', { className: 'btn', type: 'button', onclick: this.#onPlay }, 'Play sound') : null;
    byId('cure').replaceChildren(...lines, ...(play ? [play] : []));
    byId('cure').hidden = cures.length === 0;
  }

  #renderAct(act) {
    const button = byId('act');
    button.hidden = act === null;
    if (act === null) return;
    button.className = `btn ${act.look}`;
    button.dataset.does = act.does;
    write(button.lastElementChild, act.label);
    showIcon(button, act.icon);
  }

  #renderMute(view, { muted, typing, push }, open) {
    const button = byId('mute');
    button.disabled = !view.talking || typing;
    button.title = typing ? 'This call has no microphone' : '';
    button.setAttribute('aria-pressed', String(push ? open : muted));
    write(button.querySelector('.lbl'), push ? 'Hold to talk' : muted ? 'Unmute' : 'Mute');
    showIcon(button, open || !view.talking ? 'mic' : 'mic-off');
  }

  #renderLeft({ talking }, { endsAt, cost }, now, maxSeconds) {
    const text = talking && endsAt !== null ? countdown(endsAt - now) : countdown(maxSeconds * 1000);
    const spent = talking ? costWords(cost) : '';
    const rest = `${talking ? ' left' : ' a call'}${spent && `, ${spent}`}`;
    if (byId('left').textContent === text + rest) return;
    byId('left').replaceChildren(...(maxSeconds ? [element('b', {}, text), rest] : []));
  }

  #warn(isLow) {
    if (isLow && !this.#wasLow) write(byId('tell-now'), 'One minute left.');
    if (!isLow) write(byId('tell-now'), '');
    this.#wasLow = isLow;
  }

  /** Draws loudness: the dial follows who is speaking, the bars in the mute button follow you. */
  draw({ you, them, bars }) {
    const side = { hear: you, you, them }[this.#main.dataset.ring] ?? SILENCE;
    side.forEach((level, index) => this.#ring.style.setProperty(`--l${index + 1}`, level.toFixed(2)));
    this.#bars.forEach((bar, index) => bar.style.setProperty('--v', bars[index].toFixed(2)));
  }
}
