/** The send box of one room: Ctrl+Enter or the button, and what became of it in words. */

import { write } from '../elements/element_ui.js';

export class Sending {
  #text;
  #said;
  #publish;

  /** @param {{part: (name: string) => HTMLElement, publish: (text: string) => Promise<{offset: number}>}} parts */
  constructor({ part, publish }) {
    this.#text = part('text');
    this.#said = part('sent');
    this.#publish = publish;
    part('send').addEventListener('submit', (event) => { event.preventDefault(); this.#send(); });
    this.#text.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.#send();
    });
  }

  async #send() {
    const text = this.#text.value;
    if (text === '') return;
    write(this.#said, 'Sending');
    try {
      const { offset } = await this.#publish(text);
      write(this.#said, `Sent, ${offset}`);
      if (this.#text.value === text) this.#text.value = '';
    } catch (error) {
      write(this.#said, `Not sent: ${error.message}`);
    }
  }
}
