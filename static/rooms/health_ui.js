/** The link's word, its sentence, its lag and its login, wherever a page shows them. */

import { element, write } from '../elements/element_ui.js';

/** @param {HTMLElement} place the `.state`; @param {{word, tone}} words */
export function drawState(place, { word, tone }) {
  write(place, word);
  const name = tone ? `state ${tone}` : 'state';
  if (place.className !== name) place.className = name;
}

/** Shows "Server 12 ms" while it is known; a figure of yesterday's link is no figure. */
export function drawLag(place, lagMs) {
  place.hidden = lagMs === null;
  if (lagMs !== null) write(place.querySelector('b'), `${Math.max(1, Math.round(lagMs))}\u00a0ms`);
}

/** Shows the sentence of a link that is down, in the page's notice. */
export function drawNotice(place, { isUp, tone, sentence }) {
  place.hidden = isUp || sentence === '';
  const name = `notice ${tone || 'wait'}`;
  if (place.className !== name) place.className = name;
  const text = place.querySelector('span');
  if (place.hidden || text.textContent === sentence) return;
  const end = sentence.indexOf('. ') + 1;
  text.replaceChildren(element('b', {}, sentence.slice(0, end)), sentence.slice(end));
}

/** Offers the login to somebody whose session ended. */
export function drawLogin(link, cause, loginUrl) {
  link.hidden = cause !== 'logged_out';
  if (!link.hidden) link.href = loginUrl + encodeURIComponent(location.pathname + location.search);
}
