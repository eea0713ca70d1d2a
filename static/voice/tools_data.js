/** A tool as people see it: title, symbol, what it is asked, what it is doing, how it went. Pure. */

import { duration } from './clock_data.js';

const DOING = {
  get_weather: (asked) => (asked ? `Looking up ${asked}.` : 'Looking at the sky.'),
  get_current_time: () => 'Looking at the clock.',
  list_rooms: () => 'Looking which rooms there are.',
  read_room: (asked) => (asked ? `Reading ${asked}.` : 'Reading a room.'),
  publish_to_room: (asked) => (asked ? `Publishing to ${asked}.` : 'Publishing to a room.'),
};

const STATUS = { running: 'Running', done: 'Done', failed: 'Failed', cancelled: 'Cancelled' };

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

/** "Done in 412 ms", "Running", "Failed after 8.0 s". */
export function outcome(status, ms) {
  if (ms === null || ms === undefined || status === 'running' || status === 'cancelled') return STATUS[status];
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

/** How an output went: our server answers what failed with `{"error": sentence}`. */
export function statusOf(output) {
  try {
    return JSON.parse(output)?.error ? 'failed' : 'done';
  } catch {
    return 'done';
  }
}
