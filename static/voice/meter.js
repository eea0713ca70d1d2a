/** Measures both voices and tells their levels, at most 30 times a second. Owned by a call; `close` ends it. */

import { BAR_BANDS, DIAL_BANDS, drawEvery, levels } from './levels_data.js';

const FFT_SIZE = 512;

export class Meter {
  #context;
  #sides = {};
  #frame = 0;
  #last = 0;
  #tell;

  /** @param {(levels: {you: number[], them: number[], bars: number[]}) => void} tell */
  constructor(context, tell) {
    this.#context = context;
    this.#tell = tell;
    this.#frame = requestAnimationFrame((at) => this.#draw(at));
  }

  /** Listens to a stream as `you` or `them`, in place of an earlier one. */
  attach(side, stream) {
    this.#sides[side]?.source.disconnect();
    const analyser = new AnalyserNode(this.#context, { fftSize: FFT_SIZE, smoothingTimeConstant: 0.6 });
    const source = this.#context.createMediaStreamSource(stream);
    source.connect(analyser);
    this.#sides[side] = { source, analyser, bytes: new Uint8Array(analyser.frequencyBinCount) };
  }

  #read(side, bands) {
    const found = this.#sides[side];
    if (!found) return bands.map(() => 0);
    found.analyser.getByteFrequencyData(found.bytes);
    return levels(found.bytes, bands, this.#context.sampleRate / FFT_SIZE);
  }

  #draw(at) {
    this.#frame = requestAnimationFrame((next) => this.#draw(next));
    if (at - this.#last < drawEvery(matchMedia('(prefers-reduced-motion: reduce)').matches)) return;
    this.#last = at;
    this.#tell({ you: this.#read('you', DIAL_BANDS), them: this.#read('them', DIAL_BANDS), bars: this.#read('you', BAR_BANDS) });
  }

  close() {
    cancelAnimationFrame(this.#frame);
    for (const { source } of Object.values(this.#sides)) source.disconnect();
    this.#sides = {};
  }
}
