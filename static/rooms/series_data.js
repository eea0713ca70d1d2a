/**
 * The numbers of one field over time, bounded: within a slice of time only the lowest and the highest are kept,
 * and slices grow as the series gets long, so that peaks stay visible at any rate. Pure.
 */

const SLICE_MS = 250;
const MOST_POINTS = 8000;

export class Series {
  #slices = []; // {start, low, high, lowAt, highAt} or {breakAt}
  #sliceMs = SLICE_MS;
  last = null; // {at, value}

  clear() {
    this.#slices = [];
    this.#sliceMs = SLICE_MS;
    this.last = null;
  }

  /** Adds a number published at `at` ms; time never goes back. */
  add(at, value) {
    const when = Math.max(at, this.last?.at ?? at);
    this.last = { at: when, value };
    this.#into(this.#slices, { low: value, high: value, lowAt: when, highAt: when });
    if (this.#slices.length * 2 > MOST_POINTS) this.#coarsen();
  }

  #into(slices, point) {
    const start = Math.floor(point.lowAt / this.#sliceMs);
    const newest = slices.at(-1);
    if (newest?.start !== start) {
      slices.push({ start, ...point });
      return;
    }
    if (point.low < newest.low) Object.assign(newest, { low: point.low, lowAt: point.lowAt });
    if (point.high > newest.high) Object.assign(newest, { high: point.high, highAt: point.highAt });
    newest.end = point.high;
  }

  /** Something is missing here: the line is broken. */
  breakAt(at) {
    if (this.#slices.length && this.#slices.at(-1).breakAt === undefined) this.#slices.push({ breakAt: Math.max(at, this.last.at) });
  }

  #coarsen() {
    this.#sliceMs *= 2;
    const coarse = [];
    for (const slice of this.#slices) {
      if (slice.breakAt === undefined) this.#into(coarse, slice);
      else coarse.push(slice);
    }
    // Twice as long slices halve the series; where they do not, its oldest half goes.
    this.#slices = coarse.length * 2 > MOST_POINTS * 0.75 ? coarse.slice(-MOST_POINTS / 4) : coarse;
  }

  /** `[times in s, values]` from `fromMs` on, in order; a break is a null. */
  points(fromMs) {
    const times = [];
    const values = [];
    const put = (at, value) => {
      const previous = times.at(-1) ?? -Infinity;
      times.push(Math.max(at / 1000, previous));
      values.push(value);
    };
    for (const slice of this.#slices.slice(this.#firstFrom(fromMs))) {
      if (slice.breakAt !== undefined) put(slice.breakAt, null);
      else if (slice.low === slice.high) put(slice.highAt, slice.high);
      else inTime(slice).forEach(([at, value]) => put(at, value));
    }
    return [times, values];
  }

  /** The slice before the span too, so that the line comes in from its edge. */
  #firstFrom(fromMs) {
    const index = this.#slices.findIndex((slice) => (slice.breakAt ?? slice.highAt) >= fromMs);
    return index < 0 ? Math.max(0, this.#slices.length - 1) : Math.max(0, index - 1);
  }
}

function inTime({ low, high, lowAt, highAt }) {
  const pair = [[lowAt, low], [highAt, high]];
  return lowAt <= highAt ? pair : pair.reverse();
}

/** Lowest and highest of values, breaks left out; null when there are none. */
export function extent(values) {
  const known = values.filter((value) => value !== null);
  return known.length ? { low: Math.min(...known), high: Math.max(...known) } : null;
}

/** "21.8": as many digits as the span between the lowest and the highest deserves. */
export function shortNumber(value) {
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  const size = Math.abs(value);
  return size !== 0 && (size < 0.001 || size >= 1e9) ? value.toExponential(2) : String(Number(value.toPrecision(5)));
}
