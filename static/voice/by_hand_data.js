/**
 * Turns that the person ends by hand, for assistants whose session detects none: what is sent when Space (or the
 * button) goes down and when it is let go. Pure.
 */

/** A press shorter than this was no speech. */
export const SHORTEST_MS = 300;
/** The last words are still on their way when the key is let go. */
export const LAST_WORDS_MS = 250;

/** Pressed: whatever is being said stops, and what was heard before does not belong to the turn. */
export function pressed({ playing, response }) {
  const cancel = response ? [{ type: 'response.cancel', response_id: response }] : [];
  const clear = playing || response ? [{ type: 'output_audio_buffer.clear' }] : [];
  return { events: [...cancel, ...clear, { type: 'input_audio_buffer.clear' }], asks: false };
}

/** Let go after so many ms: the turn is handed in, and while no tool runs an answer is asked for. */
export function letGo({ tools }, heldMs) {
  if (heldMs < SHORTEST_MS) return { events: [{ type: 'input_audio_buffer.clear' }], asks: false };
  return { events: [{ type: 'input_audio_buffer.commit' }], asks: tools.length === 0 };
}
