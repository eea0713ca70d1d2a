/**
 * Finds the person's running call that is not this page's, and follows its room for questions. It looks when the
 * page opens or is looked at again, and when another tab says that its call is live. Lives as long as the page.
 */

import { News } from './news.js';

const CHANNEL = 'roomtone-calls';

export class Elsewhere {
  #parts;
  #channel = new BroadcastChannel(CHANNEL);
  #phase = '';
  #followed = null; // {id, news}

  /** @param {{api: object, tell: (input: object) => void, isIdle: () => boolean}} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#channel.onmessage = () => this.#find();
    document.addEventListener('visibilitychange', () => document.hidden || this.#find());
    this.#find();
  }

  /** This page's own call is in that phase now. */
  follow(phase) {
    if (phase === this.#phase) return;
    this.#phase = phase;
    if (!this.#parts.isIdle()) this.#leave();
    if (phase === 'live') this.#channel.postMessage('live');
  }

  async #find() {
    if (!this.#parts.isIdle() || this.#followed) return;
    const { calls } = await this.#parts.api.running().catch(() => ({ calls: [] })); // the next look finds it
    if (!calls.length || this.#followed || !this.#parts.isIdle()) return;
    const [{ id }] = calls;
    const tell = (input) => input.type === 'approvals' && this.#parts.tell({ ...input, call: id });
    this.#followed = { id, news: new News({ room: `call.${id}`, ask: () => this.#look(id), stored: () => {}, tell }) };
    this.#look(id);
  }

  async #look(id) {
    const status = await this.#parts.api.status(id).catch(() => null);
    if (status === null || this.#followed?.id !== id) return status;
    this.#parts.tell({ type: 'approvals', call: id, approvals: status.approvals, at: Date.now() });
    if (status.state === 'ended') this.#leave();
    return status;
  }

  #leave() {
    if (!this.#followed) return;
    this.#followed.news.close();
    this.#parts.tell({ type: 'gone', call: this.#followed.id });
    this.#followed = null;
  }
}
