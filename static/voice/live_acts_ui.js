/** What staff can do to a watched call: whisper to the model, and end the call after a question. Asks others to do it. */

import { clockTime } from './clock_data.js';
import { write } from '../elements/element_ui.js';

const byId = (id) => document.getElementById(id);

/** The question before a call is ended. A press outside it and Escape leave the call alone. */
export class Ending {
  #dialog = byId('ending');
  #end;

  /** @param {() => Promise<void>} end rejects with words for the person when the call was not told to end */
  constructor(end) {
    this.#end = end;
    byId('end').addEventListener('click', ({ currentTarget }) => currentTarget.ariaDisabled === 'true' || this.#ask());
    byId('end-yes').addEventListener('click', () => this.#confirm());
    byId('end-no').addEventListener('click', () => this.close());
    this.#dialog.addEventListener('click', ({ target }) => target === this.#dialog && this.close());
  }

  /** @param {string} who the person in the call */
  name(who, assistant) {
    write(byId('end-title'), `End the call of ${who}?`);
    write(byId('end-words'), `${assistant} hangs up at once. ${who} is told that staff ended the call. What was said is kept as always.`);
  }

  #ask() {
    this.#say('');
    this.#dialog.showModal();
    byId('end-no').focus();
  }

  #say(words) {
    byId('end-note').hidden = words === '';
    write(byId('end-note'), words);
  }

  async #confirm() {
    byId('end-yes').disabled = true;
    try {
      await this.#end();
      this.close();
    } catch (error) {
      this.#say(error.message || 'No answer came, so the call may go on. Try again.');
    }
    byId('end-yes').disabled = false;
  }

  close() {
    if (this.#dialog.open) this.#dialog.close();
  }
}

/** The line that whispers. */
export class Whispering {
  #form = byId('whisper');
  #input = byId('wx');
  #note = byId('whisper-note');
  #whisper;
  #assistant = '';
  #isSending = false;

  /** @param {(text: string) => Promise<void>} whisper rejects with words for the person */
  constructor(whisper) {
    this.#whisper = whisper;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener('input', () => this.#input.removeAttribute('aria-invalid'));
  }

  name(who, assistant) {
    this.#assistant = assistant;
    write(byId('whisper-hint'), `${assistant} reads this before its next answer. ${who} does not hear it.`);
  }

  /** Another call: words meant for the last one go nowhere. */
  clear() {
    this.#input.value = '';
    this.#input.removeAttribute('aria-invalid');
    this.#say('');
  }

  async #submit() {
    const text = this.#input.value.trim();
    if (this.#isSending) return;
    if (!text) {
      this.#input.setAttribute('aria-invalid', 'true');
      this.#input.focus();
      this.#say(`Write what ${this.#assistant} is to know.`, 'bad');
      return;
    }
    this.#isSending = true;
    try {
      await this.#whisper(text);
      if (this.#input.value.trim() === text) this.#input.value = '';
      this.#say(`Whispered at ${clockTime(Date.now())}. ${this.#assistant} reads it before its next answer.`);
    } catch (error) {
      this.#say(error.message || 'No answer came. Whether it was whispered is not known.', 'bad');
    }
    this.#isSending = false;
  }

  #say(words, tone = '') {
    this.#note.hidden = words === '';
    this.#note.className = tone ? `state ${tone}` : 'small quiet';
    write(this.#note, words);
  }
}
