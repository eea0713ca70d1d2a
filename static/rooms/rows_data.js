/**
 * The rows of one room that this page keeps: messages and gaps, oldest first, at most so many. Memory is bounded
 * however long the page is open. Pure: no page, no clock.
 */

import { gapSentence } from './gap_words_data.js';
import { readPayload } from './payloads_data.js';

export const MOST_ROWS = 5000;
const MOST_CHARS = 16_000_000;

export const messageRow = (message) => ({ message, payload: readPayload(message), at: message.at });
export const gapRow = (gap) => ({ gap, at: gap.until_ms, sentence: gapSentence(gap) });

const charsOf = ({ payload }) => payload?.text.length ?? 0;

export class Rows {
  #most;
  #rows = [];
  #chars = 0;
  /** How many were ever added: a place to go on from. */
  added = 0;

  constructor(most = MOST_ROWS) {
    this.#most = most;
  }

  add(row) {
    this.#rows.push(row);
    this.#chars += charsOf(row);
    this.added += 1;
    // Cut in large pieces, so that one message costs the same whether the page is new or old.
    if (this.#rows.length > this.#most * 1.25) this.#keep(this.#rows.slice(-this.#most));
    if (this.#chars > MOST_CHARS) this.#keep(this.#rows.slice(Math.ceil(this.#rows.length / 4)));
  }

  #keep(rows) {
    this.#rows = rows;
    this.#chars = rows.reduce((sum, row) => sum + charsOf(row), 0);
  }

  /** Rows from before the oldest one, oldest first. */
  addOlder(rows) {
    this.#keep([...rows, ...this.#rows].slice(-this.#most));
  }

  clear() {
    this.#keep([]);
  }

  /** All that is kept, oldest first. */
  get all() {
    return this.#rows.slice(-this.#most);
  }

  get size() {
    return Math.min(this.#rows.length, this.#most);
  }

  /** The oldest and the newest row with a message, or null. */
  get oldest() {
    return this.#rows.find(({ message }) => message) ?? null;
  }

  get newest() {
    return this.#rows.findLast(({ message }) => message) ?? null;
  }

  /** At most `most` of the newest rows that fit, newest first; only those among the first `until` ever added. */
  newestFirst(fits, most, until = this.added) {
    const found = [];
    const oldest = Math.max(0, this.#rows.length - this.#most);
    for (let index = this.#rows.length - 1 - (this.added - until); index >= oldest && found.length < most; index -= 1) {
      if (fits(this.#rows[index])) found.push(this.#rows[index]);
    }
    return found;
  }
}
