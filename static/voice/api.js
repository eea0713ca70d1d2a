/**
 * The voice HTTP contract, as this page uses it. Every request has a time limit; a refusal is an `ApiError`
 * with the server's own words. Keeps nothing.
 */

const CREATE_MS = 30_000;
const USUAL_MS = 10_000;
const TOOL_MS = 430_000; // a person may take 300 s to approve, a tool 120 s to run

/** An answer that is not a success; status 0 means that none came. */
export class ApiError extends Error {
  constructor({ status, code = '', message = '', call = '', decision = '', retryAfterS = 0 }) {
    super(message);
    Object.assign(this, { status, code, call, decision, retryAfterS });
  }
}

async function refusal(response) {
  const body = await response.json().catch(() => ({}));
  const seconds = Number(response.headers.get('Retry-After'));
  return new ApiError({ ...body.error, status: response.status, call: body.call, decision: body.decision,
    retryAfterS: seconds > 0 ? seconds : 0 });
}

/**
 * Asks of the addresses that begin with `base`; each answer is JSON, or null for 204. Rejects with an ApiError.
 * @param {string} token Django's CSRF token
 */
export function requester(base, token) {
  return async (path, { method = 'POST', body, timeoutMs = USUAL_MS, keepalive = false } = {}) => {
    let response;
    try {
      response = await fetch(base + path, {
        method,
        keepalive,
        redirect: 'error', // a redirect to the login page is not an answer
        headers: { Accept: 'application/json', 'Content-Type': 'application/json', 'X-CSRFToken': token },
        body: method === 'GET' ? undefined : JSON.stringify(body ?? {}),
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch {
      throw new ApiError({ status: 0 });
    }
    if (!response.ok) throw await refusal(response);
    return response.status === 204 ? null : response.json();
  };
}

/**
 * @param {{urls: {calls: string}, token: string}} options
 */
export function createApi({ urls, token }) {
  const request = requester(urls.calls, token);
  return {
    /** Asks for a call: `{id, sdp, model, room, expires_at, control}`. */
    create: (body) => request('', { body, timeoutMs: CREATE_MS }),
    status: (id) => request(id, { method: 'GET' }),
    /** Own running calls. */
    running: () => request('', { method: 'GET' }),
    ready: (id) => request(`${id}/ready`),
    end: (id, reason = 'user') => request(`${id}/end`, { body: { reason }, keepalive: true }),
    runTool: (id, body) => request(`${id}/tools/`, { body, timeoutMs: TOOL_MS }),
    /** Answers the question before a run. */
    decide: (id, callId, decision) => request(`${id}/approvals/${encodeURIComponent(callId)}`, { body: { decision } }),
    storeUsage: (id, body) => request(`${id}/usage/`, { body, keepalive: true }),
    storeTurn: (id, body) => request(`${id}/turns/`, { body, keepalive: true }),
  };
}
