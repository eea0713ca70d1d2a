/** The transcript column: one element a row, made once and redrawn only when its row changed. */

import { element, icon, write } from '../elements/element_ui.js';
import { drawTool } from './tool_ui.js';
import { outcome, toolFace } from './tools_data.js';
import { drawTurn } from './turn_ui.js';

const NEAR_END_PX = 60;
const MAKERS = { turn: 'article', tool: 'details', remark: 'p' };

export class Log {
  #box = document.getElementById('log');
  #none = document.getElementById('none');
  #last = document.getElementById('last');
  #drawn = new Map(); // id -> {node, row}
  #tools;

  constructor(tools) {
    this.#tools = tools;
  }

  /** @param {{rows: object[], name: string, isSilent: boolean}} shown `isSilent`: nothing is spoken over */
  render({ rows, name, isSilent }) {
    const isAtEnd = this.#box.scrollHeight - this.#box.scrollTop - this.#box.clientHeight < NEAR_END_PX;
    this.#box.setAttribute('aria-live', isSilent ? 'polite' : 'off');
    this.#dropMissing(rows);
    rows.forEach((row) => this.#draw(row, name));
    this.#none.hidden = rows.length > 0;
    write(this.#last, this.#lastLine(rows.at(-1), name));
    if (isAtEnd) this.#box.scrollTop = this.#box.scrollHeight;
  }

  #dropMissing(rows) {
    const ids = new Set(rows.map(({ id }) => id));
    for (const [id, { node }] of this.#drawn) {
      if (ids.has(id)) continue;
      node.remove();
      this.#drawn.delete(id);
    }
  }

  #draw(row, name) {
    const known = this.#drawn.get(row.id);
    if (known?.row === row) return;
    const node = known?.node ?? this.#box.appendChild(element(MAKERS[row.kind]));
    if (row.kind === 'tool') drawTool(node, row, this.#tools);
    else if (row.kind === 'turn') drawTurn(node, row, { you: 'You', them: name });
    else node.replaceChildren(icon('alert', 's'), row.text);
    if (row.kind === 'remark') node.className = 'notice wait';
    this.#drawn.set(row.id, { node, row });
  }

  #lastLine(row, name) {
    if (!row) return 'Transcript';
    if (row.kind === 'tool') return `${toolFace(row.name, this.#tools).title}: ${outcome(row.status, row.ms, row.approval).toLowerCase()}`;
    if (row.kind === 'remark') return row.text;
    return `${row.role === 'user' ? 'You' : name}: ${row.heard ?? row.text}`;
  }
}
