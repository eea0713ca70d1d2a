/** Wires the wall: the list of rooms and one socket for those shown, to tiles and rows. Lives as long as the page. */

import { createApi } from './api.js';
import { Choice } from './choice.js';
import { connect } from './client.js';
import './copying_ui.js';
import { Found } from './found_ui.js';
import { Frames } from './frames_ui.js';
import { drawLag, drawLogin, drawNotice, drawState } from './health_ui.js';
import { linkWords, receivedWords } from './link_words_data.js';
import { Tiles } from './tiles_ui.js';
import { MOST_JOINED, nameFits, ordered, tileNames } from './wall_data.js';
import { Watched } from './watched_data.js';

const LAST = 60;
const LIST_MS = 10_000;
const LIST_EMPTY_MS = 2000;
const TYPING_MS = 300;
const PING_MS = 10_000;

const byId = (id) => document.getElementById(id);
const config = JSON.parse(byId('wall-config').textContent);
const api = createApi(config.urls.api);
const choice = new Choice();
const rooms = new Map(); // name -> Watched
const joined = new Map(); // name -> the connection's room
const frames = new Frames(draw, 250);
const tiles = new Tiles(byId('wall'), config.urls.room);
const found = new Found(byId('found'), config.urls.room, (name) => { choice.watch(name); arrangeAll(); });
let onWall = new Set(); // names of tiles
let searched = '';
let hasMore = false;
let isListed = false;
let next = null;

const connection = connect(config.urls.socket, { onLink: () => frames.ask() });
const skew = () => Math.min(...[...rooms.values()].map((room) => room.skew ?? Infinity));
const serverNow = () => Date.now() - (Number.isFinite(skew()) ? skew() : 0);

/** Asks for the list now and again later; what the socket tells is newer. */
async function list() {
  clearTimeout(next);
  const wanted = byId('search').value.trim();
  try {
    const { rooms: entries, next: more } = await api.list({ search: wanted.includes('*') ? '' : wanted });
    entries.forEach(listed);
    hasMore = Boolean(more);
    isListed = true;
    arrangeAll();
  } catch {
    // The link says what is wrong; the list is asked for again.
  }
  next = setTimeout(list, rooms.size ? LIST_MS : LIST_EMPTY_MS);
}

function listed(entry) {
  if (!rooms.has(entry.room)) rooms.set(entry.room, new Watched(entry.room, config.known[entry.room]));
  rooms.get(entry.room).listed(entry);
}

function matching() {
  const now = serverNow();
  const fitting = [...rooms.values()].filter(({ name, title }) => nameFits(name, searched) || (title && nameFits(title, searched)));
  const sortable = fitting.map((room) => ({ room, name: room.name, wokeAt: room.wokeAt, perMinute: room.perMinute, isTrouble: room.isTrouble(now) }));
  return ordered(sortable, byId('order').value).map(({ room }) => room);
}

/** Joins what is shown, leaves what is not. */
function arrangeAll() {
  const names = matching().map(({ name }) => name);
  onWall = tileNames(names, choice.now, onWall);
  const visible = new Set([...new Set([...onWall, ...names])].slice(0, MOST_JOINED));
  for (const [name, room] of joined) {
    if (visible.has(name)) continue;
    room.leave();
    joined.delete(name);
  }
  visible.forEach((name) => joined.has(name) || join(name));
  frames.ask();
}

function join(name) {
  const room = rooms.get(name);
  joined.set(name, connection.join(name, (message, { isLive }) => {
    room.take(message, isLive, Date.now());
    frames.ask();
  }, { last: LAST, onGap: (gap) => room.gap(gap), onChange: (place) => changed(room, place) }));
}

function changed(room, { name, state }) {
  room.watchers = state.watchers ?? room.watchers;
  if (state.phase === 'refused') forget(name);
  frames.ask();
}

/** A room that may not be seen any more is not on the wall. */
function forget(name) {
  rooms.delete(name);
  const place = joined.get(name);
  joined.delete(name);
  place?.leave();
}

function draw() {
  const now = serverNow();
  const { isUp } = drawHealth();
  const shown = matching().map((room) => ({ room, view: room.view(now, isUp) }));
  tiles.draw(shown.filter(({ room }) => onWall.has(room.name)));
  found.draw(shown.filter(({ room }) => !onWall.has(room.name)));
  const isEmpty = isListed && rooms.size === 0 && searched === '';
  byId('empty').hidden = !isEmpty;
  byId('nothing').hidden = !isListed || isEmpty || shown.length > 0;
  byId('nothing').querySelector('h2').textContent = `Nothing found for “${searched}”`;
  byId('tools').hidden = isEmpty || !isListed;
  byId('more').hidden = !hasMore;
  byId('more').textContent = 'There are more rooms than are listed here: search for them by name.';
}

function drawHealth() {
  const isFetching = connection.rooms.some(({ state }) => state.phase === 'joining' && state.hasJoined);
  const words = linkWords(connection.link, { isOnline: navigator.onLine, isFetching }, Date.now());
  drawState(byId('link'), words);
  drawLag(byId('server'), connection.link.lagMs);
  drawNotice(byId('lost'), words);
  drawLogin(byId('login'), connection.link.cause, config.urls.login);
  const sum = connection.rooms.reduce((all, { tally }) => ({ received: all.received + tally.received, total: all.total + tally.total }), { received: 0, total: 0 });
  byId('sum').hidden = !words.isUp || rooms.size === 0;
  const [numbers, rest] = receivedWords({ ...sum, from: null }, isFetching);
  byId('sum').firstElementChild.textContent = numbers;
  byId('sum').lastElementChild.textContent = rest;
  return words;
}

let typing = null;
byId('search').addEventListener('input', () => {
  searched = byId('search').value;
  arrangeAll();
  clearTimeout(typing);
  typing = setTimeout(list, TYPING_MS);
});
byId('clear').addEventListener('click', () => { byId('search').value = ''; searched = ''; list(); });
byId('order').addEventListener('change', () => arrangeAll());
addEventListener('storage', () => arrangeAll());
setInterval(() => frames.ask(), 1000);
setInterval(() => connection.ping(), PING_MS);
list();
