/** Wires the live floor: the list and the watched call to what is drawn, the address to the call that is open. */

import { element, write } from '../elements/element_ui.js';
import { Frames } from '../rooms/frames_ui.js';
import { drawNotice } from '../rooms/health_ui.js';
import { Ending, Whispering } from './live_acts_ui.js';
import { createFloorApi } from './live_api.js';
import { EMPTY_FLOOR, answered, figures, isFinal, linkWords, noticeWords, refused, rows } from './live_floor_data.js';
import { List, drawStanding } from './live_list_ui.js';
import { Panel } from './live_panel_ui.js';
import { Poll } from './live_poll.js';
import { Watch } from './live_watch.js';
import { endAsked, isOver, panelOf, whispered } from './live_watch_data.js';

const EVERY_MS = 2000;
const ID = /^#([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

const byId = (id) => document.getElementById(id);
const config = JSON.parse(byId('live-config').textContent);
const api = createFloorApi(config.urls.calls, document.querySelector('[name=csrfmiddlewaretoken]').value);
const frames = new Frames(draw);
const list = new List(byId('calls'), byId('title'));
const panel = new Panel(config.tools);
const ending = byId('end') && new Ending(end);
const whispering = byId('whisper') && new Whispering(whisper);
let floor = EMPTY_FLOOR;
let watch = null;

/** One turn of the list. Whatever is no answer, the next turn may bring one. */
async function ask() {
  const answer = await api.calls().catch((error) => {
    floor = refused(floor, error.status ?? 0, Date.now());
    return null;
  });
  if (answer) floor = answered(floor, answer, Date.now());
  if (answer) watch?.listed(floor.answer.calls.find(({ id }) => id === watch.state.id));
  else if (isFinal(floor)) watch?.close();
  frames.ask();
  return !isFinal(floor);
}

function draw() {
  const now = Date.now();
  const link = linkWords(floor, { isOnline: navigator.onLine }, now);
  drawHealth(link);
  const shown = rows(floor, { search: byId('search').value.trim(), isUp: link.isUp }, now);
  list.draw(shown, watch?.state.id ?? '');
  drawEmpty(shown.length, link.isUp);
  byId('watch').hidden = watch === null;
  byId('choose').hidden = watch !== null;
  byId('main').toggleAttribute('data-open', watch !== null);
  if (watch) drawWatched(now);
}

function drawHealth(link) {
  drawStanding(byId('link'), link);
  drawNotice(byId('lost'), link);
  byId('login').hidden = floor.failure?.status !== 401;
  byId('login').href = config.urls.login + encodeURIComponent(location.pathname + location.hash);
  const said = link.isUp ? figures(floor) : [];
  [...byId('figures').children].forEach((place, number) => drawFigure(place, said[number]));
  write(byId('told').lastElementChild, noticeWords(floor));
  byId('told').hidden = noticeWords(floor) === '';
}

function drawFigure(place, figure) {
  place.hidden = figure === undefined;
  if (figure === undefined || place.textContent === figure.join('')) return;
  const [before, value, after] = figure;
  place.replaceChildren(before, element('b', {}, value), after);
}

/** That there are no calls is said only while it is known. */
function drawEmpty(shown, isUp) {
  const count = floor.answer.calls.length;
  byId('none').hidden = !isUp || count > 0 || watch !== null;
  byId('floor').hidden = watch === null && count === 0;
  byId('nothing').hidden = shown > 0 || (count === 0 && !isUp);
  byId('clear').hidden = count === 0;
  write(byId('nothing').firstElementChild, count ? `Nothing found for “${byId('search').value.trim()}”.` : 'No calls now.');
}

function drawWatched(now) {
  const view = panelOf(watch.state, { isHeard: watch.isHeard, isFinal: isFinal(floor) }, now);
  const isActing = byId('ending')?.open || byId('watch').querySelector(':is(#end, #whisper *):focus') !== null;
  panel.draw(view, { mayEnd: floor.answer.may_end, mayWhisper: floor.answer.may_whisper });
  if (view.state) [ending, whispering].forEach((act) => act?.name(view.title, view.assistant));
  if (view.isLive) return;
  ending?.close();
  if (isActing) byId('wh').focus(); // what had the focus is gone with the call
}

const idOf = (hash) => ID.exec(hash)?.[1] ?? '';

/** Opens the call that the address names, or none; a place on the page is no other call. */
function follow() {
  const before = watch?.state.id ?? '';
  const id = idOf(location.hash);
  if (id === before || (location.hash && !id)) return;
  watch?.close();
  ending?.close();
  whispering?.clear();
  panel.clear();
  watch = id ? new Watch({ id, api, changed: () => frames.ask() }) : null;
  draw();
  if (id) byId('wh').focus();
  else if (!list.focus(before)) byId('title').focus();
}

/** To the call, unless the address has another one by now. */
async function end() {
  const asked = watch;
  await api.end(asked.state.id).catch((error) => {
    if (error.status !== 409) throw error;
    asked.look(); // over already
  });
  asked.tell((state) => (isOver(state) ? state : endAsked(state, Date.now())));
}

async function whisper(text) {
  const asked = watch;
  await api.whisper(asked.state.id, text);
  asked.tell((state) => whispered(state, text, Date.now()));
}

addEventListener('hashchange', follow);
addEventListener('online', () => poll.now());
addEventListener('offline', () => frames.ask());
byId('search').addEventListener('input', () => frames.ask());
byId('clear').addEventListener('click', () => {
  byId('search').value = '';
  draw();
  byId('search').focus();
});
setInterval(() => frames.ask(), 1000);
const poll = new Poll(ask, EVERY_MS);
follow();
