/**
 * Both directions of a call's sound: the microphone (or silence) out, the assistant's voice in, and the meter
 * that watches them. Owned by a call; `close` stops the tracks, so the microphone's light goes out.
 */

import { openMicrophone, openSilence, stopTracks } from './media.js';
import { Meter } from './meter.js';

const GONE = 'The microphone is gone. Plug it in again, or choose another under Devices.';

export class Sound {
  #context = new AudioContext();
  #meter;
  #audio;
  #tell;
  #stream = null;
  #isOpen = true;
  #closed = false;

  /** @param {{audio: HTMLAudioElement, tell: (input) => void, draw: (levels) => void}} parts */
  constructor({ audio, tell, draw }) {
    this.#audio = audio;
    this.#tell = tell;
    this.#meter = new Meter(this.#context, draw);
    this.#context.resume().catch(() => {}); // closed before it ran: nothing to resume
  }

  /** The stream to send. Raises what getUserMedia raises. */
  async open({ typing, deviceId }) {
    const stream = typing ? openSilence(this.#context) : await openMicrophone(deviceId);
    this.#take(stream, typing);
    return stream;
  }

  #take(stream, isSilence) {
    if (this.#closed) {
      stopTracks(stream);
      return;
    }
    if (this.#stream) stopTracks(this.#stream);
    this.#stream = stream;
    this.setOpen(this.#isOpen);
    if (isSilence) return;
    this.#meter.attach('you', stream);
    const [track] = stream.getAudioTracks();
    track.onended = () => this.#tell({ type: 'trouble', trouble: GONE });
    this.#tell({ type: 'trouble', trouble: '' });
  }

  /** Another microphone in mid-call, on the same line. */
  async change(deviceId, sender) {
    const stream = await openMicrophone(deviceId);
    try {
      if (!this.#closed) await sender.replaceTrack(stream.getAudioTracks()[0]);
    } catch (refusal) {
      stopTracks(stream);
      throw refusal;
    }
    this.#take(stream, false);
  }

  /** Lets the microphone through, or not. */
  setOpen(isOpen) {
    this.#isOpen = isOpen;
    this.#stream?.getAudioTracks().forEach((track) => {
      track.enabled = isOpen;
    });
  }

  /** The assistant's voice came in. */
  hear(stream) {
    if (this.#closed) return;
    this.#audio.srcObject = stream;
    this.#meter.attach('them', stream);
    this.play();
  }

  /** Plays it; a browser that holds sound back wants this called from a press. */
  async play() {
    const blocked = await this.#audio.play().then(() => false, (error) => error.name === 'NotAllowedError');
    if (!this.#closed) this.#tell({ type: 'blocked', blocked });
  }

  close() {
    this.#closed = true;
    this.#meter.close();
    if (this.#stream) stopTracks(this.#stream);
    this.#audio.srcObject = null;
    this.#context.close().catch(() => {}); // closed already
  }
}
