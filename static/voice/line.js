/**
 * The data channel of one call and what the server says of it: events, typed words, clock, relay, news, end.
 */

import { moment } from './clock_data.js';
import { News } from './news.js';
import { Relay } from './relay.js';
import { typedEvents, typedId } from './typing_data.js';

const TICK_MS = 250;
const HANG_UP_MS = 2_000;
const LAST_LOOKS_MS = [0, 700, 1500];
const TAKEN = 'conversation_already_has_active_response';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Line {
  #parts;
  #channel;
  #id;
  #relay;
  #tell;
  #news = null;
  #ticking;
  #waiting = [];
  #owesAnswer = false;
  #closed = false;
  isOpen = false;

  /** @param {{api, answer: {id, control, room}, channel: RTCDataChannel, state: () => object, tell, over: (reason) => void}} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#channel = parts.channel;
    this.#id = parts.answer.id;
    this.#relay = new Relay({ api: parts.api, id: this.#id, control: parts.answer.control, tell: parts.tell,
      send: (items) => this.#sendAll(items, true) });
    this.#tell = (input) => [input.type === 'approvals' && this.#relay.hold(input.approvals), parts.tell(input)];
    this.#channel.onopen = () => this.#opened();
    this.#channel.onclose = () => this.lost();
    this.#channel.onmessage = ({ data }) => this.#heard(data);
  }

  #opened() {
    this.isOpen = true;
    this.#parts.api.ready(this.#id).catch(() => {}); // if it failed, the next look says so, and says it again
    this.#parts.tell({ type: 'live', at: Date.now() });
    this.#ticking = setInterval(() => this.#tick(), TICK_MS);
    this.#news = new News({ room: this.#parts.answer.room, ask: () => this.#look(), tell: this.#tell,
      stored: (ids) => this.#relay.acknowledge(ids), metered: (keys) => this.#relay.metered(keys) });
    this.#look();
    this.#waiting.splice(0).forEach((text) => this.type(text));
  }

  #heard(data) {
    let event;
    try {
      event = JSON.parse(data);
    } catch {
      return; // not an event: nothing to show, and the next one may be
    }
    this.#parts.tell({ type: 'event', event, at: Date.now() });
    this.#relay.take(event);
    // The server's own request was faster by a breath: this page's one waits for that answer's end.
    if (event.type === 'error' && event.error?.code === TAKEN) this.#owesAnswer = true;
    if (event.type === 'response.done' && this.#owesAnswer) this.#askAnswer();
  }

  #tick() {
    this.#relay.tick();
    this.#parts.tell({ type: 'tick' });
  }

  #sendAll(events, asks) {
    if (this.#closed || this.#channel.readyState !== 'open') return;
    events.forEach((event) => this.#channel.send(JSON.stringify(event)));
    if (asks) this.#askAnswer();
  }

  /** Asks for one answer, after the one that is being made. */
  #askAnswer() {
    this.#owesAnswer = this.#parts.state().response !== null;
    if (!this.#owesAnswer) this.#channel.send(JSON.stringify({ type: 'response.create' }));
  }

  /** Sends typed words, now or when the channel is open. */
  type(text) {
    if (!this.isOpen) return void this.#waiting.push(text);
    const id = typedId(crypto.getRandomValues(new Uint8Array(16)));
    const { events, asks } = typedEvents(this.#parts.state(), id, text);
    this.#parts.tell({ type: 'typed', id, at: Date.now() });
    this.send({ events, asks });
  }

  /** Sends events, and asks for an answer after them. */
  send = ({ events, asks }) => this.#sendAll(events, asks);

  /** The transcript's newest rows, for the record. */
  collect(rows) {
    this.#relay.collect(rows);
  }

  /** Asks the server how the call stands: its answer; null without one. */
  async #look() {
    const status = await this.#parts.api.status(this.#id).catch(() => null);
    if (status === null || this.#closed) return null;
    if (status.state === 'connecting') this.#parts.api.ready(this.#id).catch(() => {});
    this.#relay.acknowledge(status.stored ?? []);
    this.#relay.metered(status.metered ?? []);
    this.#parts.tell({ type: 'runs', runs: status.tool_runs ?? [] });
    this.#tell({ type: 'approvals', approvals: status.approvals ?? [], at: Date.now() });
    this.#parts.tell({ type: 'stands', cost: status.cost ?? null, notices: status.notices ?? [] });
    if (status.state === 'ended') {
      this.#parts.over(status.reason);
      return status;
    }
    const endsAt = status.ends_in_s > 0 ? Date.now() + status.ends_in_s * 1000 : moment(status.expires_at);
    this.#parts.tell({ type: 'clock', endsAt });
    return status;
  }

  /** The line is gone: the server may know why. */
  async lost() {
    for (const ms of LAST_LOOKS_MS) {
      await pause(ms);
      if (this.#closed || (await this.#look())?.state === 'ended') return;
    }
    this.#parts.over('line_lost');
  }

  /** Tells the server that it is over; comes back when the server has hung up, or does not answer soon. */
  hangUp(reason) {
    const ended = this.#parts.api.end(this.#id, reason).catch(() => {}); // its own timers end it then
    return Promise.race([ended, pause(HANG_UP_MS)]);
  }

  /** Hands in what the server has not stored. */
  handIn(isLeaving) {
    return this.#relay.flush(isLeaving);
  }

  close() {
    this.#closed = true;
    this.isOpen = false;
    clearInterval(this.#ticking);
    this.#news?.close();
    this.#channel.onopen = null;
    this.#channel.onclose = null;
    this.#channel.onmessage = null; // the channel itself goes with its connection
  }
}
