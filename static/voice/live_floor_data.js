/**
 * The list of running calls as this page knows it, and whether it is of now. Pure: every moment is given.
 *
 * A floor is `{answer, heardAt, failure}`: the last answer of `GET /voice/live/calls/`, when it came (ms), and the
 * refusal since then: `{status, at}` or null.
 */

import { clockTime, countdown } from './clock_data.js';
import { costTogether, countCalls, shortCost, standing } from './live_words_data.js';
import { costWords } from './money_data.js';

const NOTHING = Object.freeze({ calls: [], spent_today: null, budget_today: null, first_word_ms: null, may_end: false,
  may_whisper: false, tells_watched: null });

export const EMPTY_FLOOR = Object.freeze({ answer: NOTHING, heardAt: null, failure: null });

/** A list that old is not live, whether or not anything has failed: asked every 2 s, answered within 3 s. */
export const STALE_MS = 6000;

const FINAL = {
  401: { word: 'Logged out', sentence: 'Your login has ended. Log in to go on.' },
  403: { word: 'Not allowed', sentence: 'Ask the operator for the permission to watch running calls.' },
};

/** Whole seconds, said every two seconds, would make a clock stumble: what differs by less is the same moment. */
const SAME_MS = 1500;

function momentOf(seconds, known, at) {
  const said = at + seconds * 1000;
  return known !== undefined && Math.abs(said - known) < SAME_MS ? known : said;
}

/** What the server says of a call at `at`, with its ends as moments (`endsAt`, ms). @param {object} known the same, earlier */
export function timed(call, known, at) {
  const asking = call.asking && { ...call.asking, endsAt: momentOf(call.asking.ends_in_s, known?.asking?.endsAt, at) };
  return { ...call, asking, endsAt: momentOf(call.ends_in_s, known?.endsAt, at) };
}

/** The floor after an answer that came at `at`. */
export function answered(floor, answer, at) {
  const known = Object.fromEntries(floor.answer.calls.map((call) => [call.id, call]));
  const calls = answer.calls.map((call) => timed(call, known[call.id], at));
  return { answer: { ...NOTHING, ...answer, calls }, heardAt: at, failure: null };
}

export const refused = (floor, status, at) => ({ ...floor, failure: { status, at } });

/** Whether asking again can help. */
export const isFinal = ({ failure }) => failure !== null && Object.hasOwn(FINAL, failure.status);

function oldSentence({ heardAt }) {
  if (heardAt === null) return 'The calls cannot be had just now. Connecting again…';
  return `What stands below was so at ${clockTime(heardAt)} and may have changed since. Connecting again…`;
}

/** `{word, tone, sentence, isUp}`: what the page says of its own link. */
export function linkWords(floor, { isOnline }, now) {
  const { failure, heardAt } = floor;
  if (isFinal(floor)) return { ...FINAL[failure.status], tone: 'bad', isUp: false };
  if (heardAt === null && failure === null) return { word: 'Connecting', tone: 'wait', sentence: '', isUp: false };
  if (failure === null && now - heardAt <= STALE_MS) return { word: 'Live', tone: '', sentence: '', isUp: true };
  if (!isOnline) return { word: 'No network', tone: 'bad', sentence: `Your device has no network. ${oldSentence(floor)}`, isUp: false };
  return { word: 'Reconnecting', tone: 'wait', sentence: oldSentence(floor), isUp: false };
}

/** The figures beside the link, each `[before, figure, after]`; of what is not known there is none. */
export function figures({ answer }) {
  const { calls, spent_today: spent, budget_today: budget, first_word_ms: firstWord } = answer;
  const [soFar, today] = [costWords(costTogether(calls.map(({ cost }) => cost))), costWords(spent)];
  return [
    ['', countCalls(calls.length), ' now'],
    ...(soFar ? [['', soFar, ' so far']] : []),
    ...(today ? [['', today, ` today${budgetWords(budget)}`]] : []),
    ...(firstWord === null ? [] : [['First word ', `${Math.round(firstWord)}\u00a0ms`, ' median']]),
  ];
}

const budgetWords = (budget) => (budget ? `, of ${costWords(budget).replace(/\.00(?=\u00a0)/, '')}` : '');

const whole = (ms) => countdown(Math.floor(ms / 1000) * 1000);

/** "0:19 of 15:00". */
function timeWords({ endsAt, max_seconds: most }, now) {
  const gone = most * 1000 - Math.max(0, endsAt - now);
  return `${whole(Math.max(0, gone))} of ${countdown(most * 1000)}`;
}

function lineOf({ asking, last, text_only: isTextOnly, state }, now) {
  if (asking) return `${asking.title}, denied by itself in ${countdown(asking.endsAt - now)}`;
  if (last) return `“${last.text}”`;
  if (isTextOnly) return 'Text only, no microphone';
  return state === 'connecting' ? 'The line is not up yet' : 'Nothing said yet';
}

/** Whether every word of the search stands in the call's person, assistant or last words. */
export function isFound({ user, assistant, last, asking }, search) {
  const text = [user.name, assistant, last?.text, asking?.title].join(' ').toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** `{id, who, assistant, time, state, cost, line, isChanged}`: one call of the list. */
function rowOf(call, isUp, now) {
  return { id: call.id, who: call.user.name, assistant: call.assistant, time: timeWords(call, now),
    state: standing(call, isUp), cost: shortCost(call.cost), line: lineOf(call, now), isChanged: Boolean(call.tampering) };
}

/** The rows to show. What is not of now stands still: a clock that goes on would claim that the call does. */
export function rows({ answer, heardAt }, { search, isUp }, now) {
  const found = answer.calls.filter((call) => isFound(call, search));
  return found.map((call) => rowOf(call, isUp, isUp ? now : heardAt));
}

/** What is said of watching, before anything is watched; '' until it is known. */
export function noticeWords({ answer: { tells_watched: tells } }) {
  if (tells === null) return '';
  const told = tells ? 'People are told in their call while staff watch.' : 'People are not told while staff watch.';
  return `${told} Watching a call, whispering and ending one are written to the audit log.`;
}
