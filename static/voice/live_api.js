/** The HTTP of the live floor, as docs/protocol.md has it. Refusals are `ApiError`s. Keeps nothing. */

import { requester } from './api.js';

/** A list that takes longer is no list of now. */
const LIST_MS = 4000;

/**
 * @param {string} base `/voice/live/calls/`
 * @param {string} token Django's CSRF token
 */
export function createFloorApi(base, token) {
  const request = requester(base, token);
  return {
    /** The running calls, with what is spent and what this person may do. */
    calls: () => request('', { method: 'GET', timeoutMs: LIST_MS }),
    /** One call and all that is stored of it. The first time, this is written down, and its person is told. */
    call: (id) => request(`${id}/`, { method: 'GET' }),
    end: (id) => request(`${id}/end`),
    whisper: (id, text) => request(`${id}/whisper`, { body: { text } }),
  };
}
