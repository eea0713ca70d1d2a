/**
 * One joined room as this side knows it: where it stands, what it has, what it lacks. Pure: every function takes
 * a room and a frame and gives `{room, events, asks}`: the next state, what the application is told in order
 * (`{message}` or `{gap}`), and whether the room must be joined again.
 *
 * The rule: the next offset is taken, an older one was had already, a later one or another epoch means that
 * something is missing and is asked for. What a `joined` says is believed.
 */

import { addGap, gapOf, inOrder } from './gaps_data.js';

const MOST_HELD = 2000;

/** phases: `waiting` for a link, `joining`, `live`, `refused` (with `trouble`). */
export const NEW_ROOM = Object.freeze({ phase: 'waiting', position: null, top: null, received: 0, countedFrom: null,
  missed: 0, unknown: false, gaps: [], watchers: null, held: [], trouble: null, hasJoined: false });

const step = (room, events = [], asks = false) => ({ room, events, asks });
const placeOf = ({ epoch, offset }) => ({ epoch, offset });

/**
 * Whether who stands at `position` has that message, or was told of a gap over it. Offsets of two epochs are not
 * compared; but an epoch is `life.generation`, and in one life a smaller generation is over.
 */
function isKnown(position, { epoch, offset }) {
  if (position === null) return false;
  if (position.epoch === epoch) return offset <= position.offset;
  const [life, generation] = epoch.split('.');
  const [ownLife, ownGeneration] = position.epoch.split('.');
  return life === ownLife && Number(generation) < Number(ownGeneration);
}

const isNext = (position, { epoch, offset }) => position !== null && position.epoch === epoch && offset === position.offset + 1;
const isSame = (one, other) => one?.epoch === other?.epoch && one?.offset === other?.offset;

/** The frame that joins, from where this room stands. `last`: how many messages when there is nothing to go on from. */
export function joinFrame(name, room, last) {
  return { type: 'join', room: name, last, ...(room.position ? { since: room.position } : {}) };
}

export const asked = (room) => ({ ...room, phase: 'joining', trouble: null });

/** The link is gone: what was held back comes again after the next join. */
export const dropped = (room) => (room.phase === 'refused' ? room : { ...room, phase: 'waiting', held: [] });

export const refused = (room, trouble) => ({ ...room, phase: 'refused', held: [], trouble });

function counted(room, { message, gap }) {
  if (gap) {
    const missed = room.missed + (gap.missed ?? 0);
    return { ...room, received: 0, countedFrom: null, missed, unknown: room.unknown || gap.missed === null };
  }
  return { ...room, received: room.received + 1, countedFrom: room.countedFrom ?? message.at };
}

/** The newest place known to exist, for "31 of 42". */
function raised(top, place) {
  return top?.epoch === place.epoch && top.offset > place.offset ? top : place;
}

export function takeMessage(room, message) {
  if (isKnown(room.position, message) || !['live', 'joining'].includes(room.phase)) return step(room);
  const place = placeOf(message);
  const top = raised(room.top, place);
  if (isNext(room.position, message)) {
    return step(counted({ ...room, position: place, top }, { message }), [{ message }]);
  }
  // While a join is under way, what comes too early waits; too much of it will come with the next join instead.
  const held = room.held.length < MOST_HELD ? [...room.held, message] : [];
  return step({ ...room, top, held, phase: 'joining' }, [], room.phase === 'live');
}

export function takeGap(room, frame) {
  const gap = gapOf(frame);
  const gaps = addGap(room.gaps, gap);
  if (gaps === null) return step(room);
  return step(counted({ ...room, gaps, position: pastGap(room.position, gap) }, { gap }), [{ gap }]);
}

/** Nothing up to `to` is coming any more, so waiting for it would be wrong. */
function pastGap(position, { from, to }) {
  if (position === null || !to) return position;
  const before = { epoch: to.epoch, offset: to.offset - 1 };
  if (to.epoch === position.epoch) return before.offset > position.offset ? before : position;
  return from?.epoch === position.epoch ? before : position;
}

export function takeJoined(room, frame) {
  const messages = frame.messages.filter((message) => !isKnown(room.position, message));
  const fresh = (frame.gaps ?? []).map(gapOf).filter((gap) => addGap(room.gaps, gap) !== null);
  const events = inOrder(fresh, messages);
  const top = placeOf(frame);
  const isPart = Boolean(frame.more) && messages.length > 0;
  const next = { ...room, phase: 'live', top, position: isPart ? placeOf(messages.at(-1)) : top, hasJoined: true,
    gaps: fresh.reduce((gaps, gap) => addGap(gaps, gap) ?? gaps, room.gaps), watchers: frame.watchers ?? room.watchers, held: [] };
  const joined = step(events.reduce(counted, next), events, isPart);
  return room.held.length && !isPart ? released(joined, room.held) : withHeld(joined, room.held);
}

const withHeld = (made, held) => ({ ...made, room: { ...made.room, held: made.asks ? held : [] } });

/** What was held back, now that the room stands somewhere. */
function released(joined, held) {
  return [...held].sort((one, other) => one.offset - other.offset).reduce((made, message) => {
    const { room, events, asks } = takeMessage(made.room, message);
    return step(room, [...made.events, ...events], made.asks || asks);
  }, joined);
}

/** The server's own view of where the room stands: a difference means that something was lost on the way. */
export function takeHeartbeat(room, place) {
  const differs = room.phase === 'live' && place !== undefined && !isSame(room.position, place);
  return step(differs ? { ...room, top: raised(room.top, place) } : room, [], differs);
}

export const takePresence = (room, { watchers }) => step({ ...room, watchers });

/** `{received, total, from, missed, unknown}`: since the last gap, or since the first message. `from`: ms or null. */
export function tally({ received, countedFrom, missed, unknown, position, top }) {
  const coming = position && top?.epoch === position.epoch ? Math.max(0, top.offset - position.offset) : 0;
  return { received, total: received + coming, from: countedFrom, missed, unknown };
}
