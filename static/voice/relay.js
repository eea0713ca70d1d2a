/**
 * Sees to it that nothing is lost when the server's own line to the provider missed it: function calls get an
 * output, finished turns and what was used get stored. The rules are in batches_data, outbox_data and usage_data;
 * here are the posts.
 * Owned by a call.
 */

import * as batches from './batches_data.js';
import * as outbox from './outbox_data.js';
import * as usage from './usage_data.js';

export class Relay {
  #api;
  #id;
  #control;
  #send;
  #tell;
  #calls = [];
  #outbox = outbox.EMPTY_OUTBOX;
  #storing = false;
  #used = [];
  #posting = false;

  /**
   * @param {{api: object, id: string, control: string, send: (events: object[]) => void, tell: (input: object) => void}} parts
   *   `send` puts function outputs on the channel and asks for one answer
   */
  constructor({ api, id, control, send, tell }) {
    this.#api = api;
    this.#id = id;
    this.#control = control;
    this.#send = send;
    this.#tell = tell;
  }

  take(event) {
    this.#calls = batches.take(this.#calls, event, Date.now());
    this.#used = usage.take(this.#used, event, Date.now());
    if (this.#control === 'courier' && event.type === 'response.done') this.#work();
  }

  /** The transcript's newest rows. */
  collect(rows) {
    this.#outbox = outbox.collect(this.#outbox, rows, Date.now());
  }

  /** Called a few times a second: posts and sends what is due. */
  tick() {
    this.#work();
    this.#postUsage(false);
    if (!this.#storing && outbox.due(this.#outbox, Date.now()).length) this.#store(false);
  }

  /** Turns that the server says it has. */
  acknowledge(ids) {
    this.#outbox = outbox.acknowledge(this.#outbox, ids);
  }

  /** A run that waits for the person's word is the server's: it is relayed when it stays unanswered after that. */
  hold(approvals) {
    this.#calls = batches.held(this.#calls, approvals, Date.now());
  }

  /** Usage that the server says it has, by key. */
  metered(keys) {
    this.#used = usage.acknowledge(this.#used, keys);
  }

  /** At the end: whatever is not acknowledged is posted at once. `isLeaving`: there is no time to ask first. */
  async flush(isLeaving) {
    if (outbox.due(this.#outbox, Date.now(), true).length) await this.#store(true, isLeaving);
    await this.#postUsage(true);
  }

  async #postUsage(all) {
    if (this.#posting) return;
    this.#posting = true;
    await Promise.all(usage.due(this.#used, this.#control, Date.now(), all).map(async ({ key, body }) => {
      try {
        await this.#api.storeUsage(this.#id, body);
        this.metered([key]);
      } catch {
        this.#used = usage.postponed(this.#used, key, Date.now());
      }
    }));
    this.#posting = false;
  }

  #work() {
    for (const call of batches.owed(this.#calls, this.#control, Date.now())) this.#run(call);
    const { calls, items } = batches.release(this.#calls, this.#control, Date.now());
    this.#calls = calls;
    if (items.length) this.#send(items);
  }

  async #run({ id, name, args }) {
    this.#calls = batches.posting(this.#calls, id);
    try {
      const { output } = await this.#api.runTool(this.#id, { call_id: id, name, arguments: args });
      this.#calls = batches.gotOutput(this.#calls, id, output, Date.now());
    } catch {
      this.#calls = batches.postFailed(this.#calls, id, Date.now());
    }
    this.#work();
  }

  async #store(all, isLeaving = false) {
    this.#storing = true;
    if (!isLeaving) await this.#askFirst();
    await Promise.all(outbox.due(this.#outbox, Date.now(), all).map((id) => this.#post(id)));
    this.#tell({ type: 'unsaved', unsaved: outbox.isStuck(this.#outbox) });
    this.#storing = false;
  }

  async #askFirst() {
    try {
      const { stored, metered } = await this.#api.status(this.#id);
      this.acknowledge(stored ?? []);
      this.metered(metered ?? []);
    } catch {
      // No answer now: posting twice is harmless, the server knows an item by its id.
    }
  }

  async #post(id) {
    try {
      await this.#api.storeTurn(this.#id, outbox.turnBody(this.#outbox, id));
      this.acknowledge([id]);
    } catch {
      this.#outbox = outbox.postponed(this.#outbox, id, Date.now());
    }
  }
}
