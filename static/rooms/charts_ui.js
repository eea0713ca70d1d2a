/** The charts of one room: one for each field worth it, the first one open. */

import { element, icon, write } from '../elements/element_ui.js';
import { Chart } from './chart_ui.js';
import { fieldTitle } from './fields_data.js';
import { shortNumber } from './series_data.js';

const SPANS = [['5 min', 300_000], ['30 min', 1_800_000], ['24 h', 86_400_000]];

export class Charts {
  #place;
  #fields;
  #gaps;
  #unit;
  #changed;
  #charts = new Map(); // field -> {chart, node, title}
  #spanMs = SPANS[0][1];

  /** @param {{place: HTMLElement, fields: object, gaps: () => object[], unit: string, changed: (spanMs: number) => void}} parts */
  constructor({ place, fields, gaps, unit, changed }) {
    this.#place = place;
    this.#fields = fields;
    this.#gaps = gaps;
    this.#unit = unit;
    this.#changed = changed;
  }

  #spans() {
    const buttons = SPANS.map(([label, ms]) => element('button', { className: 'btn bare', type: 'button', ariaPressed: String(ms === this.#spanMs),
      onclick: () => this.#choose(ms) }, label));
    const group = element('div', { className: 'seg push spans', ariaLabel: 'Span' }, ...buttons);
    group.setAttribute('role', 'group');
    return group;
  }

  #choose(ms) {
    this.#spanMs = ms;
    this.#place.querySelectorAll('.spans button').forEach((button, index) => {
      button.ariaPressed = String(SPANS[index % SPANS.length][1] === ms);
    });
    this.#changed(ms);
  }

  #add(name) {
    const isFirst = this.#charts.size === 0;
    const title = element('span', { className: 'quiet small' });
    const readout = element('span', { className: 'quiet small num' });
    const box = element('div', { className: 'live-plot' });
    const heading = element('h2', {}, fieldTitle(name), ' ', title);
    const node = isFirst
      ? element('section', { className: 'panel chart', ariaLabel: `Chart of ${fieldTitle(name)}` }, element('div', { className: 'bar' }, heading, readout, this.#spans()), box)
      : element('details', { className: 'panel chart', ontoggle: () => this.#changed(this.#spanMs) }, element('summary', {}, heading, readout, icon('chev', 's chev')), box);
    this.#place.append(node);
    const chart = new Chart({ box, readout, series: this.#fields.series(name), gaps: this.#gaps });
    this.#charts.set(name, { chart, node, title });
  }

  draw(now) {
    const names = this.#fields.charted;
    this.#place.hidden = names.length === 0;
    names.forEach((name) => this.#charts.has(name) || this.#add(name));
    for (const [name, { chart, title }] of this.#charts) {
      const unit = this.unitOf(name);
      const last = this.#fields.series(name)?.last;
      write(title, `${last ? `${shortNumber(last.value)}${unit && ` ${unit}`}, ` : ''}learned from the messages`);
      chart.draw({ name: fieldTitle(name), unit, spanMs: this.#spanMs, now });
    }
  }

  /** A unit said by the messages belongs to the first number in them; one said by the operator, to plain numbers. */
  unitOf(name) {
    if (name === '') return this.#unit;
    return name === this.#fields.charted[0] ? this.#fields.unit : '';
  }

  restyle() {
    this.#charts.forEach(({ chart }) => chart.restyle());
  }
}
