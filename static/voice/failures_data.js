/**
 * Why a call could not start, in words: what happened, what to do, and whether trying again can help.
 * A failure is `{cause, said, cures: [text], does: act | null, call?, retryAt?, report?}`. The server's own
 * sentence wins over ours. Pure.
 */

import { shortTime, whenAgain } from './clock_data.js';

const TYPE_INSTEAD = 'Or type instead: the assistant answers without a microphone.';

const CAUSES = {
  refused: ['This site may not use the microphone: it is blocked in your browser.', 'again', [
    'Open the lock beside the address, set Microphone to Allow, then try again.', TYPE_INSTEAD]],
  missing: ['No microphone was found.', 'again', ['Plug one in, or type instead.']],
  busy: ['Another program is using the microphone.', 'again', [
    'Close it there, or choose another under Devices.']],
  insecure: ['Browsers give a microphone only to HTTPS pages.', null, [
    'Open this site by https://, or on localhost.']],
  old: ['This browser cannot make live calls.', null, ['Use a current Firefox, Chrome, Edge or Safari.']],
  signed_out: ['You are logged out.', 'login', ['Log in; you come back here.']],
  csrf: ['This page is older than your login.', 'reload', ['Reload it, then start again.']],
  in_call: ['You are already in a call, in another tab or on another device.', 'replace', [
    'End that one here, or go back to it.']],
  quota: ['Your calls for now are used up.', null, []],
  offer: ["The browser's offer was not understood.", 'reload', ['Reload the page.']],
  input: ['The site did not accept this call.', 'reload', ['Reload the page; the choice of assistants may be old.']],
  key: ['{provider} did not accept the key of this site. Trying again will not help.', 'copy', [
    'Ask the operator to check it, or pick an assistant that runs here.']],
  provider: ['{provider} could not take the call.', 'again', [
    'Try again in a moment; if it stays, tell the operator what stands above.']],
  silent: ['{provider} did not answer in time.', 'again', ['It is often brief. Try again in a moment.']],
  engine: ['The engine in the box is not running.', 'again', ['Operator: start it with make run.']],
  restarting: ['The site is just restarting.', 'again', ['Try again in a few seconds.']],
  offline: ['The site did not answer.', 'again', ['Check your network, then try again.']],
  broken: ['The site could not start the call.', 'again', [
    'Try again; if it stays, tell the operator what stands above.']],
  no_path: ['Connected, but no sound gets through. A VPN or firewall is probably in the way.', 'again', [
    'Turn the VPN off, try another network, or ask the operator to set ICE_SERVERS.']],
  no_assistant: ['There is no assistant to talk to yet.', null, [
    'Operator: add one in the admin, and mark it as the default.']],
};

const MICROPHONE = {
  NotAllowedError: 'refused', SecurityError: 'refused', NotFoundError: 'missing', DevicesNotFoundError: 'missing',
  OverconstrainedError: 'missing', NotReadableError: 'busy', TrackStartError: 'busy', AbortError: 'busy',
};

const CODES = { provider_refused_key: 'key', provider_unreachable: 'provider', provider_silent: 'silent', bad_sdp: 'offer' };
const STATUSES = {
  0: 'offline', 401: 'signed_out', 403: 'csrf', 409: 'in_call', 422: 'input', 429: 'quota', 502: 'provider',
  503: 'restarting', 504: 'silent',
};

/** The site's midnight, which needs no second line where it is this reader's midnight too. */
const SAID_ALREADY = /(at midnight|again tomorrow|again on .*)\.$/;
const AGAIN = { minutes_used: 'New minutes', budget_reached: 'Calls again' };

/** The failure of one named cause. */
export function failure(cause, provider = 'The provider') {
  const [said, does, cures] = CAUSES[cause];
  return { cause, said: said.replace('{provider}', provider), cures: [...cures], does };
}

/** What a browser lacks for this call, in words; null when all is there. Typing needs no microphone. */
export function environmentFailure({ hasPeer, hasMedia, isSecure }, typing) {
  if (!hasPeer) return failure('old');
  if (typing || (isSecure && hasMedia)) return null;
  return failure(isSecure ? 'old' : 'insecure');
}

/** The failure behind an exception of getUserMedia. */
export function microphoneFailure(error) {
  return failure(MICROPHONE[error?.name] ?? 'missing');
}

function causeOf(error, provider) {
  const named = CODES[error.code] ?? STATUSES[error.status] ?? 'broken';
  return named === 'provider' && error.code === 'provider_unreachable' && provider.kind === 'local' ? 'engine' : named;
}

/**
 * The failure behind an answer of our server.
 * @param {{status: number, code: string, message: string, call?: string, retryAfterS?: number}} error
 * @param {{kind: string, name: string}} provider
 * @param {number} now ms
 */
export function serverFailure(error, provider, now) {
  const found = failure(causeOf(error, provider), provider.name);
  if (error.message) found.said = error.message;
  found.cures = found.cures.filter((cure) => !found.said.includes(cure)); // said once is enough
  if (found.cause === 'in_call') found.call = error.call;
  if (found.cause === 'quota' && error.retryAfterS > 0) {
    found.does = 'again';
    found.retryAt = now + error.retryAfterS * 1000;
    const again = `${AGAIN[error.code] ?? 'Try again'} ${whenAgain(found.retryAt, now)}.`;
    found.cures = SAID_ALREADY.test(found.said) && shortTime(found.retryAt) === '00:00' ? [] : [again];
  }
  if (found.does === 'copy') found.report = `${new Date(now).toISOString()} ${error.status} ${error.code}: ${found.said}`;
  return found;
}

/** Thrown where the failure is known already. */
export class Refused extends Error {
  constructor(found) {
    super(found.cause);
    this.failure = found;
  }
}

/** The failure behind whatever stopped a start: ours, our server's, or an answer the browser could not use. */
export function failureBehind(error, provider, now) {
  if (error instanceof Refused) return error.failure;
  return error.status === undefined ? failure('no_path') : serverFailure(error, provider, now);
}
