/**
 * Watches one call: what is stored of it, then what its room tells, without a word missing between. Asks the server
 * again when the room could not tell everything, with every turn of the list while the room cannot be heard, and
 * once more at the end. Owned by the page while that call is open; `close` leaves the room.
 */

import { connect } from '../rooms/client.js';
import { heard, isOver, listed, looked, notLooked, openWatch } from './live_watch_data.js';

/** What changes figures that only the server adds up. */
const COUNTED = ['usage', 'state'];

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // not of a kind that this page understands
  }
}

export class Watch {
  #parts;
  #connection;
  #room;
  #hasJoined = false;
  #later = null; // what is told while an answer is awaited
  #isAgain = false;
  #isClosed = false;
  state;

  /** @param {{id: string, api: object, changed: () => void, url?: string, Socket?: typeof WebSocket}} parts */
  constructor(parts) {
    this.#parts = parts;
    this.state = openWatch(parts.id);
    const { url = '/ws/rooms/', Socket = globalThis.WebSocket } = parts;
    this.#connection = connect(url, { Socket, onLink: () => parts.changed() });
    this.#room = this.#connection.join(`call.${parts.id}`, ({ data, at }) => this.#heard(parsed(data), at),
      { last: 0, onGap: () => this.look(), onChange: () => this.#roomChanged() });
    this.look();
  }

  /** Whether the room tells everything. */
  get isHeard() {
    return !this.#isClosed && this.#connection.link.name === 'live' && this.#room.state.phase === 'live';
  }

  #roomChanged() {
    if (!this.#hasJoined && this.#room?.state.hasJoined) {
      this.#hasJoined = true;
      this.look(); // the first answer may be from before the join
    }
    this.#parts.changed();
  }

  #heard(body, saidAt) {
    if (body === null || typeof body !== 'object') return;
    const told = { body, at: Date.now(), saidAt };
    this.#later?.push(told);
    this.tell((state) => heard(state, told));
    if (COUNTED.includes(body.type)) this.look();
  }

  /** Changes what is known by one of the steps of live_watch_data. */
  tell(step) {
    this.state = step(this.state);
    this.#parts.changed();
  }

  /** Called with every answer of the list. @param {object | undefined} entry the call in it; without one it may be over */
  listed(entry) {
    if (entry) this.tell((state) => listed(state, entry));
    if (!isOver(this.state) && !(entry && this.isHeard)) this.look();
  }

  /** Asks what is stored; once at a time, and once more when it was wanted meanwhile. */
  async look() {
    this.#isAgain = this.#later !== null;
    if (this.#isAgain || this.#isClosed) return;
    const later = (this.#later = []);
    const step = await this.#parts.api.call(this.state.id).then(
      (call) => (state) => looked(state, call, later, Date.now()),
      (error) => (state) => notLooked(state, error.status),
    );
    this.#answered(step);
  }

  #answered(step) {
    this.#later = null;
    if (this.#isClosed) return;
    this.tell(step);
    if (this.#isAgain) this.look();
    else if (isOver(this.state) || this.state.failure) this.#leave();
  }

  #leave() {
    this.#isClosed = true;
    this.#connection.close();
  }

  close() {
    if (!this.#isClosed) this.#leave();
  }
}
