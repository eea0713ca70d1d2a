/**
 * The stream of one room: the newest rows that fit the filter, at most so many on the page. Paused, it stands
 * still while rows are kept on.
 */

import { arrange, showIcon, write } from '../elements/element_ui.js';
import { rowFilter } from './filter_data.js';
import { rowNode } from './row_ui.js';
import { clockTime, count } from './times_data.js';

const SHOWN = 100;
const MORE = 100;

export class Stream {
  #part;
  #rows;
  #changed;
  #nodes = new Map(); // row -> tr
  #fits = () => true;
  #isRaw = false;
  #most = SHOWN;
  #pausedAt = null; // {added, at}

  /** @param {{part: (name: string) => HTMLElement, rows: object, changed: () => void, older: () => void, cleared: () => void}} parts */
  constructor({ part, rows, changed, older, cleared }) {
    this.#part = part;
    this.#rows = rows;
    this.#changed = changed;
    part('pause').addEventListener('click', () => this.#pause());
    part('filter').addEventListener('input', () => this.#filter());
    part('pretty').addEventListener('click', () => this.#lay(false));
    part('raw').addEventListener('click', () => this.#lay(true));
    part('clear').addEventListener('click', () => this.#clear(cleared));
    part('older').addEventListener('click', () => this.#older(older));
  }

  get isPaused() {
    return this.#pausedAt !== null;
  }

  /** What is shown now, newest first. */
  get shown() {
    return this.#rows.newestFirst(this.#fits, this.#most, this.#pausedAt?.added);
  }

  /** What is kept and fits, oldest first. */
  get kept() {
    return this.#rows.all.filter(this.#fits);
  }

  #pause() {
    this.#pausedAt = this.isPaused ? null : { added: this.#rows.added, at: Date.now() };
    const button = this.#part('pause');
    button.setAttribute('aria-pressed', String(this.isPaused));
    write(button.querySelector('span'), this.isPaused ? 'Go on' : 'Pause');
    showIcon(button, this.isPaused ? 'play' : 'hold');
    this.#changed();
  }

  #filter() {
    this.#fits = rowFilter(this.#part('filter').value);
    this.#most = SHOWN;
    this.#changed();
  }

  #lay(isRaw) {
    this.#isRaw = isRaw;
    this.#part('raw').setAttribute('aria-pressed', String(isRaw));
    this.#part('pretty').setAttribute('aria-pressed', String(!isRaw));
    this.#nodes.clear();
    this.#changed();
  }

  #clear(cleared) {
    this.#rows.clear();
    cleared();
    if (this.isPaused) this.#pausedAt = { added: this.#rows.added, at: Date.now() };
    this.#most = SHOWN;
    this.#changed();
  }

  #older(fetchOlder) {
    if (this.kept.length <= this.#most) fetchOlder();
    this.#most += MORE;
    this.#changed();
  }

  draw(emptyWords) {
    const shown = this.shown;
    const nodes = new Map(shown.map((row) => [row, this.#nodes.get(row) ?? rowNode(row, this.#isRaw)]));
    this.#nodes = nodes;
    arrange(this.#part('rows'), [...nodes.values()]);
    this.#part('none').hidden = shown.length > 0;
    write(this.#part('none'), this.#part('filter').value ? 'Nothing here fits the filter.' : emptyWords);
    this.#drawWaiting();
  }

  #drawWaiting() {
    const place = this.#part('waiting');
    place.hidden = !this.isPaused;
    if (!this.isPaused) return;
    const waiting = this.#rows.added - this.#pausedAt.added;
    write(place.querySelector('b'), `${count(waiting)} waiting`);
    write(place.querySelector('b + span'), ` since ${clockTime(this.#pausedAt.at)}. Nothing is lost while paused.`);
  }
}
