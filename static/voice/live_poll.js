/**
 * Asks again and again while somebody looks: at once when the page is looked at (again), then so long after every
 * answer. Nothing is asked while the page is hidden, nor after `stop`.
 */

export class Poll {
  #ask;
  #everyMs;
  #timer = null;
  #isAsking = false;
  #isStopped = false;

  /** @param {() => Promise<boolean>} ask false: never again; it deals with its own failures */
  constructor(ask, everyMs) {
    this.#ask = ask;
    this.#everyMs = everyMs;
    document.addEventListener('visibilitychange', this.#seen);
    this.now();
  }

  #seen = () => this.now();

  /** Asks now; an answer that is awaited already will do. */
  async now() {
    if (this.#isAsking || this.#isStopped || document.hidden) return;
    clearTimeout(this.#timer);
    this.#isAsking = true;
    const goesOn = await this.#ask();
    this.#isAsking = false;
    if (goesOn) this.#timer = setTimeout(() => this.now(), this.#everyMs);
    else this.stop();
  }

  stop() {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    document.removeEventListener('visibilitychange', this.#seen);
  }
}
