/** One tool row of the transcript: what was asked, how it went, and for the weather its card. */

import { element, icon } from '../elements/element_ui.js';
import { asked, outcome, readable, toolFace } from './tools_data.js';
import { weatherCard } from './weather_data.js';

function rod({ name, high, low, rain }) {
  const ends = [['high ', high], ['low ', low]].map(([word, value]) =>
    element('b', {}, element('span', { className: 'sr' }, word), `${value}°`));
  const day = element('li', {}, name, element('span', { className: 'rod' }, ...ends), element('span', {}, rain));
  day.style.setProperty('--lo', low);
  day.style.setProperty('--hi', high);
  return day;
}

function weekOf({ days, min, max }) {
  const list = element('ol', { className: 'week' }, ...days.map(rod));
  list.setAttribute('aria-label', 'Next seven days: high and low in °C, rain in mm');
  list.style.setProperty('--min', min);
  list.style.setProperty('--max', max);
  return list;
}

function weather(card) {
  const words = element('p', {}, element('b', {}, card.word), element('br'), card.air, element('br'), card.rain);
  const now = element('div', { className: 'wx' }, icon(card.icon), element('b', {}, card.degrees), words);
  return card.week ? [now, weekOf(card.week)] : [now];
}

function plain({ args, output }) {
  const part = (name, text) => [element('p', { className: 'cap' }, name), element('pre', {}, readable(text))];
  return [...(args ? part('Arguments', args) : []), ...(output === null ? [] : part('Result', output))];
}

/** What stands inside a tool row. */
function inside(row) {
  const card = row.name === 'get_weather' && row.output !== null ? weatherCard(row.output) : null;
  return card ? { parts: weather(card), face: card } : { parts: plain(row), face: null };
}

/**
 * Draws a row into its `<details>`, which keeps its open state.
 * @param {HTMLDetailsElement} details
 * @param {object} row of transcript_data
 * @param {object} tools the page's configuration of titles and symbols
 * @param {{who?: string, opens?: boolean}} reader `who`: as `outcome` has it; `opens`: what is worth a look opens by itself
 */
export function drawTool(details, row, tools, { who = 'You', opens = true } = {}) {
  const { title, icon: symbol } = toolFace(row.name, tools);
  const { parts, face } = inside(row);
  const end = element('span', { className: 'end' }, outcome(row.status, row.ms, row.approval, who));
  end.append(row.status === 'running' ? element('i', { className: 'busy' }) : icon('chev', 's chev'));
  const name = element('span', {}, element('b', {}, title), ` ${face?.place || asked(row.args)}`);
  details.className = 'tool';
  details.replaceChildren(element('summary', {}, icon(face?.icon ?? symbol, 's'), name, end), ...parts);
  if (opens && row.output !== null && !details.dataset.drawn) {
    details.dataset.drawn = 'yes';
    details.open = face !== null || row.status === 'failed';
  }
}
