/**
 * What was published and not answered yet. A publish is sent once: when its answer does not come, nobody knows
 * whether it arrived, and sending it again is the person's choice. Owned by a connection.
 */

const ANSWER_MS = 10_000;

/** A refusal in the server's words. `code` is the contract's, or `link_down`, `no_answer`. */
export class RoomsError extends Error {
  constructor({ code, message, retryInS = null }) {
    super(message);
    Object.assign(this, { code, retryInS });
  }
}

const DOWN = { code: 'link_down', message: 'The link is down; press Send again when it is Live.' };
const LOST = { code: 'link_down', message: 'The link went down before the answer came. Look at the stream before you send it again.' };
const MUTE = { code: 'no_answer', message: 'No answer within 10 s. Look at the stream before you send it again.' };

export class Publishing {
  #send;
  #count = 0;
  #pending = new Map(); // id -> {room, sentAt, timer, resolve, reject}

  /** @param {(frame: object) => boolean} send whether a live socket took it */
  constructor(send) {
    this.#send = send;
  }

  /** @returns {Promise<{epoch: string, offset: number}>} rejects with a RoomsError */
  publish(room, data) {
    this.#count += 1;
    const id = `p${this.#count}`;
    return new Promise((resolve, reject) => {
      if (!this.#send({ type: 'publish', room, data, id })) {
        reject(new RoomsError(DOWN));
        return;
      }
      const timer = setTimeout(() => this.#fail(id, MUTE), ANSWER_MS);
      this.#pending.set(id, { room, sentAt: Date.now(), timer, resolve, reject });
    });
  }

  published({ id, epoch, offset }) {
    this.#take(id)?.resolve({ epoch, offset });
  }

  #take(id) {
    const waiting = this.#pending.get(id);
    clearTimeout(waiting?.timer);
    this.#pending.delete(id);
    return waiting;
  }

  #fail(id, problem) {
    this.#take(id)?.reject(new RoomsError(problem));
  }

  /** The oldest publish to a room without an answer: `{id, sentAt}` or null. The server answers in order. */
  oldest(room) {
    for (const [id, waiting] of this.#pending) {
      if (waiting.room === room) return { id, sentAt: waiting.sentAt };
    }
    return null;
  }

  refused(id, frame) {
    this.#fail(id, { code: frame.code, message: frame.message, retryInS: frame.retry_in_s ?? null });
  }

  has(id) {
    return this.#pending.has(id);
  }

  lost() {
    for (const id of [...this.#pending.keys()]) this.#fail(id, LOST);
  }
}
