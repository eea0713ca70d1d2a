/** How a call ended, in words: a kind sentence for every reason the server knows. Pure. */

import { dayAfter, span } from './clock_data.js';

const REASONS = {
  user: ({ length }) => `You ended the call after ${length}.`,
  browser_left: () => 'The page was left, so the call ended.',
  time_limit: ({ length }) => `Time limit reached after ${length}.`,
  idle: () => 'Ended after a long silence.',
  operator: ({ length }) => `Staff of this site ended the call after ${length}.`,
  tampered: () => 'The call was ended because it was changed from outside this page.',
  replaced: () => 'You started another call, so this one ended.',
  provider: ({ provider }) => `${provider} ended the call.`,
  provider_lost: ({ provider }) => `The line to ${provider.replace(/^The /, 'the ')} was lost and not found again.`,
  budget: () => 'The budget for calls is used up, so this one ended.',
  shutdown: () => 'The site was restarted, which ended the call.',
  not_connected: () => 'The line was never up on both sides, so the call ended.',
  failed: () => 'Something broke on this site, and the call ended.',
  line_lost: () => 'The line was lost and not found again.',
};

function kept(keepDays, endedAt) {
  if (keepDays === null || keepDays === undefined) return 'It is kept.';
  return keepDays > 0 ? `It is kept until ${dayAfter(endedAt, keepDays)}.` : 'It is not kept.';
}

/**
 * The sentence under "Ended".
 * @param {{reason: string, startedAt: number | null, endedAt: number}} ending times in ms
 * @param {{provider: string, keepDays: number | null}} facts
 */
export function endingSentence({ reason, startedAt, endedAt }, { provider, keepDays }) {
  const length = span(startedAt === null ? 0 : endedAt - startedAt);
  const say = REASONS[reason] ?? REASONS.failed;
  const sentence = say({ length, provider });
  return startedAt === null ? sentence : `${sentence} ${kept(keepDays, endedAt)}`;
}
