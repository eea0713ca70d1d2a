/** Which rooms a person keeps on the wall, remembered in this browser. */

import { readChoice, unwatch, watch } from './wall_data.js';

const KEY = 'roomtone.rooms';

export class Choice {
  #kept = readChoice('');

  get now() {
    try {
      this.#kept = readChoice(localStorage.getItem(KEY));
    } catch {
      // Storage is off: the choice holds for this page.
    }
    return this.#kept;
  }

  #keep(choice) {
    this.#kept = choice;
    try {
      localStorage.setItem(KEY, JSON.stringify(choice));
    } catch {
      // As above.
    }
  }

  watch(name) {
    this.#keep(watch(this.now, name));
  }

  unwatch(name) {
    this.#keep(unwatch(this.now, name));
  }
}
