/**
 * Finished turns that the server has not acknowledged. The server's own line to the provider stores them within
 * a moment; what it missed is posted by this page. Pure.
 *
 * An outbox is `{kept: {id: {row, since, tries}}, done: [id]}`.
 */

/** A turn is left to the server for this long. */
export const WAIT_MS = 5000;
const MOST_TRIES = 5;

export const EMPTY_OUTBOX = Object.freeze({ kept: {}, done: [] });

const isFinished = (row) => row.kind === 'turn' && row.state === 'final' && !row.failed && row.text !== '';

/** The outbox with every finished turn of `rows` in its newest form. */
export function collect(outbox, rows, at) {
  const kept = { ...outbox.kept };
  for (const row of rows.filter(isFinished)) {
    if (outbox.done.includes(row.id)) continue;
    kept[row.id] = { since: at, tries: 0, ...kept[row.id], row };
  }
  return { ...outbox, kept };
}

/** Without the turns that the server has. */
export function acknowledge(outbox, ids) {
  const kept = Object.fromEntries(Object.entries(outbox.kept).filter(([id]) => !ids.includes(id)));
  return { kept, done: [...new Set([...outbox.done, ...ids])] };
}

/** Ids that have waited long enough; with `all`, every one. */
export function due(outbox, now, all = false) {
  return Object.entries(outbox.kept)
    .filter(([, { since, tries }]) => all || (tries < MOST_TRIES && now - since >= WAIT_MS))
    .map(([id]) => id);
}

/** A post that failed waits again. */
export function postponed(outbox, id, at) {
  const entry = outbox.kept[id];
  if (!entry) return outbox;
  return { ...outbox, kept: { ...outbox.kept, [id]: { ...entry, since: at, tries: entry.tries + 1 } } };
}

/** Whether something could not be stored after all tries. */
export const isStuck = (outbox) => Object.values(outbox.kept).some(({ tries }) => tries >= MOST_TRIES);

/** What `POST …/turns/` takes for one turn. */
export function turnBody(outbox, id) {
  const { role, text, interrupted, heard, at } = outbox.kept[id].row;
  const body = { item_id: id, role, text, started_at: new Date(at).toISOString() };
  return interrupted ? { ...body, interrupted, heard_text: heard } : body;
}
