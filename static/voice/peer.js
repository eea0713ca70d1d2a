/** The WebRTC connection of one call: one sound track each way and the data channel. Owned by a call. */

const SOUND_MS = 5_000;

export class Peer {
  #connection;
  #check = null;
  /** The data channel; the page opens it, the provider answers on it. */
  channel = null;

  /**
   * @param {RTCIceServer[]} iceServers
   * @param {{heard: (stream: MediaStream) => void, changed: (state: string) => void}} watch
   */
  constructor(iceServers, { heard, changed }) {
    this.#connection = new RTCPeerConnection({ iceServers });
    this.#connection.ontrack = ({ track, streams }) => heard(streams[0] ?? new MediaStream([track]));
    this.#connection.onconnectionstatechange = () => changed(this.#connection.connectionState);
  }

  /** The SDP that offers `stream`; sent without waiting for candidates, which the other side learns by itself. */
  async offer(stream) {
    const connection = this.#connection;
    for (const track of stream.getTracks()) connection.addTrack(track, stream);
    this.channel = connection.createDataChannel('oai-events');
    await connection.setLocalDescription(await connection.createOffer());
    return connection.localDescription.sdp;
  }

  /** Takes the provider's answer. */
  accept(sdp) {
    return this.#connection.setRemoteDescription({ type: 'answer', sdp });
  }

  /** What sends our sound. */
  get sender() {
    return this.#connection.getSenders()[0];
  }

  /** From now on sound must come in: `silent` is called when after some seconds not one packet has. Asked once. */
  expectSound(silent) {
    this.#check ??= setTimeout(async () => {
      const reports = [...(await this.#connection.getStats()).values()];
      const inbound = reports.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
      if (inbound?.packetsReceived === 0) silent();
    }, SOUND_MS);
  }

  close() {
    clearTimeout(this.#check);
    this.#connection.ontrack = null;
    this.#connection.onconnectionstatechange = null;
    this.#connection.close();
  }
}
