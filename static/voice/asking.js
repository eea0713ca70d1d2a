/**
 * Asks the person before a tool runs: cards of this page's call, and of a call of theirs in another tab or on
 * another device. The server keeps the answer; every page of the person hears of it.
 */

import { openAsks } from './asks_data.js';
import { Asks } from './asks_ui.js';
import { Elsewhere } from './elsewhere.js';

const OWN = 'Your other call';

export class Asking {
  #talk;
  #api;
  #cards;
  #elsewhere;

  /** @param {{api: object, talk: import('./talk.js').Talk}} parts */
  constructor({ api, talk }) {
    this.#api = api;
    this.#talk = talk;
    this.#cards = new Asks((ask, decision) => this.#decide(ask, decision));
    this.#elsewhere = new Elsewhere({ api, tell: (input) => talk.tell(input), isIdle: () => talk.isIdle });
    setInterval(() => openAsks(talk.state, Date.now()).length && this.render(this.#name, Date.now()), 250);
  }

  #name = '';

  /** @param {string} name of the assistant @param {number} now ms */
  render(name, now) {
    this.#name = name;
    const { state } = this.#talk;
    this.#elsewhere.follow(state.phase);
    this.#cards.render(openAsks(state, now), ({ call }) => (call === state.id ? name : OWN), now);
  }

  async #decide({ call, callId }, decision) {
    try {
      this.#answered(call, await this.#api.decide(call, callId, decision));
    } catch (error) {
      if (![404, 409].includes(error.status)) throw error;
      // Answered elsewhere, too late, or the call is over: nothing is left to decide here.
      this.#answered(call, { call_id: callId, decision: error.decision || 'unanswered', after_s: null });
    }
  }

  #answered(call, approval) {
    this.#talk.tell({ type: 'approvals', call, approvals: [approval], at: Date.now() });
  }
}
