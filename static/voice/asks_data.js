/**
 * The questions before a tool runs, as the server tells them: open ones to show, answered ones never again.
 * Pure; times are given.
 *
 * Asks are `{open: [{call, callId, name, title, args, endsAt, shownAt, spanMs}], settled: [call id of the run]}`.
 */

import { countdown } from './clock_data.js';

export const NO_ASKS = Object.freeze({ open: [], settled: [] });

/** A question whose end was not heard of is gone this long after its time. */
const LATE_MS = 2000;
/** A press meant for what stood there before must not decide. */
export const SETTLE_MS = 400;

function settle(asks, id) {
  return { open: asks.open.filter(({ callId }) => callId !== id), settled: [...asks.settled, id] };
}

function put(asks, call, said, at) {
  const known = asks.open.find(({ callId }) => callId === said.call_id);
  const spanMs = said.ends_in_s * 1000;
  const ask = { call, callId: said.call_id, name: said.name, title: said.title, args: said.arguments,
    endsAt: at + spanMs, shownAt: known?.shownAt ?? at, spanMs: known?.spanMs ?? spanMs };
  return { ...asks, open: [...asks.open.filter((one) => one !== known), ask] };
}

/** The asks after the server's word on some of them, heard at `at` (ms). `call`: the conversation's id. */
export function takeAsks(asks, { call, approvals, at }) {
  return approvals.reduce((next, said) => {
    if (next.settled.includes(said.call_id)) return next;
    return said.decision ? settle(next, said.call_id) : put(next, call, said, at);
  }, asks);
}

/** A call that is over asks nothing any more. */
export const dropCall = (asks, call) => ({ ...asks, open: asks.open.filter((ask) => ask.call !== call) });

/** The questions to show now; those of this page's own call only while it lives. */
export const openAsks = ({ asks, id, phase }, now) =>
  asks.open.filter((ask) => now < ask.endsAt + LATE_MS && (ask.call !== id || phase === 'live'));

const worded = (value) => (typeof value === 'string' ? value : JSON.stringify(value));

function spaced(name) {
  const words = name.replaceAll(/[_-]+/g, ' ').trim() || name;
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Arguments to read, `[{name, value}]`; text that is no object stands as it is. */
export function argumentRows(args) {
  try {
    const value = JSON.parse(args || '{}');
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      return Object.entries(value).map(([name, inner]) => ({ name: spaced(name), value: worded(inner) }));
    }
  } catch {
    // Shown as it is: who approves must see what was sent.
  }
  return [{ name: 'Arguments', value: args }];
}

/** What a card shows of its time: `{left, warns}`; `warns` in the last ten seconds. */
export function timeLeft({ endsAt }, now) {
  return { left: countdown(endsAt - now), warns: endsAt - now <= 10_000 };
}
