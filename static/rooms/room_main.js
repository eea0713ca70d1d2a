/** Wires the room page: one socket, one panel for each room named in the address. */

import { createApi } from './api.js';
import { Choice } from './choice.js';
import { connect } from './client.js';
import './copying_ui.js';
import { drawNotice } from './health_ui.js';
import { onTheme } from './inks_ui.js';
import { linkWords } from './link_words_data.js';
import { Panel } from './panel.js';

const PING_MS = 10_000;
const TICK_MS = 1000;

const byId = (id) => document.getElementById(id);
const config = JSON.parse(byId('room-config').textContent);
const api = createApi(config.urls.api);
const panels = [];

const connection = connect(config.urls.socket, { onLink: () => refresh() });
const choice = new Choice();

for (const room of config.rooms) {
  const root = [...document.querySelectorAll('[data-room]')].find((each) => each.dataset.room === room.name);
  panels.push(new Panel({ root, config: room, connection, api, choice, loginUrl: config.urls.login }));
}

function refresh() {
  if (!panels.length) return; // the link tells of itself while the page is still being made
  const words = linkWords(connection.link, { isOnline: navigator.onLine, isFetching: false }, Date.now());
  // Each room says its own sentence where trying again is not what comes next.
  drawNotice(byId('lost'), words.tone === 'wait' ? words : { ...words, sentence: '' });
  panels.forEach((panel) => panel.refresh());
}

/** The names of other rooms, for the box that adds one. */
async function offerNames() {
  const { rooms } = await api.list().catch(() => ({ rooms: [] })); // without them the box is still a box
  byId('names').replaceChildren(...rooms.map(({ room }) => Object.assign(document.createElement('option'), { value: room })));
}

onTheme(() => panels.forEach((panel) => panel.restyle()));
addEventListener('offline', refresh);
addEventListener('online', refresh);
setInterval(refresh, TICK_MS);
setInterval(() => connection.ping(), PING_MS);
refresh();
offerNames();
