/**
 * Drawing in step with the screen: however often something changes, it is drawn at most so often, less often where
 * drawing takes long, and not at all while nobody looks. What is not drawn is not lost: a drawing shows what is
 * known when it is made.
 */

/** A drawing is followed by this many times its own length without one, so that the page stays free to answer. */
const REST = 4;

export class Frames {
  #draw;
  #everyMs;
  #restMs;
  #drawnAt = -Infinity;
  #waiting = false;

  constructor(draw, everyMs = 100) {
    this.#draw = draw;
    this.#everyMs = everyMs;
    this.#restMs = everyMs;
  }

  /** Something changed. */
  ask() {
    if (this.#waiting) return;
    this.#waiting = true;
    const wait = Math.max(0, this.#restMs - (performance.now() - this.#drawnAt));
    setTimeout(() => requestAnimationFrame(() => this.#now()), wait);
  }

  #now() {
    this.#waiting = false;
    const began = performance.now();
    this.#draw();
    this.#drawnAt = performance.now();
    this.#restMs = Math.max(this.#everyMs, REST * (this.#drawnAt - began));
  }
}
