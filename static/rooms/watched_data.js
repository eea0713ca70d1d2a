/** One room as the wall knows it: its last value, its rhythm, its small line, its gaps. Pure: told what time it is. */

import { clockSkew, heardAt, isLearned, learned, NO_RHYTHM, usually, valueState } from './freshness_data.js';
import { missedWords } from './gap_words_data.js';
import { mainValue, readPayload } from './payloads_data.js';
import { sparkPaths } from './spark_data.js';
import { age, rate } from './times_data.js';
import { wokeAt } from './wall_data.js';

const MOST_VALUES = 60;
const GAP_SHOWN_MS = 600_000;

const perMinuteOf = (usualMs) => (usualMs ? 60_000 / usualMs : 0);

export class Watched {
  #info;
  #rhythm = NO_RHYTHM;
  #payload = null;
  #values = [];
  #field = null;
  #gaps = [];
  #isLate = false;
  #listedRate = 0;
  #listedAt = null;
  name;
  title = '';
  watchers = null;
  wokeAt = 0;
  skew = null;

  /** @param {{unit?: string, expected_ms?: number}} info what an operator said of it */
  constructor(name, info = {}) {
    this.name = name;
    this.#info = info;
  }

  /** What the list of rooms says; the socket knows better once it has spoken. */
  listed(entry) {
    this.title = entry.title ?? '';
    this.#listedRate = entry.rate_per_min ?? 0;
    this.#isLate = Boolean(entry.late) && entry.at >= (this.at ?? 0);
    this.watchers = entry.watchers ?? this.watchers;
    if (this.at !== null && entry.at <= this.at) return;
    this.#payload = readPayload(entry);
    this.wokeAt = wokeAt(this.wokeAt, this.at, entry.at);
    this.#listedAt = entry.at;
  }

  take(message, isLive, now) {
    this.wokeAt = wokeAt(this.wokeAt, this.at, Math.max(message.at, this.at ?? 0));
    if (isLive) this.skew = clockSkew(this.skew, message.at, now);
    this.#isLate = false;
    this.#rhythm = heardAt(this.#rhythm, message.at);
    this.#payload = readPayload(message);
    this.#remember(mainValue(this.#payload));
  }

  #remember({ field, text }) {
    if (field !== this.#field) this.#values = [];
    this.#field = field;
    if (field !== null) this.#values = [...this.#values.slice(1 - MOST_VALUES), Number(text)];
  }

  gap(gap) {
    this.#gaps = [...this.#gaps.slice(-9), gap];
    this.#values = [...this.#values.slice(1 - MOST_VALUES), null];
  }

  get at() {
    return this.#rhythm.at === null ? this.#listedAt : Math.max(this.#rhythm.at, this.#listedAt ?? 0);
  }

  get perMinute() {
    return perMinuteOf(learned(this.#rhythm, this.#info.expected_ms).usualMs) || this.#listedRate;
  }

  /** Everything a tile or a row shows. */
  view(now, isLinkUp) {
    const { usualMs, lateAfterMs } = learned(this.#rhythm, this.#info.expected_ms);
    const missed = missedWords(this.#gaps, now - GAP_SHOWN_MS);
    // The server remembers longer than this page; where the page has seen enough itself, both need not agree.
    const isLate = this.#isLate && !isLearned(this.#rhythm);
    const state = valueState({ at: this.at, lateAfterMs, isLinkUp, isLate, missed }, now);
    const value = this.#payload ? mainValue(this.#payload) : { text: '', unit: '', isText: true, fields: [] };
    const rhythm = state.word === 'Late' ? usually(usualMs) : '';
    const isRaw = this.#payload !== null && ['number', 'json', 'text'].includes(this.#payload.kind);
    return { ...value, raw: isRaw ? this.#payload.text : value.text, unit: value.unit || (value.isText ? '' : this.#info.unit ?? ''), state, spark: sparkPaths(this.#values),
      age: this.at === null ? 'no message yet' : age(now - this.at), rate: rhythm || rate(this.perMinute) || 'on change',
      watching: this.watchers === null ? '' : `${this.watchers} watching` };
  }

  isTrouble(now) {
    return this.view(now, true).state.tone === 'wait';
  }
}
