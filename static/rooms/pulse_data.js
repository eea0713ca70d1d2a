/** Whether somebody is at the other end of a socket: told what was sent and heard, says when to give up. Pure. */

const GRACE_MS = 10_000;
const PONG_MS = 12_000;
const HURRY_MS = 3000;

/** A pulse begins when the socket opens. `pingAt`: ms of the ping not answered yet, or null. */
export const newPulse = (now, heartbeatMs = 25_000) => ({ heardAt: now, heartbeatMs, pingAt: null, patienceMs: PONG_MS });

export const heard = (pulse, now) => ({ ...pulse, heardAt: now });

export const pinged = (pulse, now) => ({ ...pulse, pingAt: now, patienceMs: PONG_MS });

export const answered = (pulse) => ({ ...pulse, pingAt: null });

/** Something says that the network is gone: the answer must come soon. */
export const hurried = (pulse, now) => ({ ...pulse, pingAt: now, patienceMs: HURRY_MS });

/** Silence longer than the server's own rhythm, or a ping without an answer. */
export function isDead({ heardAt, heartbeatMs, pingAt, patienceMs }, now) {
  return now - heardAt > heartbeatMs + GRACE_MS || (pingAt !== null && now - pingAt > patienceMs);
}
