/**
 * One joined room: what the application holds. Promises that `onMessage` gets every message once and in order,
 * and `onGap` whatever could not be had; nothing goes missing silently. Owned by a connection.
 */

import { asked, dropped, joinFrame, NEW_ROOM, refused, tally } from './room_data.js';
import { takeGap, takeHeartbeat, takeJoined, takeMessage, takePresence } from './room_data.js';

const ANSWER_MS = 10_000;
const BUSY_MS = 2000;

/** Errors that a later try may not meet. */
const PASSING = ['unavailable', 'rate_limited'];

/** A listener's mistake is reported, and does not stop the others. */
function safely(listener, ...values) {
  try {
    listener?.(...values);
  } catch (error) {
    if (globalThis.reportError) reportError(error);
    else queueMicrotask(() => { throw error; });
  }
}

export class Room {
  #parts;
  #timer = null;
  askedAt = 0;
  state = NEW_ROOM;

  /** @param {{name: string, last: number, onMessage, onGap, onChange, send: (frame: object) => boolean, publish, leave}} parts */
  constructor(parts) {
    this.#parts = parts;
    this.name = parts.name;
  }

  /** `{received, total, from, missed, unknown}`: "42 of 42 received". */
  get tally() {
    return tally(this.state);
  }

  get gaps() {
    return this.state.gaps;
  }

  get watchers() {
    return this.state.watchers;
  }

  /** @returns {Promise<{epoch, offset}>} rejects with a RoomsError */
  publish(data) {
    return this.#parts.publish(this.name, data);
  }

  leave() {
    this.#later(null);
    this.#parts.leave(this.name);
  }

  /** Joins from where it stands; asks once more when no answer comes. Called by the connection. */
  ask() {
    this.askedAt = Date.now();
    if (!this.#parts.send(joinFrame(this.name, this.state, this.#parts.last))) return;
    this.state = asked(this.state);
    this.#later(ANSWER_MS);
    this.#changed();
  }

  #later(ms) {
    clearTimeout(this.#timer);
    this.#timer = ms === null ? null : setTimeout(() => this.ask(), ms);
  }

  #changed() {
    safely(this.#parts.onChange, this);
  }

  #follow({ room, events, asks }, isLive) {
    const isNews = room !== this.state;
    this.state = room;
    for (const { message, gap } of events) {
      if (message) safely(this.#parts.onMessage, message, { isLive });
      else safely(this.#parts.onGap, gap);
    }
    if (asks) this.#askSoon();
    if (isNews) this.#changed();
  }

  // A page of a long history is asked for at once; a room that disagrees again and again is asked ever so often.
  #askSoon() {
    if (Date.now() - this.askedAt < 50 && this.state.phase === 'joining') this.#later(1000);
    else this.ask();
  }

  take(frame) {
    if (frame.type === 'message') this.#follow(takeMessage(this.state, frame), true);
    else if (frame.type === 'gap') this.#follow(takeGap(this.state, frame), true);
    else if (frame.type === 'presence') this.#follow(takePresence(this.state, frame), true);
    else if (frame.type === 'joined') {
      this.#later(null);
      this.#follow(takeJoined(this.state, frame), false);
    } else if (frame.type === 'left' && frame.reason) this.refuse({ code: frame.reason, message: '' });
  }

  compare(place) {
    this.#follow(takeHeartbeat(this.state, place), true);
  }

  /** The server said no to the join. */
  refuse({ code, message, retry_in_s: retryInS }) {
    if (PASSING.includes(code)) {
      this.#later(retryInS > 0 ? retryInS * 1000 : BUSY_MS);
      return;
    }
    this.#later(null);
    this.state = refused(this.state, { code, message });
    this.#changed();
  }

  drop() {
    this.#later(null);
    this.state = dropped(this.state);
    this.#changed();
  }
}
