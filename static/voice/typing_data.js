/** What is sent when somebody types. Pure. */

const message = (id, text) => ({
  type: 'conversation.item.create',
  item: { id, type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
});

/**
 * The events of one typed message and whether an answer has to be asked for. Whatever is being said stops
 * first; the cancel names its response, because a nameless one can hit the next. While a tool runs nothing is
 * asked for: the answer to the tool's output answers this too.
 * @param {{playing: string | null, response: string | null, tools: object[]}} state of call_data
 */
export function typedEvents(state, id, text) {
  const cancel = state.response ? [{ type: 'response.cancel', response_id: state.response }] : [];
  const clear = state.playing || state.response ? [{ type: 'output_audio_buffer.clear' }] : [];
  return { events: [...cancel, ...clear, message(id, text)], asks: state.tools.length === 0 };
}

/** A fresh item id of 16 random bytes; the provider keeps ids that clients choose (at most 32 characters). */
export const typedId = (bytes) => `item_${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('').slice(0, 26)}`;
