/** A tool as people see it: title, symbol, what it is asked, what it is doing, how it went. Pure. */

import { duration } from './clock_data.js';

const DOING = {
  get_weather: (asked) => (asked ? `Looking up ${asked}.` : 'Looking at the sky.'),
  get_current_time: () => 'Looking at the clock.',
  list_rooms: () => 'Looking which rooms there are.',
  read_room: (asked) => (asked ? `Reading ${asked}.` : 'Reading a room.'),
  publish_to_room: (asked) => (asked ? `Publishing to ${asked}.` : 'Publishing to a room.'),
};

const STATUS = { running: 'Running', done: 'Done', failed: 'Failed', denied: 'Denied', cancelled: 'Cancelled' };
const TIMED = ['done', 'failed'];

function titled(name) {
  const words = name.replaceAll(/[_-]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `{title, icon}` from the page's configuration, or made of the name. */
export function toolFace(name, tools) {
  const known = tools?.[name];
  return { title: known?.title || titled(name), icon: known?.icon || 'tool' };
}

/** What the call asks about: the first text among its arguments, shortened; "" while there is none. */
export function asked(args) {
  let values;
  try {
    values = Object.values(JSON.parse(args));
  } catch {
    return '';
  }
  const text = values.find((value) => typeof value === 'string' && value !== '') ?? '';
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** The sentence under "Using …". */
export function doing(name, args) {
  return DOING[name]?.(asked(args)) ?? 'Working on it.';
}

function answered(status, { decision, afterS }, who) {
  if (decision === 'unanswered') return 'Denied by itself';
  if (decision === 'deny') return `${who} denied it`;
  return status === 'running' && decision !== 'carried' ? `${who} approved after ${duration(afterS * 1000)}` : null;
}

/**
 * "Done in 412 ms", "Running", "Failed after 8.0 s", "You denied it".
 * @param {string} who the person who is asked, when that is not who reads
 */
export function outcome(status, ms, approval = null, who = 'You') {
  const said = approval && answered(status, approval, who);
  if (said) return said;
  if (status === 'waiting') return `Waiting for ${who === 'You' ? 'you' : who}`;
  if (ms === null || ms === undefined || !TIMED.includes(status)) return STATUS[status];
  return `${STATUS[status]} ${status === 'failed' ? 'after' : 'in'} ${duration(ms)}`;
}

/** JSON with line breaks where that makes it easier to read; any other text as it is. */
export function readable(text) {
  try {
    const value = JSON.parse(text);
    const flat = JSON.stringify(value);
    return flat.length > 72 ? JSON.stringify(value, null, 2) : flat;
  } catch {
    return text;
  }
}

/** How an output went: our server answers what failed with `{"error": sentence}`, a no with `approval` beside it. */
export function statusOf(output) {
  try {
    const { error, approval } = JSON.parse(output) ?? {};
    return approval && error ? 'denied' : error ? 'failed' : 'done';
  } catch {
    return 'done';
  }
}
