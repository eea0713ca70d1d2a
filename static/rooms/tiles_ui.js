/** The wall: one tile a room, made once and changed where it changed. Nothing moves by itself. */

import { arrange, element, write } from '../elements/element_ui.js';
import { nameParts, roomHref } from './wall_data.js';

const SVG = 'http://www.w3.org/2000/svg';

const shape = (tag, attributes) => {
  const made = document.createElementNS(SVG, tag);
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  return made;
};

function set(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

class Tile {
  #link = element('a');
  #state = element('span', { className: 'state' });
  #value = element('p', { className: 'val' }, element('span'), ' ', element('small'));
  #spark = shape('svg', { class: 'spark', viewBox: '0 0 240 40', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  #fields = element('dl', { className: 'flds', hidden: true });
  #facts = [element('span'), element('span'), element('span')];
  node;

  constructor({ name, title }, base) {
    this.#link.href = roomHref(base, [name]);
    this.#link.title = name;
    const [folder, last] = nameParts(name);
    if (title) this.#link.append(title);
    else this.#link.append(...(folder ? [element('span', { className: 'quiet' }, folder), element('wbr'), last] : [last]));
    this.#spark.append(shape('path', { class: 'data' }), shape('path', { class: 'lost' }));
    this.node = element('li', { className: 'tile' }, element('header', {}, element('h3', {}, this.#link), this.#state),
      this.#value, this.#spark, this.#fields, element('footer', {}, ...this.#facts));
    this.node.dataset.room = name;
  }

  draw(view) {
    const { state, spark } = view;
    write(this.#state, state.word);
    set(this.#state, 'class', `state ${state.tone}`.trim());
    set(this.node, 'class', `tile${state.isOld ? ' late' : ''}`);
    set(this.#value, 'class', view.isText ? 'val text' : 'val');
    write(this.#value.firstElementChild, view.text.slice(0, 80));
    write(this.#value.lastElementChild, view.unit);
    set(this.#spark.firstChild, 'd', spark.line);
    set(this.#spark.lastChild, 'd', spark.lost);
    this.#drawFields(view.fields);
    [view.age, view.rate, view.watching].forEach((text, index) => write(this.#facts[index], text));
  }

  #drawFields(fields) {
    this.#fields.hidden = fields.length === 0;
    this.#spark.toggleAttribute('hidden', fields.length > 0);
    const text = JSON.stringify(fields);
    if (this.#fields.dataset.shown === text) return;
    this.#fields.dataset.shown = text;
    this.#fields.replaceChildren(...fields.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, String(value))]));
  }
}

export class Tiles {
  #list;
  #base;
  #tiles = new Map();

  constructor(list, base) {
    this.#list = list;
    this.#base = base;
  }

  /** @param {{room: object, view: object}[]} shown in their order */
  draw(shown) {
    this.#list.hidden = shown.length === 0;
    const nodes = shown.map(({ room, view }) => {
      if (!this.#tiles.has(room.name)) this.#tiles.set(room.name, new Tile(room, this.#base));
      const tile = this.#tiles.get(room.name);
      tile.draw(view);
      return tile.node;
    });
    arrange(this.#list, nodes);
    const names = new Set(shown.map(({ room }) => room.name));
    [...this.#tiles.keys()].forEach((name) => names.has(name) || this.#tiles.delete(name));
  }
}
