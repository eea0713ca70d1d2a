/**
 * The rooms of the wall: which there are, in which order they stand, which of them are tiles. Pure.
 *
 * A room's order is the moment it woke: the first message after a silence. So the newest activity is first, and
 * rooms that speak every second do not change places every second.
 */

const SILENCE_MS = 10_000;
export const MOST_JOINED = 100;
const TILES_UNASKED = 12;

/** When a room woke, given its last message before and a new one. */
export const wokeAt = (woke, before, at) => (before === null || at - before > SILENCE_MS ? at : woke);

/** Names from storage; anything else is nobody's choice. */
export function readChoice(text) {
  try {
    const { watched, dropped } = JSON.parse(text);
    const names = (list) => (Array.isArray(list) ? list.filter((name) => typeof name === 'string') : []);
    return { watched: names(watched), dropped: names(dropped) };
  } catch {
    return { watched: [], dropped: [] };
  }
}

const without = (names, name) => names.filter((each) => each !== name);

export const watch = ({ watched, dropped }, name) => ({ watched: [...without(watched, name), name], dropped: without(dropped, name) });
export const unwatch = ({ watched, dropped }, name) => ({ watched: without(watched, name), dropped: [...without(dropped, name), name] });

/**
 * What the wall shows as tiles: chosen rooms that exist, and the first few others, of which those that are tiles
 * already stay.
 */
export function tileNames(names, { watched, dropped }, before = new Set()) {
  const chosen = names.filter((name) => watched.includes(name));
  const others = names.filter((name) => !watched.includes(name) && !dropped.includes(name));
  const room = Math.max(0, TILES_UNASKED - chosen.length);
  const staying = others.filter((name) => before.has(name));
  return new Set([...chosen, ...[...staying, ...others.filter((name) => !before.has(name))].slice(0, room)]);
}

const ORDERS = {
  newest: (one, other) => other.wokeAt - one.wokeAt,
  trouble: (one, other) => Number(other.isTrouble) - Number(one.isTrouble),
  busiest: (one, other) => other.perMinute - one.perMinute,
  name: () => 0,
};

/** @param {{name, wokeAt, isTrouble, perMinute}[]} rooms */
export function ordered(rooms, order) {
  const compare = ORDERS[order] ?? ORDERS.newest;
  return [...rooms].sort((one, other) => compare(one, other) || ORDERS.newest(one, other) * Number(order === 'trouble')
    || one.name.localeCompare(other.name));
}

/** Whether a room's name has the text, or fits it as a pattern with `*`. */
export function nameFits(name, search) {
  const wanted = search.trim().toLowerCase();
  const lower = name.toLowerCase();
  if (!wanted.includes('*')) return lower.includes(wanted);
  const pieces = wanted.split('*').map((piece) => piece.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pieces.join('.*')}$`, 'su').test(lower);
}

/** The name in two parts, so that the last one can stand out: "greenhouse/" and "temp". */
export function nameParts(name) {
  const cut = name.lastIndexOf('/') + 1;
  return cut > 0 && cut < name.length ? [name.slice(0, cut), name.slice(cut)] : ['', name];
}

/** The address of a page with these rooms side by side. */
export const roomHref = (base, names) => `${base}?${names.map((name) => `name=${encodeURIComponent(name)}`).join('&')}`;
