/**
 * One WebSocket that comes back: opens, notices silence, waits with jitter, tries again; ends only on the
 * server's final word or on `close`. Promises that `heard` gets every frame of the live socket, in order, and
 * none of an old one. Knows no rooms. Owned by a connection.
 */

import { causeOf, hintOf, isFinal, waitMs } from './closings_data.js';
import { answered, heard, hurried, isDead, newPulse, pinged } from './pulse_data.js';

const OPEN_MS = 10_000;
const TICK_MS = 1000;
const STEADY_MS = 10_000;
const LOST = 1006;

export class Link {
  #parts;
  #socket = null;
  #retry = null;
  #watch;
  #openedAt = 0;
  #pulse = newPulse(0);
  #tries = 0;
  #hintMs = 0; // how long the server asked to wait
  /** name: `connecting`, `live`, `waiting` (for the next try), `ended`. Times in ms; `since`: when it became so. */
  state;

  /** @param {{url: string, welcomed: () => void, heard: (frame: object) => void, changed: () => void, Socket, random: () => number}} parts */
  constructor(parts) {
    this.#parts = parts;
    this.state = { name: 'connecting', since: Date.now(), cause: '', code: 0, retryAt: null, lagMs: null };
    this.#watch = setInterval(() => this.#look(), TICK_MS);
    globalThis.addEventListener?.('online', this.#online);
    globalThis.addEventListener?.('offline', this.#offline);
    this.#open();
  }

  #open() {
    this.#retry = null;
    this.#openedAt = Date.now();
    this.#become({ retryAt: null });
    const socket = (this.#socket = new this.#parts.Socket(this.#parts.url));
    socket.onmessage = ({ data }) => this.#heard(data);
    socket.onclose = ({ code }) => this.#lost(code);
  }

  #become(change) {
    const since = change.name && change.name !== this.state.name ? Date.now() : this.state.since;
    this.state = { ...this.state, since, ...change };
    this.#parts.changed();
  }

  #heard(data) {
    this.#pulse = heard(this.#pulse, Date.now());
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return; // nothing that this version of the page understands
    }
    if (frame.type === 'welcome') this.#welcomed(frame);
    else if (frame.type === 'pong') this.#ponged();
    else if (this.state.name === 'live') this.#parts.heard(frame);
    else this.#hintMs = hintOf(frame);
  }

  #welcomed(frame) {
    this.#pulse = newPulse(Date.now(), frame.heartbeat_s > 0 ? frame.heartbeat_s * 1000 : undefined);
    this.#become({ name: 'live' });
    this.#parts.welcomed();
    this.ping();
  }

  /** Measures the way there and back; a link that does not answer is given up. */
  ping() {
    if (this.#pulse.pingAt === null && this.send({ type: 'ping' })) this.#pulse = pinged(this.#pulse, Date.now());
  }

  #ponged() {
    if (this.#pulse.pingAt === null) return;
    const lagMs = Date.now() - this.#pulse.pingAt;
    this.#pulse = answered(this.#pulse);
    this.#become({ lagMs });
  }

  #look() {
    const now = Date.now();
    if (this.#socket === null) return;
    const isLive = this.state.name === 'live';
    if (isLive && now - this.state.since > STEADY_MS) this.#tries = 0;
    if (isLive ? isDead(this.#pulse, now) : now - this.#openedAt > OPEN_MS) this.#lost(LOST);
  }

  #lost(code) {
    this.#drop();
    if (isFinal(code)) {
      this.#stop();
      this.#become({ name: 'ended', cause: causeOf(code), code, lagMs: null, retryAt: null });
      return;
    }
    const wait = waitMs(this.#tries++, code, this.#parts.random(), this.#hintMs);
    this.#hintMs = 0;
    this.#retry = setTimeout(() => this.#open(), wait);
    this.#become({ name: 'waiting', cause: causeOf(code), code, lagMs: null, retryAt: Date.now() + wait });
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }

  #online = () => {
    if (this.#retry === null) {
      this.ping();
      return;
    }
    clearTimeout(this.#retry);
    this.#tries = 0;
    this.#open();
  };

  // A device without a network may still reach a site on itself, so the socket is asked before it is given up.
  #offline = () => {
    if (this.send({ type: 'ping' })) this.#pulse = hurried(this.#pulse, Date.now());
    this.#parts.changed();
  };

  /** Whether the frame was handed to a live socket. */
  send(frame) {
    if (this.state.name !== 'live' || this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #stop() {
    clearInterval(this.#watch);
    clearTimeout(this.#retry);
    globalThis.removeEventListener?.('online', this.#online);
    globalThis.removeEventListener?.('offline', this.#offline);
  }

  close() {
    this.#stop();
    this.#drop();
    this.#become({ name: 'ended', cause: 'closed', retryAt: null, lagMs: null });
  }
}
