/** One room on the page: its messages to its rows, charts, facts and send box. Lives as long as the page. */

import { Charts } from './charts_ui.js';
import { copyText, sayBriefly } from './copying_ui.js';
import { csv, fileName, json } from './export_data.js';
import { Fields } from './fields_data.js';
import { saveAs } from './files_ui.js';
import { Frames } from './frames_ui.js';
import { clockSkew, heardAt, NO_RHYTHM } from './freshness_data.js';
import { Facts } from './facts_ui.js';
import { gapRow, messageRow, MOST_ROWS, Rows } from './rows_data.js';
import { Sending } from './sending_ui.js';
import { Stream } from './stream_ui.js';

const LAST = 300;
const PAGE = 200;
const LONG_SPAN_MS = 1_800_000;
const LONG_PAGE = 1000;

export class Panel {
  #root;
  #config;
  #api;
  #room;
  #connection;
  #rows = new Rows();
  #fields = new Fields();
  #charts;
  #stream;
  #facts;
  #rhythm = NO_RHYTHM;
  #skew = null;
  #hasAll = false;
  #frames = new Frames(() => this.#draw());

  /** @param {{root: HTMLElement, config: object, connection: object, api: object, choice: object, loginUrl: string}} parts */
  constructor({ root, config, connection, api, choice, loginUrl }) {
    this.#root = root;
    this.#config = config;
    this.#api = api;
    this.#connection = connection;
    const part = (name) => root.querySelector(`[data-part=${name}]`);
    const changed = () => this.#frames.ask();
    this.#room = connection.join(config.name, (message, { isLive }) => this.#take(message, isLive),
      { last: LAST, onGap: (gap) => this.#gap(gap), onChange: changed });
    this.#charts = new Charts({ place: part('charts'), fields: this.#fields, gaps: () => this.#room.gaps, unit: config.unit,
      changed: (spanMs) => this.#spanChosen(spanMs) });
    this.#stream = new Stream({ part, rows: this.#rows, changed, older: () => this.#older(PAGE),
      cleared: () => this.#fields.clear() });
    this.#facts = new Facts({ part, config, choice, loginUrl });
    if (config.may_publish) new Sending({ part, publish: (text) => this.#room.publish(text) });
    this.#exports(part);
  }

  #take(message, isLive) {
    const row = messageRow(message);
    this.#rows.add(row);
    this.#fields.add(message, row.payload);
    this.#rhythm = heardAt(this.#rhythm, message.at);
    if (isLive) this.#skew = clockSkew(this.#skew, message.at, Date.now());
    this.#frames.ask();
  }

  #gap(gap) {
    this.#rows.add(gapRow(gap));
    this.#fields.breakAt(gap.since_ms);
    this.#frames.ask();
  }

  /** Something outside changed: the link, the clock, the theme. */
  refresh() {
    this.#frames.ask();
  }

  restyle() {
    this.#charts.restyle();
  }

  #draw() {
    const now = Date.now() - (this.#skew ?? 0);
    this.#stream.draw(this.#room.state.hasJoined ? 'Nothing was published here in the last 24 h.' : 'Nothing yet');
    this.#charts.draw(now);
    const { link } = this.#connection;
    const newest = this.#rows.newest;
    this.#facts.draw({ room: this.#room, link, rhythm: this.#rhythm, newest, unit: this.#fields.unit, isPaused: this.#stream.isPaused, now });
    const part = this.#root.querySelector('[data-part=older]');
    const isWhole = this.#hasAll || this.#rows.size >= MOST_ROWS || (this.#rows.oldest?.message.offset ?? 0) <= 1;
    part.hidden = isWhole && this.#stream.kept.length === this.#stream.shown.length;
  }

  #spanChosen(spanMs) {
    if (spanMs >= LONG_SPAN_MS && !this.#hasAll) this.#older(LONG_PAGE);
    this.#frames.ask();
  }

  /** Fetches what the server still keeps from before the oldest row. */
  async #older(limit) {
    const oldest = this.#rows.oldest?.message;
    if (!oldest || oldest.offset <= 1) return;
    try {
      this.#takeOlder(await this.#before(oldest, limit), oldest);
    } catch (error) {
      sayBriefly(this.#root.querySelector('[data-part=older]'), error.message || 'No answer. Try again.', 'Older messages');
    }
  }

  /** At most `limit` messages from before one; fewer where the server keeps no more: it gives all that is asked for, or none. */
  async #before({ epoch, offset }, limit) {
    for (let most = limit; most >= 1; most = Math.floor(most / 4)) {
      const since = Math.max(0, offset - 1 - most);
      const { messages, recovered } = await this.#api.read(this.#room.name, { epoch, since, limit: most });
      const older = messages.filter((message) => message.offset < offset);
      if (recovered && older.length) return older;
    }
    return [];
  }

  #takeOlder(messages, oldest) {
    if (this.#rows.oldest?.message !== oldest) return; // asked twice, or cleared meanwhile
    this.#hasAll = messages.length === 0;
    this.#rows.addOlder(messages.map(messageRow));
    this.#fields.clear();
    for (const { message, payload, gap } of this.#rows.all) {
      if (gap) this.#fields.breakAt(gap.since_ms);
      else this.#fields.add(message, payload);
    }
    this.#frames.ask();
  }

  #exports(part) {
    const name = (suffix) => fileName(this.#room.name, Date.now(), suffix);
    const rows = () => this.#stream.kept;
    part('csv').addEventListener('click', () => saveAs(name('csv'), csv(rows(), this.#room.name), 'text/csv'));
    part('json').addEventListener('click', () => saveAs(name('json'), json(rows(), this.#room.name), 'application/json'));
    part('copy').addEventListener('click', async () => {
      const text = this.#stream.shown.flatMap(({ payload }) => (payload ? [payload.text] : [])).join('\n');
      sayBriefly(part('copy'), await copyText(text));
    });
  }
}
