/** One chart: the numbers of one field over a span of time, drawn by uPlot in the page's own ink. */

import uPlot from '../lib/uplot/uPlot.esm.js';
import { element, write } from '../elements/element_ui.js';
import { gapBands } from './gap_bands_ui.js';
import { gapSentence } from './gap_words_data.js';
import { inks } from './inks_ui.js';
import { extent, shortNumber } from './series_data.js';
import { clockTime, exactTime, span } from './times_data.js';

const NARROW_PX = 760;
const SIDE_PX = 48;

const axis = (more) => ({ stroke: () => inks['ink-3'], ticks: { show: false }, font: `12px ${getComputedStyle(document.body).fontFamily}`, ...more });

function options({ width, height, bands, moved }) {
  const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
  const exact = (values, step) => values.map((s) => (step < 60 ? clockTime(s * 1000) : clock.format(s * 1000)));
  return {
    width, height, legend: { show: false }, padding: [8, 12, 0, 0], plugins: [bands],
    cursor: { drag: { x: false, y: false }, points: { size: 8, fill: () => inks.ink, stroke: () => inks.ink } },
    scales: { x: { time: true, auto: false }, y: { range: (plot, low, high) => padded(low, high) } },
    axes: [axis({ grid: { show: false }, size: 28, space: (plot, side, low, high, px) => (px < 500 ? 44 : 90), values: (plot, values, index, space, step) => exact(values, step) }),
      axis({ size: SIDE_PX, grid: { stroke: () => inks.line, width: 1 }, values: (plot, values) => values.map(shortNumber) })],
    series: [{}, { stroke: () => inks.ink, width: 1.75, spanGaps: false, points: { size: 4, fill: () => inks.ink, stroke: () => inks.ink } }],
    hooks: { setCursor: [moved] },
  };
}

function padded(low, high) {
  if (low === null || high === null) return [0, 1];
  const room = (high - low) * 0.08 || Math.abs(high) * 0.05 || 1;
  return [low - room, high + room];
}

export class Chart {
  #box;
  #readout;
  #series;
  #gaps;
  #plot = null;

  /** @param {{box: HTMLElement, readout: HTMLElement, series: object, gaps: () => object[]}} parts */
  constructor({ box, readout, series, gaps }) {
    this.#box = box;
    this.#readout = readout;
    this.#series = series;
    this.#gaps = gaps;
    box.setAttribute('role', 'img');
    new ResizeObserver(() => this.#resize()).observe(box); // as long as its box, which is as long as the page
  }

  #size() {
    return { width: this.#box.clientWidth, height: innerWidth <= NARROW_PX ? 200 : 248 };
  }

  #resize() {
    const size = this.#size();
    if (this.#plot && size.width > 0) this.#plot.setSize(size);
  }

  /** Draws the span that ends `now`; a closed chart costs nothing. */
  draw({ name, unit, spanMs, now }) {
    const size = this.#size();
    if (size.width === 0) return;
    const data = this.#series.points(now - spanMs);
    this.#plot ??= new uPlot(options({ ...size, bands: gapBands(this.#gaps), moved: (plot) => this.#read(plot, unit) }), data, this.#box);
    this.#plot.batch(() => {
      this.#plot.setData(data, false);
      this.#plot.setScale('x', { min: (now - spanMs) / 1000, max: now / 1000 });
    });
    const said = this.#said(name, data[1], spanMs, now);
    if (this.#box.ariaLabel !== said) this.#box.ariaLabel = said;
  }

  #said(name, values, spanMs, now) {
    const range = extent(values);
    const gaps = this.#gaps().filter(({ until_ms: until }) => until >= now - spanMs).map((gap) => ` ${gapSentence(gap)}.`);
    const last = this.#series.last;
    if (!range || !last) return `${name} over ${span(spanMs)}: no numbers.${gaps.join('')}`;
    return `${name} over ${span(spanMs)}: lowest ${shortNumber(range.low)}, highest ${shortNumber(range.high)}, `
      + `last ${shortNumber(last.value)}.${gaps.join('')}`;
  }

  #read({ cursor: { idx }, data: [times, values] }, unit) {
    const value = idx === null || idx === undefined ? null : values[idx];
    write(this.#readout, value === null ? '' : `${shortNumber(value)}${unit && ` ${unit}`} at ${exactTime(times[idx] * 1000)}`);
  }

  restyle() {
    this.#plot?.redraw(false, true);
  }
}
