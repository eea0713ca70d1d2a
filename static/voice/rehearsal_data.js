/**
 * A rehearsal as rows, made of what the socket tells (docs/protocol.md). Pure.
 *
 * A row is `{kind: 'line', id, role, text}`, `{kind: 'tool', id, name, args, status, output, ms, asks}` or
 * `{kind: 'trouble', id, text}`; `asks` is the title while the run waits for approval.
 */

/** Before anything was begun: `phase` is `idle`, `opening`, `open` or `over`. */
export const IDLE = Object.freeze({ phase: 'idle', busy: false, rows: [], tokens: 0, reason: '' });

const REASONS = {
  time_limit: 'its time was over',
  idle: 'nothing was said for a while',
  turn_limit: 'it had as many messages as a rehearsal may have',
  provider: 'the provider ended it',
  provider_lost: 'the line to the provider was lost',
  failed: 'it could not start',
};

const find = (state, id) => state.rows.find((row) => row.id === id);
const put = (state, row) => ({ ...state, rows: [...state.rows, row] });
const patch = (state, id, more) => ({ ...state, rows: state.rows.map((row) => (row.id === id ? { ...row, ...more } : row)) });

function line(state, id, role, text) {
  return find(state, id) ? patch(state, id, { text }) : put(state, { kind: 'line', id, role, text });
}

const TOLD = {
  ready: (state) => ({ ...state, phase: 'open' }),
  busy: (state, { busy }) => ({ ...state, busy }),
  delta: (state, { item_id: id, text }) => line(state, id, 'assistant', (find(state, id)?.text ?? '') + text),
  said: (state, { item_id: id, role, text }) => line(state, id, role, text),
  tool: (state, { call_id: id, name, arguments: args }) =>
    put(state, { kind: 'tool', id, name, args, status: 'running', output: null, ms: null, asks: null }),
  ask: (state, { call_id: id, title }) => patch(state, id, { asks: title, status: 'waiting' }),
  tool_done: (state, { call_id: id, status, output, duration_ms: ms }) => patch(state, id, { status, output, ms, asks: null }),
  usage: (state, { total_tokens: tokens }) => ({ ...state, tokens }),
  error: (state, { message }) => put(state, { kind: 'trouble', id: `trouble${state.rows.length}`, text: message }),
  over: (state, { reason }) => ({ ...state, phase: 'over', busy: false, reason }),
};

/** The rehearsal after one message of the socket. */
export const hear = (state, told) => TOLD[told.type]?.(state, told) ?? state;

/** The socket is gone; when nobody said why, the line broke. */
export const closed = (state) => (state.phase === 'over' ? state : { ...state, phase: 'over', busy: false, reason: 'lost' });

/** The sentence above the column. */
export function sentence({ phase, busy, rows, tokens, reason }, name) {
  const spent = tokens ? ` ${tokens.toLocaleString('en')} tokens used.` : '';
  if (phase === 'opening') return 'Connecting.';
  if (phase === 'open' && rows.some(({ asks }) => asks)) return `${name} waits for your answer.${spent}`;
  if (phase === 'open') return `${busy ? `${name} is answering.` : 'Your turn.'}${spent}`;
  return `Over: ${REASONS[reason] ?? 'the line to this site was lost'}.${spent}`;
}
