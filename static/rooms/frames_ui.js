/**
 * Drawing in step with the screen: however often something changes, it is drawn at most so often, and not at all
 * while nobody looks. What is not drawn is not lost: a drawing shows what is known when it is made.
 */

export class Frames {
  #draw;
  #everyMs;
  #drawnAt = -Infinity;
  #waiting = false;

  constructor(draw, everyMs = 100) {
    this.#draw = draw;
    this.#everyMs = everyMs;
  }

  /** Something changed. */
  ask() {
    if (this.#waiting) return;
    this.#waiting = true;
    const wait = Math.max(0, this.#everyMs - (performance.now() - this.#drawnAt));
    setTimeout(() => requestAnimationFrame(() => this.#now()), wait);
  }

  #now() {
    this.#waiting = false;
    this.#drawnAt = performance.now();
    this.#draw();
  }
}
