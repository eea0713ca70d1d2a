/** The rooms that were found and are not on the wall: one row each, with a button that puts it there. */

import { arrange, element, write } from '../elements/element_ui.js';
import { roomHref } from './wall_data.js';

const VALUE_CHARS = 120;

class Row {
  #value = element('code', { className: 'v quiet' });
  #rate = element('span', { className: 'r quiet' });
  #age = element('span', { className: 'age quiet' });
  node;

  constructor({ name }, base, watch) {
    const link = element('a', { href: roomHref(base, [name]) }, element('code', {}, name));
    const button = element('button', { className: 'btn', type: 'button', onclick: () => watch(name) }, 'Watch',
      element('span', { className: 'sr' }, ` ${name}`));
    this.node = element('li', {}, link, this.#value, this.#rate, this.#age, button);
    this.node.dataset.room = name;
  }

  draw(view) {
    write(this.#value, view.raw.slice(0, VALUE_CHARS));
    write(this.#rate, view.state.isOld ? view.state.word : view.rate);
    write(this.#age, view.age);
  }
}

export class Found {
  #section;
  #base;
  #watch;
  #rows = new Map();

  /** @param {(name: string) => void} watch */
  constructor(section, base, watch) {
    this.#section = section;
    this.#base = base;
    this.#watch = watch;
  }

  draw(shown) {
    this.#section.hidden = shown.length === 0;
    const nodes = shown.map(({ room, view }) => {
      if (!this.#rows.has(room.name)) this.#rows.set(room.name, new Row(room, this.#base, this.#watch));
      const row = this.#rows.get(room.name);
      row.draw(view);
      return row.node;
    });
    arrange(this.#section.querySelector('ul'), nodes);
  }
}
