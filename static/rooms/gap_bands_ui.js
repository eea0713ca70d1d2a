/** Gaps in a chart: a band where something is missing, with a pin that says how much. Also the dot of the newest value. */

import { element, write } from '../elements/element_ui.js';
import { missedWords } from './gap_words_data.js';
import { inks } from './inks_ui.js';

const LEAST_PX = 3;
const PINS = 4;

function band(plot, gap) {
  const from = plot.valToPos(gap.since_ms / 1000, 'x', true);
  const until = plot.valToPos(gap.until_ms / 1000, 'x', true);
  const width = Math.max(LEAST_PX * devicePixelRatio, until - from);
  return { from: Math.max(plot.bbox.left, from), width };
}

function isVisible({ scales: { x } }, gap) {
  return gap.until_ms / 1000 >= x.min && gap.since_ms / 1000 <= x.max;
}

/** @param {() => object[]} gaps of the room */
export function gapBands(gaps) {
  const pins = [];

  function drawBands(plot) {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.globalAlpha = 0.14;
    ctx.fillStyle = inks.wait;
    for (const gap of gaps().filter((each) => isVisible(plot, each))) {
      const { from, width } = band(plot, gap);
      ctx.fillRect(from, bbox.top, Math.min(width, bbox.left + bbox.width - from), bbox.height);
    }
    ctx.restore();
  }

  function drawPins(plot) {
    const shown = gaps().filter((each) => isVisible(plot, each)).slice(-PINS);
    while (pins.length < shown.length) pins.push(plot.over.appendChild(element('span', { className: 'pin' })));
    pins.forEach((pin, index) => {
      pin.hidden = index >= shown.length;
      if (pin.hidden) return;
      write(pin, missedWords([shown[index]]));
      const middle = plot.valToPos((shown[index].since_ms + shown[index].until_ms) / 2000, 'x');
      pin.style.insetInlineStart = `${Math.min(Math.max(middle, 36), Math.max(36, plot.over.clientWidth - 36))}px`;
    });
  }

  function drawDot(plot) {
    const [times, values] = plot.data;
    if (!times.length || values.at(-1) === null) return;
    const { ctx } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.arc(plot.valToPos(times.at(-1), 'x', true), plot.valToPos(values.at(-1), 'y', true), 5 * devicePixelRatio, 0, 2 * Math.PI);
    Object.assign(ctx, { fillStyle: inks.ink, strokeStyle: inks.surface, lineWidth: 2 * devicePixelRatio });
    ctx.fill();
    ctx.stroke();
    ctx.restore();
  }

  return { hooks: { drawClear: [drawBands], draw: [drawDot, drawPins] } };
}
