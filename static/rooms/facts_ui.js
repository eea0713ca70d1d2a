/** What a room's page says beside its messages: link, value, what is received, rate, lateness, watchers. */

import { element, write } from '../elements/element_ui.js';
import { isLearned, learned, valueState } from './freshness_data.js';
import { drawLag, drawLogin, drawState } from './health_ui.js';
import { linkWords, lostWords, receivedWords } from './link_words_data.js';
import { mainValue } from './payloads_data.js';
import { age, clockTime, rate, rhythm as rhythmWords, span } from './times_data.js';

export class Facts {
  #part;
  #config;
  #loginUrl;

  constructor({ part, config, choice, loginUrl }) {
    this.#part = part;
    this.#config = config;
    this.#loginUrl = loginUrl;
    const button = part('watch');
    const draw = () => button.setAttribute('aria-pressed', String(choice.now.watched.includes(config.name)));
    button.addEventListener('click', () => {
      if (choice.now.watched.includes(config.name)) choice.unwatch(config.name);
      else choice.watch(config.name);
      draw();
    });
    draw();
  }

  /** @param {{room, link, rhythm, newest, unit: string, isPaused: boolean, now: number}} known */
  draw(known) {
    const { room, link, newest, rhythm, now } = known;
    const isFetching = room.state.phase === 'joining' && room.state.hasJoined;
    const words = linkWords(link, { isOnline: navigator.onLine, isFetching, isPaused: known.isPaused, refused: room.state.trouble }, Date.now());
    const { usualMs, lateAfterMs } = learned(rhythm, this.#config.expected_ms);
    const value = valueState({ at: rhythm.at, lateAfterMs, isLinkUp: words.isUp && room.state.phase !== 'refused' }, now);
    const isLate = words.word === 'Live' && value.word === 'Late';
    drawState(this.#part('link'), isLate ? value : words);
    drawLag(this.#part('server'), link.lagMs);
    drawLogin(this.#part('login'), link.cause, this.#loginUrl);
    this.#sum({ room, words, isFetching, link, late: isLate ? lateWords(now - rhythm.at, usualMs) : '' });
    this.#value({ newest, unit: known.unit, now, isOld: value.isOld });
    this.#facts({ room, usualMs, lateAfterMs, unknown: isLearned(rhythm) ? '' : 'not learned yet' });
  }

  #sum({ room, words, isFetching, link, late }) {
    const tally = room.tally;
    const [numbers, rest] = receivedWords(tally, isFetching);
    const until = ` until ${clockTime(link.since)}, then unknown`;
    const parts = words.isUp ? [numbers, rest] : [numbers, tally.received ? until : ' received'];
    const isSaid = words.tone === 'bad' || words.word === 'Slowed';
    const shown = isSaid ? ['', words.sentence] : late ? [numbers, ` received. ${late}`] : parts;
    const place = this.#part('sum');
    if (place.textContent !== shown.join('')) place.replaceChildren(...(shown[0] ? [element('b', {}, shown[0])] : []), shown[1]);
    write(this.#part('missed'), lostWords(tally));
    this.#part('missed').hidden = lostWords(tally) === '';
  }

  #value({ newest, unit, now, isOld }) {
    const place = this.#part('value');
    const main = newest ? mainValue(newest.payload) : { text: '', unit: '', isText: false };
    const name = `val${main.isText ? ' text' : ''}${isOld ? ' quiet' : ''}`;
    if (place.className !== name) place.className = name;
    write(place.firstElementChild, main.text.slice(0, 40));
    const shownUnit = main.isText ? '' : main.unit || unit || this.#config.unit;
    write(place.lastElementChild, newest ? [shownUnit, age(now - newest.message.at)].filter(Boolean).join(', ') : '');
  }

  #facts({ room, usualMs, lateAfterMs, unknown }) {
    write(this.#part('watchers'), room.watchers === null ? 'unknown' : String(room.watchers));
    write(this.#part('rate'), usualMs ? rate(60_000 / usualMs) : unknown || 'on change');
    write(this.#part('late'), lateAfterMs ? `${span(lateAfterMs)} (${this.#config.expected_ms ? 'expected' : 'learned'})` : unknown || 'never, it speaks on change');
    write(this.#part('epoch'), room.state.position?.epoch ?? 'unknown');
  }
}

const lateWords = (silentMs, usualMs) => `Silent for ${span(silentMs)}${usualMs ? `, usually ${rhythmWords(usualMs)}` : ''}`;
