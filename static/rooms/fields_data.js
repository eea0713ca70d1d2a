/**
 * Which numbers of a room are worth a chart, learned from its messages: a number that comes again and again.
 * Fields that count or date messages come last. Pure.
 */

import { isTimelike, numbersOf, unitOf } from './payloads_data.js';
import { Series } from './series_data.js';

const MOST_FIELDS = 6;
const ENOUGH = 2;

export class Fields {
  #found = new Map(); // name -> Series
  #seen = new Map(); // name -> how often
  unit = '';

  add(message, payload) {
    this.unit = unitOf(payload) || this.unit;
    for (const [name, value] of Object.entries(numbersOf(payload))) {
      if (!this.#found.has(name)) this.#found.set(name, new Series());
      this.#seen.set(name, (this.#seen.get(name) ?? 0) + 1);
      this.#found.get(name).add(message.at, value);
    }
  }

  breakAt(at) {
    this.#found.forEach((series) => series.breakAt(at));
  }

  /** Forgets the numbers; who draws a series keeps it. */
  clear() {
    this.#found.forEach((series) => series.clear());
    this.#seen.clear();
  }

  /** Names worth a chart, the first one first. */
  get charted() {
    const names = [...this.#found.keys()].filter((name) => this.#seen.get(name) >= ENOUGH);
    return [...names.filter((name) => !isTimelike(name)), ...names.filter(isTimelike)].slice(0, MOST_FIELDS);
  }

  series(name) {
    return this.#found.get(name) ?? null;
  }
}

/** What a chart is called: its field, or "value" for plain numbers. */
export const fieldTitle = (name) => name || 'value';
