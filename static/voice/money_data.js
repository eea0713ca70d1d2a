/** What a call costs, in words. Pure. */

const NBSP = '\u00a0';
const CENT = 0.01;

/** Two digits after the point, or the first two that say something. */
function digits(amount) {
  if (amount >= CENT || amount === 0) return amount.toFixed(2);
  return amount.toFixed(Math.min(6, 1 - Math.floor(Math.log10(amount))));
}

/**
 * "0.02 USD", "at least 0.02 USD", "cost unknown"; nothing for a call that is free or whose cost is not to be seen.
 * @param {{amount: string | null, currency: string, state: string} | null} cost of docs/protocol.md
 */
export function costWords(cost) {
  if (!cost || cost.state === 'free') return '';
  if (cost.amount === null) return `cost${NBSP}unknown`;
  const said = `${digits(Number(cost.amount))}${NBSP}${cost.currency}`;
  return cost.state === 'partly' ? `at${NBSP}least${NBSP}${said}` : said;
}
