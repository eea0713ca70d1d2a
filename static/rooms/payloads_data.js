/**
 * What a payload is to a reader: a number, JSON, text, bytes, or too large to be here. Reading never changes it:
 * the text stays as it was published. Pure.
 */

const MOST_FIELDS = 12;
const EXACT_DIGITS = /\d{16,}/;
const SHORT_CHARS = 72;
const UNIT_CHARS = 12;

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function byteSize(base64) {
  return Math.floor((base64.length * 3) / 4) - (base64.endsWith('==') ? 2 : Number(base64.endsWith('=')));
}

/** "48 bytes", "2.1 KB". */
export const sizeWords = (bytes) => (bytes < 1024 ? `${bytes} byte${bytes === 1 ? '' : 's'}` : `${(bytes / 1024).toFixed(1)} KB`);

/** `{kind: 'number'|'json'|'text'|'binary'|'too_large', text, value?, bytes?}` of a message frame. */
export function readPayload(message) {
  if (message.too_large !== undefined) return { kind: 'too_large', text: '', bytes: message.too_large };
  if (message.base64 !== undefined) return { kind: 'binary', text: message.base64, bytes: byteSize(message.base64) };
  const text = message.data ?? '';
  const value = parsed(text);
  if (typeof value === 'number' && Number.isFinite(value)) return { kind: 'number', text, value };
  return typeof value === 'object' && value !== null ? { kind: 'json', text, value } : { kind: 'text', text };
}

/** Numbers by the name of their field, `''` for a payload that is one; nested fields as `a.b`. */
export function numbersOf({ kind, value }) {
  if (kind === 'number') return { '': value };
  if (kind !== 'json' || !isObject(value)) return {};
  const found = [];
  for (const [name, inner] of Object.entries(value)) {
    if (Number.isFinite(inner)) found.push([name, inner]);
    else if (isObject(inner)) Object.entries(inner).forEach(([last, deep]) => Number.isFinite(deep) && found.push([`${name}.${last}`, deep]));
  }
  return Object.fromEntries(found.slice(0, MOST_FIELDS));
}

/** The unit a payload names itself, as in `{"t": 23.4, "unit": "°C"}`. */
export function unitOf({ kind, value }) {
  const unit = kind === 'json' && isObject(value) ? value.unit : '';
  return typeof unit === 'string' && unit.length <= UNIT_CHARS ? unit : '';
}

const IGNORED = ['unit'];
const TIMELIKE = /^(ts|time|timestamp|at|date|datetime|seq|id|epoch|offset)$/i;

/** Whether a field counts or dates messages rather than measuring something. */
export const isTimelike = (name) => TIMELIKE.test(name.split('.').at(-1));

function mainField(value) {
  const fields = Object.entries(value).filter(([name, inner]) => !IGNORED.includes(name) && ['number', 'string', 'boolean'].includes(typeof inner));
  return fields.find(([name]) => !isTimelike(name)) ?? fields[0];
}

/** What stands large on a tile: `{text, unit, isText, field, fields: [[name, number]]}`. */
export function mainValue(payload) {
  const plain = { text: payload.text, unit: '', isText: true, field: null, fields: [] };
  if (payload.kind === 'number') return { ...plain, text: String(payload.value), isText: false, field: '' };
  if (payload.kind === 'binary') return { ...plain, text: `binary, ${sizeWords(payload.bytes)}` };
  if (payload.kind === 'too_large') return { ...plain, text: `too large, ${sizeWords(payload.bytes)}` };
  const main = payload.kind === 'json' && isObject(payload.value) ? mainField(payload.value) : undefined;
  if (!main) return plain;
  const [field, value] = main;
  const isText = typeof value !== 'number';
  const fields = isText ? Object.entries(numbersOf(payload)).filter(([name]) => !isTimelike(name)).slice(0, 2) : [];
  return { text: String(value), unit: isText ? '' : unitOf(payload), isText, field: isText ? null : field, fields };
}

/** The payload laid out for reading; numbers too long for a browser keep the text they came in. */
export function prettyText({ kind, text, value }) {
  if (kind !== 'json' || EXACT_DIGITS.test(text)) return text;
  const flat = JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, ' ').replaceAll(/([[{]) /g, '$1').replaceAll(/ ([\]}])/g, '$1');
  return flat.length <= SHORT_CHARS ? flat : JSON.stringify(value, null, 2);
}

/** Pretty text in pieces `{text, quiet}`: the braces of a short one, the keys of a long one step back. */
export function pieces(text) {
  const mark = text.includes('\n') ? /("(?:[^"\\]|\\.)*")(?=\s*:)/ : /(^[[{]|[\]}]$)/;
  // What the mark catches stands at odd places.
  return text.split(mark).map((part, index) => ({ text: part, quiet: index % 2 === 1 })).filter((piece) => piece.text);
}
