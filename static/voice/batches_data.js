/**
 * Function calls of a response, until each has its output on the channel. With a courier this page relays them
 * at once; with a sideband only what the server has left unanswered. Every call of a response gets its output
 * first, then one answer is asked for. Calls of a cancelled response are never run. Pure.
 *
 * A list of `{id, name, args, response, since, posted, held, output, gotAt, tries}`.
 */

export const SIDEBAND_WAIT_MS = 5000;
export const CHANNEL_WAIT_MS = 1500;
const MOST_TRIES = 3;
const UNREACHABLE = JSON.stringify({ error: 'This site could not be reached, so the tool did not run.' });

const change = (calls, id, more) => calls.map((call) => (call.id === id ? { ...call, ...more } : call));

function noted(calls, { item, response_id: response }) {
  if (item.type !== 'function_call' || calls.some(({ id }) => id === item.call_id)) return calls;
  const call = { id: item.call_id, name: item.name, args: item.arguments, response, since: null, posted: false, held: false,
    output: null, gotAt: null, tries: 0 };
  return [...calls, call];
}

function finished(calls, { response }, at) {
  if (response.status !== 'completed') return calls.filter((call) => call.response !== response.id);
  return calls.map((call) => (call.response === response.id ? { ...call, since: at } : call));
}

const answered = (calls, { item }) =>
  (item.type === 'function_call_output' ? calls.filter(({ id }) => id !== item.call_id) : calls);

const EVENTS = {
  'response.output_item.done': noted,
  'response.done': finished,
  'conversation.item.added': answered,
  'conversation.item.done': answered,
};

/** The calls after one event of the data channel. */
export const take = (calls, event, at) => EVENTS[event.type]?.(calls, event, at) ?? calls;

/** The calls to post now. */
export function owed(calls, control, now) {
  const wait = control === 'courier' ? 0 : SIDEBAND_WAIT_MS;
  return calls.filter(({ since, posted, held: isHeld }) => since !== null && !posted && !isHeld && now - since >= wait);
}

/** Which calls wait for a person's word; one that was answered has its full time again. */
export const held = (calls, approvals, at) => calls.map((call) => {
  const said = approvals.find(({ call_id: id }) => id === call.id);
  if (said === undefined || call.held === !said.decision) return call;
  return { ...call, held: !said.decision, since: said.decision && call.since !== null ? at : call.since };
});

/** A call is on its way to our server. */
export const posting = (calls, id) => change(calls, id, { posted: true });

/** Our server's output for a call. */
export const gotOutput = (calls, id, output, at) => change(calls, id, { output, gotAt: at });

/** Our server did not answer: once more later, and in the end the model is told so. */
export function postFailed(calls, id, at) {
  const tries = (calls.find((call) => call.id === id)?.tries ?? 0) + 1;
  if (tries >= MOST_TRIES) return gotOutput(calls, id, UNREACHABLE, at);
  return change(calls, id, { posted: false, tries, since: at + tries * 1000 });
}

/** Responses whose calls all have an output that the channel has not shown in time. */
function readyResponses(calls, control, now) {
  const wait = control === 'courier' ? 0 : CHANNEL_WAIT_MS;
  const isReady = ({ output, gotAt }) => output !== null && now - gotAt >= wait;
  return [...new Set(calls.map(({ response }) => response))].filter((response) =>
    calls.filter((call) => call.response === response).every(isReady));
}

/**
 * What to send now: `{calls, items}`, the items in the order of the calls. When there are any, one
 * `response.create` follows them.
 */
export function release(calls, control, now) {
  const ready = readyResponses(calls, control, now);
  const isReady = ({ response }) => ready.includes(response);
  const items = calls.filter(isReady).map(({ id, output }) => ({
    type: 'conversation.item.create', item: { type: 'function_call_output', call_id: id, output },
  }));
  return { calls: calls.filter((call) => !isReady(call)), items };
}
