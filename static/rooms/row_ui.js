/** One row of a stream: a message as it came or laid out, or a gap. Opened, it shows all of itself. */

import { element } from '../elements/element_ui.js';
import { pieces, prettyText, sizeWords } from './payloads_data.js';
import { copyText, sayBriefly } from './copying_ui.js';
import { exactTime } from './times_data.js';

const SHOWN_CHARS = 600;
const SHOWN_BASE64 = 16;

const quiet = (text) => element('span', { className: 'k' }, text);

function plainParts({ kind, text, bytes }, isOpen) {
  if (kind === 'too_large') return [quiet(`too large to be kept, ${sizeWords(bytes)}`)];
  if (kind !== 'binary') return null;
  const isCut = !isOpen && text.length > SHOWN_BASE64;
  return [isCut ? `${text.slice(0, SHOWN_BASE64)}… ` : `${text} `, quiet(`base64, ${sizeWords(bytes)}`)];
}

function textParts(payload, { isRaw, isOpen }) {
  const text = isRaw ? payload.text : prettyText(payload);
  const cut = isOpen ? text : text.slice(0, SHOWN_CHARS);
  const parts = isRaw || payload.kind !== 'json' ? [cut] : pieces(cut).map((piece) => (piece.quiet ? quiet(piece.text) : piece.text));
  if (!isRaw && payload.kind === 'text') parts.push(' ', quiet('text'));
  if (cut.length < text.length) parts.push(quiet(`… ${sizeWords(text.length)}`));
  return parts;
}

function details({ message, payload }) {
  const copy = element('button', { className: 'btn bare', type: 'button' }, 'Copy');
  copy.addEventListener('click', async () => sayBriefly(copy, await copyText(payload.text), 'Copy'));
  return element('span', { className: 'details' }, quiet(`${message.offset} in ${message.epoch}, ${exactTime(message.at)}`), copy);
}

function drawPayload(cell, row, how) {
  const parts = plainParts(row.payload, how.isOpen) ?? textParts(row.payload, how);
  cell.replaceChildren(...parts, ...(how.isOpen ? [details(row)] : []));
}

function gapRow({ sentence }) {
  return element('tr', { className: 'gap' }, element('td', { colSpan: 3 }, sentence));
}

/** @param {{message, payload} | {gap, sentence}} row @param {boolean} isRaw */
export function rowNode(row, isRaw) {
  if (row.gap) return gapRow(row);
  const cell = element('td');
  const time = element('button', { className: 'when', type: 'button', ariaExpanded: 'false' }, exactTime(row.message.at));
  drawPayload(cell, row, { isRaw, isOpen: false });
  time.addEventListener('click', () => {
    const isOpen = time.ariaExpanded !== 'true';
    time.ariaExpanded = String(isOpen);
    drawPayload(cell, row, { isRaw, isOpen });
  });
  return element('tr', {}, element('td', {}, String(row.message.offset)), element('td', {}, time), cell);
}
