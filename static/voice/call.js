/**
 * One call, from the wish to the end. It owns everything that is opened for it (sound, peer connection, line,
 * timers, listeners) and lets go of all of it in `#close`, whichever way it ends. What happens is told as
 * inputs of call_data.
 */

import { moment } from './clock_data.js';
import { environmentFailure, failure, failureBehind, microphoneFailure, Refused } from './failures_data.js';
import { Line } from './line.js';
import { environment } from './media.js';
import { Peer } from './peer.js';
import { Sound } from './sound.js';

const OPEN_MS = 20_000;

export class Call {
  #parts;
  #closers = [];
  #closed = false;
  #sound = null;
  #peer = null;
  #line = null;
  #waiting = [];
  /** Resolves when nothing of this call is under way any more, not even at the server. */
  settled = Promise.resolve();

  /** @param {{api, config, audio: HTMLAudioElement, state: () => object, tell: (input) => void, draw: (levels) => void}} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** @param {{wanted: object, deviceId: string, typing: boolean}} wish `wanted`: what the server is asked for */
  start(wish) {
    this.settled = this.#start(wish).catch((error) => this.#fail(failureBehind(error, this.#parts.config.provider, Date.now())));
  }

  async #start(wish) {
    if (this.#closed) return; // cancelled before its turn
    const lacking = environmentFailure(environment(), wish.typing);
    if (lacking) throw new Refused(lacking);
    const stream = await this.#openSound(wish);
    if (this.#closed) return;
    this.#parts.tell({ type: 'connecting', typing: wish.typing });
    const sdp = await this.#openPeer().offer(stream);
    if (this.#closed) return;
    const answer = await this.#parts.api.create({ ...wish.wanted, sdp });
    if (this.#closed) await this.#parts.api.end(answer.id).catch(() => {}); // nobody waits for it any more
    else await this.#connect(answer);
  }

  async #openSound(wish) {
    const { audio, tell, draw } = this.#parts;
    const sound = new Sound({ audio, tell, draw });
    this.#sound = sound;
    this.#own(() => sound.close());
    if (!wish.typing) tell({ type: 'asking' });
    return sound.open(wish).catch((error) => {
      throw new Refused(microphoneFailure(error));
    });
  }

  #connect(answer) {
    const { api, state, tell } = this.#parts;
    tell({ type: 'answered', id: answer.id, endsAt: moment(answer.expires_at) });
    const { channel } = this.#peer;
    const line = new Line({ api, answer, state, tell, channel, over: (reason) => this.end(reason) });
    this.#line = line;
    this.#own(() => line.close());
    this.#waiting.splice(0).forEach((text) => line.type(text));
    const late = setTimeout(() => line.isOpen || this.#fail(failure('no_path')), OPEN_MS);
    const leave = () => this.end('browser_left', true);
    window.addEventListener('pagehide', leave);
    this.#own(() => [clearTimeout(late), window.removeEventListener('pagehide', leave)]);
    return this.#peer.accept(answer.sdp);
  }

  #openPeer() {
    const watch = { heard: (stream) => this.#sound.hear(stream), changed: (state) => this.#changed(state) };
    this.#peer = new Peer(this.#parts.config.ice_servers, watch);
    return this.#peer;
  }

  #changed(state) {
    if (state === 'disconnected') this.#parts.tell({ type: 'lost', at: Date.now() });
    if (state === 'connected') this.#parts.tell({ type: 'back' });
    if (state !== 'failed') return;
    if (this.#line?.isOpen) this.#line.lost();
    else this.#fail(failure('no_path'));
  }

  /** The provider says that its voice has begun: then some of it must arrive. */
  checkSound() {
    if (!this.#closed) this.#peer.expectSound(() => this.#fail(failure('no_path')));
  }

  #fail(found) {
    if (this.#closed) return;
    this.#close();
    this.#parts.tell({ type: 'failed', failure: found });
  }

  /** Ends it: by a press, by the server's word, or because the page is left. */
  end(reason, isLeaving = false) {
    if (this.#closed) return;
    const wasLive = this.#line?.isOpen ?? false;
    this.#close(isLeaving);
    this.#parts.tell(wasLive ? { type: 'ended', reason, at: Date.now() } : { type: 'cancelled' });
  }

  get sound() {
    return this.#closed ? null : this.#sound;
  }

  /** Changes the microphone in mid-call. */
  async useMicrophone(deviceId) {
    await this.sound?.change(deviceId, this.#peer.sender).catch((error) =>
      this.#parts.tell({ type: 'trouble', trouble: microphoneFailure(error).said }));
  }

  /** Sends typed words, now or when the line is up. */
  type(text) {
    if (this.#line) this.#line.type(text);
    else this.#waiting.push(text);
  }

  /** Sends what a press or its end means, where turns are ended by hand. */
  send = (sent) => this.#line?.isOpen && this.#line.send(sent);

  /** The transcript's newest rows, for the record. */
  collect = (rows) => this.#line?.collect(rows);

  #own(close) {
    if (this.#closed) close();
    else this.#closers.push(close);
  }

  /**
   * The microphone goes off at once. The connection goes when the server has hung up: a connection that breaks
   * first would look to it as if the browser had vanished.
   */
  #close(isLeaving = false) {
    this.#closed = true;
    this.#closers.splice(0).reverse().forEach((close) => close());
    const line = this.#line;
    const hungUp = line?.hangUp(isLeaving ? 'browser_left' : 'user').then(() => this.#peer.close());
    if (!line || isLeaving) this.#peer?.close();
    const handedIn = isLeaving ? line?.handIn(true) : hungUp?.then(() => line.handIn(false));
    this.settled = Promise.all([this.settled, handedIn]);
  }
}
