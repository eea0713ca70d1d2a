/** The rooms' HTTP contract as these pages use it: the list, and what is kept of a room. Keeps nothing. */

const ANSWER_MS = 10_000;

/** No answer, or none that helps. `status` 0: nothing came. */
export class ApiError extends Error {
  constructor(status, message = '') {
    super(message);
    this.status = status;
  }
}

async function get(url) {
  let response;
  try {
    response = await fetch(url, { headers: { Accept: 'application/json' }, redirect: 'error', signal: AbortSignal.timeout(ANSWER_MS) });
  } catch {
    throw new ApiError(0);
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, body.error?.message);
  return body;
}

/** @param {string} base `/api/rooms/` */
export function createApi(base) {
  return {
    /** `{rooms: [{room, title, epoch, offset, data | base64, at, rate_per_min, watchers, late}], next}` */
    list: ({ search = '', limit = 100 } = {}) => get(`${base}?${new URLSearchParams({ search, limit })}`),
    /** `{epoch, offset, recovered, messages, gaps}`: what came after a place. */
    read: (room, { epoch, since, limit }) => get(`${base}${encodeURIComponent(room).replaceAll('%2F', '/')}/messages?${new URLSearchParams({ epoch, since, limit })}`),
  };
}
