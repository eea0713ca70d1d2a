/**
 * The words and tool runs of a watched call as rows for its log, in the shapes of transcript_data. Made of the
 * bodies that the server stores and tells (docs/protocol.md, "The room of a call"). Rows are replaced, never
 * changed, and say everything once: the same turn or run again takes the place of what stood there. Pure.
 */

import { moment } from './clock_data.js';

const turnRow = ({ item_id: id, role, text, heard_text: heard, heard_exact: isExact, interrupted, started_at: startedAt }) => (
  { kind: 'turn', id, role, text, heard: heard ?? text, isExact: isExact !== false, interrupted: Boolean(interrupted),
    at: moment(startedAt), state: 'final', typed: false, failed: false });

const toolRow = ({ call_id: id, name, arguments: args, status, output, duration_ms: ms }, at, approval) => (
  { kind: 'tool', id, name, args: args ?? '', status, output: output || null, ms: ms ?? null, at, approval });

/** Puts a row where it belongs: in place of itself, else after the last one that began no later. */
function put(rows, row) {
  if (rows.some(({ id }) => id === row.id)) return rows.map((one) => (one.id === row.id ? row : one));
  const place = rows.findLastIndex(({ at }) => at <= row.at) + 1;
  return [...rows.slice(0, place), row, ...rows.slice(place)];
}

const withTool = (rows, body, at) => {
  const known = rows.find(({ id }) => id === body.call_id);
  return put(rows, toolRow(body, known?.at ?? at, known?.approval ?? null));
};

function withAnswer(rows, { call_id: id, decision, after_s: afterS }) {
  if (!decision) return rows;
  return rows.map((row) => (row.id === id ? { ...row, approval: { decision, afterS } } : row));
}

const TAKERS = {
  turn: (rows, body) => (body.text ? put(rows, turnRow(body)) : rows),
  tool_run: withTool,
  approval: withAnswer,
};

/** The rows after one body, said at `at` (ms, by the server's clock); what is no turn, run or answer changes nothing. */
export const takeBody = (rows, body, at) => (Object.hasOwn(TAKERS, body.type) ? TAKERS[body.type](rows, body, at) : rows);

/** The rows of a stored timeline, in its order: a run says when it began, or stands behind what came before it. */
export function rowsOf(timeline) {
  return timeline.reduce((rows, body) => {
    const before = rows.at(-1)?.at ?? 0;
    return takeBody(rows, body, body.started_at ? moment(body.started_at) : before);
  }, []);
}

/** The rows with what this page whispered, each behind the row that it came after. */
export function withWhispers(rows, whispers) {
  const placed = whispers.filter(({ after }) => rows.some(({ id }) => id === after));
  const first = whispers.filter((whisper) => !placed.includes(whisper));
  return [...first, ...rows.flatMap((row) => [row, ...placed.filter(({ after }) => after === row.id)])];
}
