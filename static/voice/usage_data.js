/**
 * What the provider said was used, until the server has it. The server's own line stores it within a moment; what
 * it missed (a web process that died, a provider it cannot join) is posted by this page. Pure.
 *
 * A list of `{key, body, since, tries}`; a key is `kind:source id`.
 */

export const WAIT_MS = 5000;
const MOST_TRIES = 5;

export const keyOf = ({ kind, source_id: id }) => `${kind}:${id}`;

const BODIES = {
  'response.done': ({ response }) => ({ kind: 'response', source_id: response.id, usage: response.usage }),
  'conversation.item.input_audio_transcription.completed': ({ item_id: id, usage }) =>
    ({ kind: 'transcription', source_id: id, usage }),
};

/** The list after one event of the data channel. */
export function take(list, event, at) {
  const body = BODIES[event.type]?.(event);
  if (!body?.usage) return list;
  return [...list, { key: keyOf(body), body, since: at, tries: 0 }];
}

/** Without what the server has. */
export const acknowledge = (list, keys) => list.filter(({ key }) => !keys.includes(key));

/** What to post now; at the end, all of it. */
export function due(list, control, now, all = false) {
  const wait = control === 'courier' ? 0 : WAIT_MS;
  return list.filter(({ since, tries }) => all || (tries < MOST_TRIES && now - since >= wait));
}

/** A post that failed waits again. */
export const postponed = (list, key, at) =>
  list.map((one) => (one.key === key ? { ...one, since: at + WAIT_MS, tries: one.tries + 1 } : one));
