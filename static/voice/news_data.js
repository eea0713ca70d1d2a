/**
 * What the room of a call says, as inputs of this page. A message's payload is the JSON that docs/protocol.md
 * describes; what is not understood is nothing. Pure.
 */

import { keyOf } from './usage_data.js';

const NOTHING = Object.freeze({ stored: [], metered: [], inputs: [], isLive: false, isOver: false, isAsking: false });

const READERS = {
  turn: ({ item_id: id }) => ({ stored: id ? [id] : [] }),
  usage: (used) => ({ metered: [keyOf(used)], inputs: used.cost ? [{ type: 'stands', cost: used.cost, notices: [] }] : [] }),
  notice: (notice) => ({ inputs: [{ type: 'stands', cost: null, notices: [notice] }] }),
  tool_run: (run) => ({ inputs: [{ type: 'runs', runs: [run] }] }),
  // What an open question is about is told to the person alone, so the server is asked; also whether it still is open.
  approval: (said, at) => (said.decision ? { inputs: at === null ? [] : [{ type: 'approvals', approvals: [said], at }] } : { isAsking: true }),
  state: ({ state, ends_in_s: seconds }, at) => ({
    isLive: state === 'live',
    isOver: state === 'ended',
    // What was said earlier tells nothing of the time that is left now.
    inputs: at === null || !(seconds > 0) ? [] : [{ type: 'clock', endsAt: at + seconds * 1000 }],
  }),
};

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * `{stored: [item id], metered: [key of usage_data], inputs: [input of call_data], isLive, isOver, isAsking}`;
 * `isAsking`: the server is to be asked
 * @param {string | undefined} payload @param {number | null} at now, when it was said just now
 */
export function read(payload, at) {
  const said = parsed(payload ?? '');
  const reader = said !== null && Object.hasOwn(READERS, said.type) ? READERS[said.type] : () => ({});
  return { ...NOTHING, ...reader(said ?? {}, at) };
}
