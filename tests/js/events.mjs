// Event sequences of a data channel, as the provider sends them.

export const speech = (id) => [
  { type: 'input_audio_buffer.speech_started', item_id: id, audio_start_ms: 0 },
  { type: 'input_audio_buffer.speech_stopped', item_id: id, audio_end_ms: 900 },
  { type: 'input_audio_buffer.committed', item_id: id, previous_item_id: null },
  { type: 'conversation.item.added', item: { id, type: 'message', role: 'user', content: [{ type: 'input_audio', transcript: null }] } },
];

export const transcribed = (id, transcript) =>
  ({ type: 'conversation.item.input_audio_transcription.completed', item_id: id, content_index: 0, transcript });

export const created = (response) => ({ type: 'response.created', response: { id: response, status: 'in_progress', output: [] } });

export const done = (response, status = 'completed', more = {}) =>
  ({ type: 'response.done', response: { id: response, status, output: [], ...more } });

export const delta = (response, item, text) =>
  ({ type: 'response.output_audio_transcript.delta', response_id: response, item_id: item, output_index: 0, content_index: 0, delta: text });

export const spokenText = (response, item, text) =>
  ({ type: 'response.output_audio_transcript.done', response_id: response, item_id: item, transcript: text });

export const sound = (what, response) => ({ type: `output_audio_buffer.${what}`, response_id: response });

export const truncated = (item, ms) => ({ type: 'conversation.item.truncated', item_id: item, content_index: 0, audio_end_ms: ms });

export const call = (response, callId, name, args) => {
  const item = { id: `item_${callId}`, type: 'function_call', name, call_id: callId };
  return [
    { type: 'response.output_item.added', response_id: response, item: { ...item, status: 'in_progress', arguments: '' } },
    { type: 'response.output_item.done', response_id: response, item: { ...item, status: 'completed', arguments: args } },
  ];
};

export const output = (callId, text) =>
  ({ type: 'conversation.item.added', item: { id: `out_${callId}`, type: 'function_call_output', call_id: callId, output: text } });

export const message = (id, role, text) =>
  ({ type: 'conversation.item.added', item: { id, type: 'message', role, status: 'completed', content: [{ type: 'input_text', text }] } });
