/**
 * The talk page's one state: what the call does, what was said, and the call itself while there is one.
 * Every input goes through `tell`; after each, `changed` is called once, soon. Knows no element.
 */

import { Call } from './call.js';
import { LAST_WORDS_MS, letGo, pressed } from './by_hand_data.js';
import { READY, isOpen, reduce } from './call_data.js';
import { takeApprovals, takeRuns } from './runs_data.js';
import * as transcripts from './transcript_data.js';

const IDLE = ['ready', 'ended', 'failed'];

export class Talk {
  state = READY;
  transcript;
  #call = null;
  #parts;
  #isDue = false;
  #heldAt = 0;

  /** @param {{config, api, audio: HTMLAudioElement, draw: (levels) => void, changed: () => void}} parts */
  constructor(parts) {
    this.#parts = parts;
    this.transcript = transcripts.emptyTranscript(parts.config.provider.kind === 'local');
  }

  get isIdle() {
    return IDLE.includes(this.state.phase);
  }

  /** Takes one input into the state. */
  tell(input) {
    this.state = reduce(this.state, input);
    this.#write(input);
    this.#call?.sound?.setOpen(isOpen(this.state));
    if (input.type === 'hold' && this.state.byHand && this.state.phase === 'live') this.#hold(input.holding);
    if (input.type === 'event' && input.event.type === 'output_audio_buffer.started') this.#call?.checkSound();
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.#parts.changed();
    });
  }

  /** Where turns are ended by hand: the press begins one, letting go hands it in. */
  #hold(isHeld) {
    const call = this.#call;
    const now = performance.now();
    if (isHeld) call.send(pressed(this.state));
    else setTimeout(() => call.send(letGo(this.state, now - this.#heldAt)), LAST_WORDS_MS); // a closed call sends nothing
    if (isHeld) this.#heldAt = now;
  }

  #write(input) {
    const before = this.transcript;
    if (input.type === 'event') this.transcript = transcripts.take(before, input.event, input.at);
    if (input.type === 'typed') this.transcript = transcripts.expectTyped(before, input.id);
    if (input.type === 'runs') this.transcript = takeRuns(before, input.runs);
    if (input.type === 'approvals') this.transcript = takeApprovals(before, input.approvals);
    if (input.type === 'ended') this.transcript = transcripts.ended(before, input.at);
    if (input.type === 'clear') this.transcript = transcripts.emptied(before);
    if (this.transcript.rows !== before.rows) this.#call?.collect(this.transcript.rows);
  }

  /** @param {{wanted: {assistant?: string, voice?: string, replace?: boolean}, deviceId: string, typing?: boolean}} wish */
  async start(wish) {
    if (!this.isIdle) return;
    const previous = this.#call;
    const { config, api, audio, draw } = this.#parts;
    const state = () => this.state;
    const call = new Call({ config, api, audio, draw, state, tell: (input) => call === this.#call && this.tell(input) });
    this.#call = call;
    this.transcript = transcripts.emptyTranscript(this.transcript.exact);
    this.tell({ type: 'connecting', typing: Boolean(wish.typing) });
    await previous?.settled;
    call.start({ ...wish, typing: Boolean(wish.typing) });
  }

  /** Ends or cancels what is running. */
  end() {
    this.#call?.end('user');
  }

  /** Typed words; without a call they start one that needs no microphone. */
  type(text, wish) {
    if (this.isIdle) this.start({ ...wish, typing: true });
    this.#call.type(text);
  }

  play() {
    this.#call?.sound?.play();
  }

  useMicrophone(deviceId) {
    if (!this.isIdle && !this.state.typing) this.#call.useMicrophone(deviceId);
  }
}
