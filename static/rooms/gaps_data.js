/**
 * Gaps: what is known to be missing. A gap is the server's frame `{from, to, since_ms, until_ms, reason}` with
 * `missed` added: how many messages lie strictly between, or null where nobody can know. Pure.
 */

const MOST_KEPT = 100;

/** Messages strictly between two positions of one epoch; null when they cannot be compared. */
export function missedBetween(from, to) {
  if (!from || !to || from.epoch !== to.epoch) return null;
  return Math.max(0, to.offset - from.offset - 1);
}

export const gapOf = (frame) => ({ ...frame, missed: missedBetween(frame.from, frame.to) });

const samePlace = (one, other) => one?.epoch === other?.epoch && one?.offset === other?.offset;

/** Whether two frames tell of the same gap: one may come by itself and again with a `joined`. */
export const sameGap = (one, other) => one.reason === other.reason && one.since_ms === other.since_ms
  && samePlace(one.from, other.from) && samePlace(one.to, other.to);

/** The list with the gap at its end, or null when it stands there already. */
export function addGap(gaps, gap) {
  return gaps.some((known) => sameGap(known, gap)) ? null : [...gaps.slice(1 - MOST_KEPT), gap];
}

function isBefore(gap, message) {
  if (gap.to && gap.to.epoch === message.epoch) return gap.to.offset <= message.offset;
  return gap.until_ms <= message.at;
}

/** One list of `{gap}` and `{message}`, each gap before the first message that came after it. */
export function inOrder(gaps, messages) {
  const left = [...gaps];
  const events = [];
  for (const message of messages) {
    while (left.length && isBefore(left[0], message)) events.push({ gap: left.shift() });
    events.push({ message });
  }
  return [...events, ...left.map((gap) => ({ gap }))];
}
