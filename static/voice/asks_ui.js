/** The cards that ask before a tool runs: drawn once each, their time redrawn, gone when they are answered. */

import { argumentRows, SETTLE_MS, timeLeft } from './asks_data.js';
import { element, icon, write } from '../elements/element_ui.js';

const BUTTONS = [['approve', 'Approve', 'btn main'], ['deny', 'Deny', 'btn'], ['always', 'Always in this call', 'btn']];
const BUSY = 'input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable], details[open] *';
const FAILED = 'That did not get through. Try again.';

const byId = (id) => document.getElementById(id);

function listed(args) {
  const rows = argumentRows(args);
  if (!rows.length) return element('p', { className: 'quiet small' }, 'No arguments.');
  const list = element('dl', {}, ...rows.flatMap(({ name, value }) =>
    [element('dt', {}, name), element('dd', { className: 'mono' }, value)]));
  list.tabIndex = 0; // long arguments are scrolled by keyboard too
  return list;
}

export class Asks {
  #box = byId('asks');
  #drawn = new Map(); // run's call id -> {card, time, buttons, note, line}
  #decide;
  #isWarned = new Set();

  /** @param {(ask: object, decision: string) => Promise<void>} decide rejects when nobody was reached */
  constructor(decide) {
    this.#decide = decide;
  }

  /** @param {object[]} asks open ones @param {(ask) => string} who wants to use the tool @param {number} now ms */
  render(asks, who, now) {
    this.#dropAnswered(new Set(asks.map(({ callId }) => callId)));
    for (const ask of asks) {
      if (!this.#drawn.has(ask.callId)) this.#open(ask, who(ask), now);
      this.#renderTime(ask, now);
    }
  }

  #dropAnswered(open) {
    for (const [id, { card }] of this.#drawn) {
      if (open.has(id)) continue;
      const hadFocus = card.contains(document.activeElement);
      card.remove();
      this.#drawn.delete(id);
      write(byId('ask-now'), '');
      if (hadFocus) byId('main').focus({ preventScroll: true });
    }
  }

  #open(ask, who, now) {
    const title = `${who} wants to use “${ask.title}”`;
    const time = element('time');
    const note = element('p', { className: 'notice bad', hidden: true });
    const line = element('p', { className: 'cap' }, 'Denied by itself in ', time, '. Your answer is kept with the conversation.');
    const drain = element('div', { className: 'drain', ariaHidden: 'true' });
    drain.style.setProperty('--span', `${ask.spanMs}ms`);
    drain.style.setProperty('--since', `${Math.min(0, ask.endsAt - now - ask.spanMs)}ms`);
    const card = element('section', { className: 'tool ask', ariaLabel: title, tabIndex: -1 });
    const buttons = BUTTONS.map(([decision, label, className]) =>
      element('button', { type: 'button', className, disabled: true, onclick: () => this.#press(ask, decision) }, label));
    card.append(element('h3', {}, icon('hand'), title), listed(ask.args), element('div', { className: 'bar' }, ...buttons),
      note, drain, line);
    this.#box.append(card);
    this.#drawn.set(ask.callId, { card, time, buttons, note, line, isSent: false });
    this.#announce(card, `${title}. Approve, deny, or always in this call. No answer means no.`);
  }

  /** The focus goes to the card, not to a button of it, and never away from somebody who types or chooses. */
  #announce(card, words) {
    byId('main').dataset.sheet = 'open';
    byId('grip').setAttribute('aria-expanded', 'true');
    write(byId('ask-now'), words);
    if (!document.activeElement?.matches(BUSY)) card.focus({ preventScroll: true });
    card.scrollIntoView({ block: 'nearest' });
  }

  #renderTime(ask, now) {
    const { time, line, buttons, isSent } = this.#drawn.get(ask.callId);
    const { left, warns } = timeLeft(ask, now);
    write(time, left);
    line.toggleAttribute('data-warns', warns);
    if (!isSent && now - ask.shownAt >= SETTLE_MS) buttons.forEach((button) => { button.disabled = false; });
    if (!warns || this.#isWarned.has(ask.callId)) return;
    this.#isWarned.add(ask.callId);
    write(byId('ask-now'), `Ten seconds left to answer about ${ask.title}.`);
  }

  async #press(ask, decision) {
    const drawn = this.#drawn.get(ask.callId);
    if (!drawn || drawn.isSent) return;
    drawn.isSent = true;
    drawn.card.focus({ preventScroll: true }); // a disabled button would drop it
    drawn.buttons.forEach((button) => { button.disabled = true; });
    drawn.note.hidden = true;
    await this.#decide(ask, decision).catch(() => {
      drawn.isSent = false;
      write(drawn.note, FAILED);
      drawn.note.hidden = false;
    });
  }
}
