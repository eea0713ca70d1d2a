/** What is kept of a room, as a file. Gaps are part of it: a file must not look whole when it is not. Pure. */

const COLUMNS = ['kind', 'room', 'epoch', 'offset', 'at', 'data', 'base64', 'note'];
const FORMULA = /^[=+@\t\r]|^-(?!\d+(?:\.\d+)?(?:e[+-]?\d+)?$)/i;

const iso = (ms) => new Date(ms).toISOString();

/** One field; what a spreadsheet would run as a formula is made text by an apostrophe. */
function field(value) {
  const text = String(value ?? '');
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function cells({ message, gap }, room) {
  if (gap) {
    return ['gap', room, gap.to?.epoch, gap.to?.offset, iso(gap.since_ms), '', '',
      `${gap.missed ?? 'unknown number'} missed until ${iso(gap.until_ms)}: ${gap.reason}`];
  }
  const note = message.too_large === undefined ? '' : `too large: ${message.too_large} bytes`;
  return ['message', room, message.epoch, message.offset, iso(message.at), message.data, message.base64, note];
}

/** @param {{message?: object, gap?: object}[]} rows oldest first */
export function csv(rows, room) {
  return [COLUMNS, ...rows.map((row) => cells(row, room))].map((line) => `${line.map(field).join(',')}\r\n`).join('');
}

export function json(rows, room) {
  const messages = rows.flatMap(({ message }) => (message ? [message] : []));
  const gaps = rows.flatMap(({ gap }) => (gap ? [gap] : []));
  return `${JSON.stringify({ room, messages, gaps }, null, 2)}\n`;
}

/** "greenhouse-temp-2026-11-22-120146.csv". */
export function fileName(room, now, suffix) {
  const name = room.replaceAll(/[^\p{L}\p{N}.-]+/gu, '-').slice(0, 80);
  return `${name}-${iso(now).slice(0, 19).replaceAll(':', '').replace('T', '-')}.${suffix}`;
}
