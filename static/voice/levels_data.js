/** Loudness in bands, from 0 to 1, out of an analyser's bytes. Pure. */

/** Low, middle and high band of a voice, in Hz: the dial's three numbers. */
export const DIAL_BANDS = Object.freeze([[80, 400], [400, 1600], [1600, 4500]]);

/** Five narrower ones for the bars inside the mute button. */
export const BAR_BANDS = Object.freeze([[80, 250], [250, 500], [500, 1000], [1000, 2200], [2200, 4500]]);

/** Bytes below this are the room, not a voice. */
const FLOOR = 70;

function level(bytes, [from, to], binHz) {
  const first = Math.max(1, Math.floor(from / binHz));
  const last = Math.min(bytes.length - 1, Math.ceil(to / binHz));
  let sum = 0;
  for (let bin = first; bin <= last; bin += 1) sum += bytes[bin];
  const mean = sum / Math.max(1, last - first + 1);
  return Math.min(1, Math.max(0, (mean - FLOOR) / (200 - FLOOR)));
}

/**
 * @param {Uint8Array} bytes of getByteFrequencyData
 * @param {number[][]} bands in Hz
 * @param {number} binHz width of one bin
 */
export const levels = (bytes, bands, binHz) => bands.map((band) => level(bytes, band, binHz));

/** Milliseconds between two drawings: at most 30 a second, 4 where motion is unwelcome. */
export const drawEvery = (isReduced) => (isReduced ? 250 : 34);
