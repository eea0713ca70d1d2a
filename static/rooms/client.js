/**
 * Rooms for any page: `connect().join('device01', (message) => …)`. One socket for all rooms; it comes back by
 * itself, goes on where it stood, notices what is missing and fetches it, or says exactly what cannot be had.
 * The wire's shapes are in docs/protocol.md. Touches no page.
 *
 * A message is `{room, epoch, offset, at, data}` with `base64` instead of `data` for bytes that are not UTF-8, or
 * `too_large` (bytes) without either.
 */

import { Link } from './link.js';
import { Publishing, RoomsError } from './publishing.js';
import { Room } from './room.js';

export { RoomsError };

const LAST = 50;

/**
 * @param {string} url of the socket, absolute or of this site
 * @param {{onLink?: (link: object) => void, Socket?: typeof WebSocket, random?: () => number}} options
 */
export function connect(url = '/ws/rooms/', options = {}) {
  return new Connection(url, options);
}

function socketUrl(url) {
  if (/^wss?:/.test(url)) return url;
  const full = new URL(url, globalThis.location?.href);
  full.protocol = full.protocol === 'https:' ? 'wss:' : 'ws:';
  return full.href;
}

export class Connection {
  #rooms = new Map();
  #link = null;
  #publishing;
  #onLink;

  constructor(url, { onLink, Socket = globalThis.WebSocket, random = Math.random }) {
    this.#onLink = onLink;
    this.#publishing = new Publishing((frame) => this.#send(frame));
    this.#link = new Link({ url: socketUrl(url), Socket, random, welcomed: () => this.#rooms.forEach((room) => room.ask()),
      heard: (frame) => this.#heard(frame), changed: () => this.#linkChanged() });
    this.#linkChanged();
  }

  /** `{name, since, cause, code, retryAt, lagMs}`; name: `connecting`, `live`, `waiting`, `ended`. */
  get link() {
    return this.#link.state;
  }

  /** The joined rooms, in the order of joining. */
  get rooms() {
    return [...this.#rooms.values()];
  }

  /**
   * @param {(message: object, how: {isLive: boolean}) => void} onMessage every message, once, in order
   * @param {{last?: number, onGap?: (gap: object) => void, onChange?: (room: Room) => void}} options
   *   `last`: how many of the newest to begin with; `onGap`: `{since_ms, until_ms, reason, missed}`, missed may be null
   */
  join(name, onMessage, { last = LAST, onGap, onChange } = {}) {
    if (this.#rooms.has(name)) throw new TypeError(`This connection is in ${name} already.`);
    const room = new Room({ name, last, onMessage, onGap, onChange, send: (frame) => this.#send(frame),
      publish: (to, data) => this.#publishing.publish(to, data), leave: (from) => this.#leave(from) });
    this.#rooms.set(name, room);
    if (this.link.name === 'live') room.ask();
    return room;
  }

  #leave(name) {
    if (this.#rooms.delete(name)) this.#send({ type: 'leave', room: name });
  }

  /** Measures the link; `link.lagMs` has the answer. */
  ping() {
    this.#link.ping();
  }

  close() {
    this.#link.close();
    this.#rooms.forEach((room) => room.leave());
  }

  #send(frame) {
    return this.#link?.send(frame) ?? false;
  }

  #linkChanged() {
    if (this.#link === null) return; // still being made
    if (['waiting', 'ended'].includes(this.link.name)) this.#down();
    this.#onLink?.(this.link);
  }

  #down() {
    this.#publishing.lost();
    this.#rooms.forEach((room) => { if (room.state.phase !== 'waiting') room.drop(); });
  }

  #heard(frame) {
    if (frame.type === 'published') this.#publishing.published(frame);
    else if (frame.type === 'error') this.#refused(frame);
    else if (frame.type === 'heartbeat') this.#compare(frame.rooms);
    else this.#rooms.get(frame.room)?.take(frame);
  }

  #compare(places) {
    this.#rooms.forEach((room) => room.compare(places?.[room.name]));
    this.ping();
  }

  // An error names its publish by id or, without one, answers the older of what is open in that room.
  #refused(frame) {
    if (frame.id && this.#publishing.has(frame.id)) {
      this.#publishing.refused(frame.id, frame);
      return;
    }
    const room = this.#rooms.get(frame.room);
    const sent = this.#publishing.oldest(frame.room);
    const isJoining = room?.state.phase === 'joining';
    if (sent && !(isJoining && room.askedAt <= sent.sentAt)) this.#publishing.refused(sent.id, frame);
    else if (isJoining) room.refuse(frame);
  }
}
