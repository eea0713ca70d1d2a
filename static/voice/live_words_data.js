/** Running calls in words, as staff read them: how one stands, how one ended, what they cost. Pure. */

import { span } from './clock_data.js';
import { costWords } from './money_data.js';

const CONNECTING = { word: 'Connecting', tone: 'off' };
const UNKNOWN = { word: 'Unknown', tone: 'off' };

/**
 * `{word, tone}`. Words are told when they were said to the end, so this names whose turn it is, not whose sound
 * is in the air.
 * @param {{state: string, asking: object | null, last: {role: string} | null}} call
 * @param {boolean} isFresh what is known of it is of now
 */
export function standing({ state, asking, last }, isFresh = true) {
  if (state === 'ended') return { word: 'Ended', tone: 'off' };
  if (!isFresh) return UNKNOWN;
  if (state === 'connecting') return CONNECTING;
  if (asking) return { word: 'Waiting for approval', tone: 'wait' };
  return last?.role === 'user' ? { word: 'Answering', tone: 'off' } : { word: 'Live', tone: '' };
}

const REASONS = {
  user: (who, length) => `${who} ended the call after ${length}.`,
  browser_left: (who, length) => `${who} left the page after ${length}, so the call ended.`,
  time_limit: (who, length) => `The time limit was reached after ${length}.`,
  idle: () => 'The call ended after a long silence.',
  operator: (who, length) => `Staff ended the call after ${length}.`,
  tampered: () => 'The call was ended because its client had changed it.',
  replaced: (who) => `${who} started another call, so this one ended.`,
  provider: () => 'The provider ended the call.',
  provider_lost: () => 'The line to the provider was lost and not found again.',
  budget: () => 'The budget for calls is used up, so the call ended.',
  shutdown: () => 'The site was restarted, which ended the call.',
  not_connected: () => 'The line never came up, so the call ended.',
  failed: () => 'Something broke, and the call ended.',
};

/** How a call ended. @param {{reason: string | null, who: string, lengthMs: number}} ending */
export function endedSentence({ reason, who, lengthMs }) {
  const say = Object.hasOwn(REASONS, reason ?? '') ? REASONS[reason] : () => 'The call is over.';
  return say(who, span(lengthMs));
}

const ROUNDED = 0.005;

/** A cost in a list, in cents where it has some: "0.01 USD"; nothing for a call that is free. */
export function shortCost(cost) {
  const rounds = cost && cost.amount !== null && Number(cost.amount) >= ROUNDED;
  return costWords(rounds ? { ...cost, amount: Number(cost.amount).toFixed(2) } : cost);
}

/** A cost in full: "0.009 USD", "Free", "Cost unknown", "Nothing yet". */
export function fullCost(cost) {
  if (!cost) return 'Nothing yet';
  if (cost.state === 'free') return 'Free';
  const words = costWords(cost).replace(/(\.\d\d\d*?)0+(?=\u00a0)/, '$1');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What several calls cost together, as a cost; null when nothing is to be paid. */
export function costTogether(costs) {
  const paid = costs.filter((cost) => cost && cost.state !== 'free');
  if (!paid.length) return null;
  const known = paid.filter(({ amount }) => amount !== null);
  if (!known.length) return { ...paid[0], state: 'unknown' };
  const amount = String(known.reduce((sum, cost) => sum + Number(cost.amount), 0));
  return { amount, currency: known[0].currency, state: paid.every(({ state }) => state === 'priced') ? 'priced' : 'partly' };
}

/** "4 calls", "1 call", "No calls". */
export const countCalls = (count) => (count ? `${count} call${count === 1 ? '' : 's'}` : 'No calls');
