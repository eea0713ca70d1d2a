/** The admin's form of an assistant: of the turn's fields it shows those that the choice uses. */

const USED = {
  server_vad: ['silence_duration_ms', 'threshold', 'prefix_padding_ms', 'idle_timeout_ms', 'interrupt_response'],
  semantic_vad: ['eagerness', 'interrupt_response'],
  push_to_talk: [],
};

const choice = document.getElementById('id_listening');

function show() {
  for (const name of new Set(Object.values(USED).flat())) {
    const row = document.querySelector(`.form-row.field-${name}`);
    if (row) row.hidden = !USED[choice.value].includes(name);
  }
}

if (choice) {
  choice.addEventListener('change', show); // lives as long as the page
  show();
}
