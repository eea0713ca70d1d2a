/** The panel of the watched call: head, facts, captions, and whether it can be acted on. Draws what `panelOf` gives. */

import { element, showIcon, write } from '../elements/element_ui.js';
import { Captions } from './live_log_ui.js';
import { drawStanding } from './live_list_ui.js';

const byId = (id) => document.getElementById(id);

export class Panel {
  #captions;
  #facts = new Map(); // name -> dd
  #spoken = '';

  /** @param {object} tools titles and symbols by name */
  constructor(tools) {
    this.#captions = new Captions(byId('captions'), tools);
  }

  /** Another call, or none. */
  clear() {
    this.#captions.clear();
    this.#spoken = '';
    write(byId('watch-now'), '');
  }

  /** @param {object} view of live_watch_data @param {{mayEnd: boolean, mayWhisper: boolean}} rights */
  draw(view, { mayEnd, mayWhisper }) {
    const { title, assistant, state, isLive } = view;
    write(byId('wh'), assistant ? `${title} with ${assistant}` : title);
    write(byId('about'), view.subtitle);
    byId('about').hidden = view.subtitle === '';
    byId('standing').hidden = state === null;
    if (state) drawStanding(byId('standing'), state);
    this.#drawNotes(view);
    this.#drawFacts(view.facts);
    byId('captions').hidden = state === null;
    if (state) this.#captions.draw(view.rows, { you: title, them: assistant }, view.nothing);
    this.#drawActs(view, isLive && mayEnd, isLive && mayWhisper);
  }

  /** Without the right they are not in the page at all. */
  #drawActs({ isEnding }, mayEnd, mayWhisper) {
    if (byId('whisper')) byId('whisper').hidden = !mayWhisper;
    const end = byId('end');
    if (!end) return;
    end.hidden = !mayEnd;
    end.setAttribute('aria-disabled', String(isEnding)); // not `disabled`, which would drop the focus
    write(end.querySelector('span'), isEnding ? 'Ending' : 'End call');
  }

  #drawNotes({ remark, tampering, isLive, state }) {
    byId('remark').hidden = remark === '';
    byId('remark').className = isLive && state ? 'notice wait' : 'notice';
    showIcon(byId('remark'), isLive ? 'alert' : 'end');
    write(byId('remark').lastElementChild, remark);
    byId('changed').hidden = !tampering;
    write(byId('changed').lastElementChild, `The client of this call changed it: ${tampering}.`);
    if (remark === this.#spoken) return;
    this.#spoken = remark;
    write(byId('watch-now'), remark);
  }

  #drawFacts(facts) {
    const list = byId('facts');
    list.hidden = facts.length === 0;
    const isSame = facts.length === this.#facts.size && facts.every(([name]) => this.#facts.has(name));
    if (!isSame) {
      this.#facts = new Map(facts.map(([name]) => [name, element('dd')]));
      list.replaceChildren(...[...this.#facts].map(([name, value]) => element('div', {}, element('dt', {}, name), value)));
    }
    facts.forEach(([name, value]) => write(this.#facts.get(name), value));
  }
}
