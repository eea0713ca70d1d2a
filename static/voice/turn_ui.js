/** One side's words in a transcript: who, when, what, and what of it was not heard. */

import { clockTime } from './clock_data.js';
import { element, icon } from '../elements/element_ui.js';
import { unheardPart } from './heard_data.js';

function why(unheard, { byEnd, isExact }, you) {
  if (byEnd) return 'The call ended here.';
  const interrupted = you === 'You' ? 'You interrupted' : 'Interrupted';
  if (!unheard) return `${interrupted} here.`;
  return `${interrupted}. The struck words were not heard${isExact === false ? ', as far as can be told' : ''}.`;
}

/**
 * @param {HTMLElement} article
 * @param {object} row of transcript_data
 * @param {{you: string, them: string}} names of the person and of the assistant; "You" to the person themselves
 */
export function drawTurn(article, row, { you, them }) {
  const { role, text, at, state, typed, interrupted, heard, failed } = row;
  const when = element('time', { dateTime: new Date(at).toISOString() }, state === 'hearing' ? 'hearing' : clockTime(at));
  const by = element('p', { className: 'by' }, element('b', {}, role === 'user' ? you : them), when,
    typed ? element('span', {}, 'typed') : null);
  const words = element('p', { className: state === 'now' ? 'now' : '' }, interrupted ? heard : text);
  const unheard = interrupted ? unheardPart(text, heard) : '';
  if (unheard) words.append(' ', element('span', { className: 'unheard' }, unheard.trimStart()));
  if (failed) words.append(element('span', { className: 'quiet' }, 'This could not be written down.'));
  if (state === 'hearing' && !text) words.append(element('span', { className: 'quiet' }, '…'));
  article.className = `turn ${role === 'user' ? 'you' : 'them'}`;
  article.replaceChildren(by, words);
  if (interrupted) article.append(element('p', { className: 'why' }, icon('cut', 's'), why(unheard, row, you)));
}
