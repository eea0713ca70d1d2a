/** How much of an interrupted sentence was heard. Pure. */

/** Speech runs at about this many characters a second; only used where the provider does not say more. */
const CHARACTERS_PER_S = 15;

/**
 * The part of `text` that was heard when its sound stopped after `ms`: up to the end of a word.
 * The engine in the box sends words as it plays them, so there everything shown was heard (`exact`).
 */
export function heardPart(text, ms, exact) {
  if (exact) return text;
  const guess = Math.floor((Math.max(0, ms) / 1000) * CHARACTERS_PER_S);
  if (guess >= text.length) return text;
  const cut = text.lastIndexOf(' ', guess);
  return cut > 0 ? text.slice(0, cut) : '';
}

/** The rest of `text` behind what was heard. */
export const unheardPart = (text, heard) => (text.startsWith(heard) ? text.slice(heard.length) : '');
