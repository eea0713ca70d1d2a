/** The rehearsal page of the admin: one socket from Start to the end, rows drawn as they come. */

import { element } from '../elements/element_ui.js';
import { closed, hear, IDLE, sentence } from './rehearsal_data.js';
import { outcome, readable, toolFace } from './tools_data.js';

const byId = (id) => document.getElementById(id);
const config = JSON.parse(byId('rehearsal-config').textContent);
const tools = Object.fromEntries(Object.entries(config.tools).map(([name, title]) => [name, { title }]));
const drawn = new Map(); // row id -> {node, row}
let state = IDLE;
let socket = null;

const say = (body) => socket.send(JSON.stringify(body));

function question(row) {
  const decide = (approve) => () => say({ type: 'decide', call_id: row.id, approve });
  const button = (label, approve) => element('button', { type: 'button', className: 'button', onclick: decide(approve) }, label);
  return element('div', { className: 'question', role: 'alert' }, `${config.name} wants to use “${row.asks}”.`,
    element('div', {}, button('Approve', true), button('Deny', false)));
}

function toolParts(row) {
  const status = row.status === 'dry' ? 'Not run' : outcome(row.status, row.ms);
  const details = element('details', { open: row.asks !== null || row.status === 'failed' },
    element('summary', {}, `${toolFace(row.name, tools).title}: ${status}`),
    element('pre', {}, readable(row.args || '{}')), row.output === null ? null : element('pre', {}, readable(row.output)));
  return [details, row.asks === null ? null : question(row)].filter(Boolean);
}

const PARTS = {
  line: ({ role, text }) => [element('b', {}, role === 'user' ? 'You' : config.name), text],
  tool: toolParts,
  trouble: ({ text }) => [text],
};

function draw(row) {
  const known = drawn.get(row.id);
  if (known?.row === row) return;
  const node = known?.node ?? byId('lines').appendChild(element('div'));
  node.className = row.kind === 'tool' ? 'tool' : `line ${row.kind}`;
  node.replaceChildren(...PARTS[row.kind](row));
  drawn.set(row.id, { node, row });
}

function render() {
  const isOpen = state.phase === 'open';
  state.rows.forEach(draw);
  byId('lines').scrollTop = byId('lines').scrollHeight;
  byId('state').textContent = sentence(state, config.name);
  byId('begin').querySelector('button').disabled = isOpen || state.phase === 'opening';
  byId('begin').querySelector('button').textContent = state.phase === 'over' ? 'Start again' : 'Start';
  byId('dry').disabled = isOpen;
  byId('text').disabled = !isOpen;
  byId('say').querySelector('button').disabled = !isOpen || state.busy;
}

function tell(next) {
  const wasReady = state.phase === 'open';
  state = next;
  render();
  if (!wasReady && state.phase === 'open') byId('text').focus();
}

function begin() {
  drawn.clear();
  byId('lines').replaceChildren();
  state = { ...IDLE, phase: 'opening' };
  const { protocol, host } = window.location;
  socket = new WebSocket(`${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}${config.socket}`);
  const mine = socket;
  mine.onopen = () => say({ type: 'begin', dry: byId('dry').checked });
  mine.onmessage = ({ data }) => mine === socket && tell(hear(state, JSON.parse(data)));
  mine.onclose = () => mine === socket && tell(closed(state)); // it closes with its rehearsal, or with the page
  render();
}

byId('begin').addEventListener('submit', (event) => {
  event.preventDefault();
  begin();
});
byId('say').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = byId('text').value.trim();
  if (!text || state.busy || state.phase !== 'open') return;
  say({ type: 'say', text });
  byId('text').value = '';
});
