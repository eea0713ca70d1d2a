/**
 * The server's word on one call, heard in the call's room: what is stored, what tools did, the time left, the end.
 * Where the room cannot be had (no socket, a refusal, something missing) the server is asked instead, every ten
 * seconds. Owned by a line.
 */

import { connect } from '../rooms/client.js';
import { read } from './news_data.js';

const ASK_MS = 10_000;
const NEWEST = 200;

export class News {
  #parts;
  #connection;
  #room;
  #timer;
  #isConfirmed = false;
  #isOwed = false;

  /**
   * @param {{room: string, ask: () => Promise<object | null>, stored: (ids: string[]) => void, metered: (keys: string[]) => void, tell: (input: object) => void, url?, Socket?}} parts
   *   `ask`: have the server asked how the call stands; null when it did not answer
   */
  constructor(parts) {
    this.#parts = parts;
    const { url = '/ws/rooms/', Socket = globalThis.WebSocket } = parts;
    this.#connection = connect(url, { Socket });
    const onMessage = (message, { isLive }) => this.#heard(message, isLive);
    this.#room = this.#connection.join(parts.room, onMessage, { last: NEWEST, onGap: () => this.#ask() });
    this.#timer = setInterval(() => (this.isHeard && !this.#isOwed) || this.#ask(), ASK_MS);
  }

  /** Whether the room tells everything, also that the server knows of this page's line. */
  get isHeard() {
    return this.#isConfirmed && this.#connection.link.name === 'live' && this.#room.state.phase === 'live';
  }

  #heard({ data }, isLive) {
    const { stored, metered, inputs, isLive: isConfirmed, isOver, isAsking } = read(data, isLive ? Date.now() : null);
    this.#isConfirmed ||= isConfirmed;
    if (stored.length) this.#parts.stored(stored);
    if (metered.length) this.#parts.metered(metered);
    inputs.forEach((input) => this.#parts.tell(input));
    if (isOver || isAsking) this.#ask(); // the last word of the server has the reason, and what was stored last
  }

  /** An answer that did not come is asked for again with the next look: a question may be waiting in it. */
  async #ask() {
    this.#isOwed = (await this.#parts.ask()) === null;
  }

  close() {
    clearInterval(this.#timer);
    this.#connection.close();
  }
}
