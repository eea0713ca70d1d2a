/** The captions of a watched call: one element a row, made once, in the order in which things were said. */

import { arrange, element, icon } from '../elements/element_ui.js';
import { clockTime } from './clock_data.js';
import { drawTool } from './tool_ui.js';
import { drawTurn } from './turn_ui.js';

const NEAR_END_PX = 60;
const MAKERS = { turn: 'article', tool: 'details', whisper: 'p', nothing: 'p' };

const DRAWERS = {
  turn: (node, row, names) => drawTurn(node, row, names),
  tool: (node, row, { you }, tools) => drawTool(node, row, tools, { who: you, opens: false }),
  nothing: (node, { text }) => {
    node.className = 'quiet small';
    node.textContent = text;
  },
  whisper: (node, { text, at }) => {
    node.className = 'notice';
    node.replaceChildren(icon('floor', 's'), element('span', {}, element('b', {}, 'You whispered'), ` at ${clockTime(at)}: ${text}`));
  },
};

export class Captions {
  #box;
  #tools;
  #drawn = new Map(); // id -> {node, row}
  #isFilled = false;

  /** @param {HTMLElement} box @param {object} tools titles and symbols by name */
  constructor(box, tools) {
    this.#box = box;
    this.#tools = tools;
  }

  /** Another call: nothing of the last one stays, and what was said before is not read out. */
  clear() {
    this.#drawn.clear();
    this.#isFilled = false;
    this.#box.replaceChildren();
    this.#box.setAttribute('aria-live', 'off');
  }

  /** @param {object[]} given rows of live_rows_data @param {{you: string, them: string}} names @param {string} nothing said without rows */
  draw(given, names, nothing) {
    const rows = given.length ? given : [{ kind: 'nothing', id: nothing, text: nothing }];
    if (this.#isFilled) this.#box.setAttribute('aria-live', 'polite');
    const isAtEnd = this.#box.scrollHeight - this.#box.scrollTop - this.#box.clientHeight < NEAR_END_PX;
    const ids = new Set(rows.map(({ id }) => id));
    [...this.#drawn.keys()].forEach((id) => ids.has(id) || this.#drawn.delete(id));
    arrange(this.#box, rows.map((row) => this.#drawnNode(row, names)));
    if (isAtEnd || !this.#isFilled) this.#box.scrollTop = this.#box.scrollHeight;
    this.#isFilled = true;
  }

  #drawnNode(row, names) {
    const known = this.#drawn.get(row.id);
    if (known?.row === row) return known.node;
    const node = known?.node ?? element(MAKERS[row.kind]);
    DRAWERS[row.kind](node, row, names, this.#tools);
    this.#drawn.set(row.id, { node, row });
    return node;
  }
}
