/** What the server knows of tool runs and of the answers before them, put into the transcript's rows. Pure. */

import { patch } from './transcript_data.js';

/** Whether the server's word on a run is older than what the row shows. */
function isOld(row, status) {
  if (row.status === status) return true;
  if (status === 'running') return row.status !== 'waiting';
  return status === 'waiting' && row.output !== null;
}

/** The server's word on runs is truer than what the channel showed. */
export function takeRuns(state, runs) {
  return runs.reduce((next, { call_id: id, status, output }) => patch(next, id, (row) =>
    (isOld(row, status) ? {} : { status, output: output || row.output })), state);
}

/** How the questions before runs were answered. */
export function takeApprovals(state, approvals) {
  return approvals.filter(({ decision }) => decision).reduce((next, { call_id: id, decision, after_s: afterS }) =>
    patch(next, id, (row) => (row.approval ? {} : { approval: { decision, afterS } })), state);
}
