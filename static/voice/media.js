/** What this browser can hear and play with. Whoever opens something here closes it. */

const LIKE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** What this browser and this page can do. */
export function environment() {
  return {
    hasPeer: 'RTCPeerConnection' in window,
    hasMedia: Boolean(navigator.mediaDevices?.getUserMedia),
    isSecure: window.isSecureContext,
  };
}

/** Asks for the microphone: the remembered one if it is there. Raises what getUserMedia raises. */
export function openMicrophone(deviceId) {
  const audio = deviceId ? { ...LIKE, deviceId: { ideal: deviceId } } : LIKE;
  return navigator.mediaDevices.getUserMedia({ audio });
}

/** A stream of silence, for a call without a microphone. */
export const openSilence = (context) => context.createMediaStreamDestination().stream;

/** Ends every track, which puts the microphone's light out. */
export const stopTracks = (stream) => stream.getTracks().forEach((track) => track.stop());

/** The devices there are; without permission their names are missing. */
export async function listDevices() {
  try {
    return await navigator.mediaDevices.enumerateDevices();
  } catch {
    return []; // no media at all on this page: nothing to choose from
  }
}

/** Whether the page may choose the speaker. */
export const canChooseSpeaker = () => 'setSinkId' in HTMLMediaElement.prototype;
