/** The link in words: its state, what to know, what to do. Pure. */

import { clockTime, count, span } from './times_data.js';

const FINAL = {
  logged_out: ['Logged out', 'Log in to go on.'],
  not_allowed: ['Not allowed', 'Ask the operator for a group that may view this room.'],
  refused: ['Ended', 'The server ended this link, and trying again by itself will not help. Reload the page.'],
  closed: ['Ended', 'Reload the page to go on.'],
};

const SLOWED = 'This page could not keep up and skipped ahead; the messages between are fetched now.';
const NO_NETWORK = 'Your device has no network. It carries on by itself.';

function down({ since, retryAt }, now) {
  const next = retryAt === null || retryAt <= now ? 'Trying again now' : `Trying again in ${span(retryAt - now + 999)}`;
  return `The link is down since ${clockTime(since)}. Values below are the last ones heard. ${next}; what was published meanwhile is fetched when it is back.`;
}

/** "42 of 42 received since 12:00:04", "31 of 42 received, fetching the rest". */
export function receivedWords({ received, total, from }, isFetching = false) {
  const numbers = `${count(received)} of ${count(total)}`;
  if (isFetching) return [numbers, ' received, fetching the rest'];
  return [numbers, from === null ? ' received' : ` received since ${clockTime(from)}`];
}

/** What was lost before that, or nothing. */
export function lostWords({ missed, unknown }) {
  if (missed) return `${count(missed)}${unknown ? ' or more' : ''} missed before`;
  return unknown ? 'some missed before' : '';
}

/**
 * @param {{name, cause, since, retryAt}} link of a connection
 * @param {{isOnline: boolean, isFetching: boolean, isPaused?: boolean, refused?: object | null}} page
 * @returns {{word: string, tone: '' | 'wait' | 'bad', sentence: string, isUp: boolean}}
 */
export function linkWords(link, page, now) {
  if (link.name === 'ended') {
    const [word, sentence] = FINAL[link.cause] ?? FINAL.refused;
    return { word, tone: 'bad', sentence, isUp: false };
  }
  if (link.name !== 'live' && !page.isOnline) return { word: 'No network', tone: 'bad', sentence: NO_NETWORK, isUp: false };
  if (link.name === 'connecting') return { word: 'Connecting', tone: 'wait', sentence: '', isUp: false };
  if (link.name === 'waiting') return { word: 'Reconnecting', tone: 'wait', sentence: down(link, now), isUp: false };
  return { ...live(link, page), isUp: true };
}

function live({ cause }, { isFetching, isPaused, refused }) {
  if (refused?.code === 'not_allowed') return { word: 'Not allowed', tone: 'bad', sentence: FINAL.not_allowed[1] };
  if (refused) return { word: 'Refused', tone: 'bad', sentence: refused.message };
  if (isFetching && cause === 'slow') return { word: 'Slowed', tone: 'wait', sentence: SLOWED };
  if (isFetching) return { word: 'Catching up', tone: 'wait', sentence: '' };
  return { word: isPaused ? 'Live, paused here' : 'Live', tone: '', sentence: '' };
}
