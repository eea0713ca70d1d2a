/** The list of running calls: one link a call, made once, redrawn where it changed, in the server's order. */

import { arrange, element, write } from '../elements/element_ui.js';

/** Sets the word and look of a `.state`. @param {{word: string, tone: string}} state */
export function drawStanding(node, { word, tone }) {
  write(node, word);
  const name = tone ? `state ${tone}` : 'state';
  if (node.className !== name) node.className = name;
}

class Row {
  #parts;
  #link;
  node;

  constructor({ id, who, assistant }) {
    const [time, state, cost, line] = ['span', 'span', 'span', 'p'].map((tag) => element(tag));
    time.className = cost.className = 'num';
    const changed = element('span', { className: 'tag wait', hidden: true }, 'Changed by its client');
    this.#parts = { time, state, cost, line, changed };
    const title = element('h3', {}, who, ' ', element('span', { className: 'quiet' }, `with ${assistant}`));
    this.#link = element('a', { href: `#${id}` }, title, time, state, cost, changed, line);
    this.node = element('li', {}, this.#link);
  }

  draw({ time, state, cost, line, isChanged }, isCurrent) {
    write(this.#parts.time, time);
    drawStanding(this.#parts.state, state);
    write(this.#parts.cost, cost);
    write(this.#parts.line, line);
    this.#parts.changed.hidden = !isChanged;
    if (isCurrent) this.#link.setAttribute('aria-current', 'true');
    else this.#link.removeAttribute('aria-current');
  }

  focus() {
    this.#link.focus();
  }
}

export class List {
  #list;
  #title;
  #rows = new Map(); // id -> Row

  /** @param {HTMLElement} list the `<ol>` @param {HTMLElement} title takes the focus when no call is left for it */
  constructor(list, title) {
    this.#list = list;
    this.#title = title;
  }

  /** @param {object[]} shown rows of live_floor_data @param {string} current id of the call that is watched */
  draw(shown, current) {
    const place = [...this.#list.children].findIndex((node) => node.contains(document.activeElement));
    const ids = new Set(shown.map(({ id }) => id));
    [...this.#rows.keys()].forEach((id) => ids.has(id) || this.#rows.delete(id));
    const nodes = shown.map((row) => {
      if (!this.#rows.has(row.id)) this.#rows.set(row.id, new Row(row));
      this.#rows.get(row.id).draw(row, row.id === current);
      return this.#rows.get(row.id).node;
    });
    arrange(this.#list, nodes);
    // A call that ends under the focus hands it to the next one.
    const isLost = place >= 0 && !this.#list.contains(document.activeElement);
    if (isLost) (nodes[Math.min(place, nodes.length - 1)]?.firstElementChild ?? this.#title).focus();
  }

  /** Focuses a call; false when it is not in the list. */
  focus(id) {
    this.#rows.get(id)?.focus();
    return this.#rows.has(id);
  }
}
