// What rooms pages make of payloads: values, fields, filters, files, charts, the wall.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { csv, fileName, json } from '../../static/rooms/export_data.js';
import { Fields, fieldTitle } from '../../static/rooms/fields_data.js';
import { rowFilter } from '../../static/rooms/filter_data.js';
import { mainValue, numbersOf, pieces, prettyText, readPayload, sizeWords, unitOf } from '../../static/rooms/payloads_data.js';
import { gapRow, messageRow, Rows } from '../../static/rooms/rows_data.js';
import { extent, Series, shortNumber } from '../../static/rooms/series_data.js';
import { sparkPaths } from '../../static/rooms/spark_data.js';
import { nameFits, nameParts, ordered, readChoice, roomHref, tileNames, unwatch, watch, wokeAt } from '../../static/rooms/wall_data.js';
import { Watched } from '../../static/rooms/watched_data.js';
import { gapOf } from '../../static/rooms/gaps_data.js';
import { gap, message } from './fake_server.mjs';

const read = (data) => readPayload({ data });

test('a payload is a number, JSON or text, and stays as it was published', () => {
  assert.deepEqual(read('21.5'), { kind: 'number', text: '21.5', value: 21.5 });
  assert.deepEqual(['NaN', '1e999', 'true', '"x"', '', 'on', '21,5'].map((text) => read(text).kind), Array(7).fill('text'));
  assert.deepEqual(['{"a":1}', '[1]'].map((text) => read(text).kind), ['json', 'json']);
  assert.equal(read('{"a": 1.0}').text, '{"a": 1.0}');
});

test('bytes and what is too large say their size', () => {
  assert.deepEqual(readPayload({ base64: '/wD+' }), { kind: 'binary', text: '/wD+', bytes: 3 });
  assert.equal(mainValue(readPayload({ base64: '/w==' })).text, 'binary, 1 byte');
  assert.equal(mainValue(readPayload({ too_large: 70_000 })).text, 'too large, 68.4 KB');
  assert.equal(sizeWords(2150), '2.1 KB');
});

test('numbers are found in payloads and their fields', () => {
  assert.deepEqual(numbersOf(read('21.5')), { '': 21.5 });
  assert.deepEqual(numbersOf(read('{"t":1,"s":"x","in":{"rh":2}}')), { t: 1, 'in.rh': 2 });
  assert.deepEqual([numbersOf(read('[1,2]')), numbersOf(read('on'))], [{}, {}]);
  assert.equal(unitOf(read('{"t":1,"unit":"°C"}')), '°C');
});

test('the first telling field is the value', () => {
  assert.deepEqual(mainValue(read('{"ts":1700000000,"t":23.4,"unit":"°C"}')), { text: '23.4', unit: '°C', isText: false, field: 't', fields: [] });
  const pump = mainValue(read('{"state":"running","flow_l_min":4.2,"run_s":212}'));
  assert.deepEqual([pump.text, pump.isText, pump.fields], ['running', true, [['flow_l_min', 4.2], ['run_s', 212]]]);
  assert.equal(mainValue(read('[1,2]')).text, '[1,2]');
});

test('JSON is laid out when it is long, and long numbers are left alone', () => {
  assert.equal(prettyText(read('{"t":23.4,"unit":"°C"}')), '{"t": 23.4, "unit": "°C"}');
  assert.ok(prettyText(read(JSON.stringify({ text: 'x'.repeat(80), t: 1 }))).includes('\n  "t": 1'));
  assert.equal(prettyText(read('{"id":12345678901234567890}')), '{"id":12345678901234567890}');
  assert.deepEqual(pieces('{"t": 1}'), [{ text: '{', quiet: true }, { text: '"t": 1', quiet: false }, { text: '}', quiet: true }]);
  assert.deepEqual(pieces('["a", "b"]').map(({ quiet }) => quiet), [true, false, true]);
  assert.deepEqual(pieces('{\n  "t": "a"\n}').filter(({ quiet }) => quiet).map(({ text }) => text), ['"t"']);
});

test('a filter is text, or a comparison of numbers', () => {
  const fits = (filter, data) => rowFilter(filter)(messageRow(message(1, { data })));
  assert.deepEqual([fits('CALIB', 'calibrating'), fits('x', 'calibrating'), fits('', 'y')], [true, false, true]);
  assert.deepEqual([fits('t > 23', '{"t":23.4}'), fits('t>23.4', '{"t":23.4}'), fits('rh > 1', '{"t":23.4}'), fits('>= 20', '21.5')], [true, false, false, true]);
  assert.equal(rowFilter('t > 23')(gapRow(gapOf(gap(1, 3)))), true, 'a gap may hide a match');
});

test('rows are bounded, and a pause stands still while they are kept on', () => {
  const rows = new Rows(100);
  for (let each = 1; each <= 500; each += 1) rows.add(messageRow(message(each)));
  assert.deepEqual([rows.size, rows.added, rows.all[0].message.offset], [100, 500, 401]);
  const first = ({ message: { offset } }) => offset;
  assert.deepEqual(rows.newestFirst(() => true, 3).map(first), [500, 499, 498]);
  assert.deepEqual(rows.newestFirst(() => true, 2, 498).map(first), [498, 497]);
  assert.deepEqual(rows.newestFirst((row) => row.message.offset % 50 === 0, 9).map(first), [500, 450]);
  rows.clear();
  assert.deepEqual([rows.size, rows.newest, rows.oldest], [0, null, null]);
});

test('large messages are kept as long as there is room for them', () => {
  const rows = new Rows();
  for (let each = 1; each <= 1000; each += 1) rows.add(messageRow(message(each, { data: 'x'.repeat(60_000) })));
  assert.ok(rows.size < 300 && rows.size > 100, `${rows.size} rows of 60 KB`);
  assert.equal(rows.newest.message.offset, 1000);
});

test('older rows stand before the others', () => {
  const rows = new Rows(10);
  rows.add(messageRow(message(5)));
  rows.addOlder([messageRow(message(3)), messageRow(message(4))]);
  assert.deepEqual(rows.all.map((row) => row.message.offset), [3, 4, 5]);
  assert.equal(rows.oldest.message.offset, 3);
});

test('a file of what is kept quotes, keeps bytes and shows gaps', () => {
  const rows = [message(1, { data: 'a "b",\nc', at: 0 }), message(2, { data: '-3.5', at: 0 }), message(3, { data: '=1+1', at: 0 })].map(messageRow);
  const lost = gapRow(gapOf(gap(3, 6, { since_ms: 0, until_ms: 1000 })));
  const lines = csv([...rows, lost], 'device01').split('\r\n');
  assert.equal(lines[0], 'kind,room,epoch,offset,at,data,base64,note');
  assert.equal(lines[1], 'message,device01,e1,1,1970-01-01T00:00:00.000Z,"a ""b"",\nc",,');
  assert.match(lines[2], /,-3\.5,,$/);
  assert.match(lines[3], /,'=1\+1,,$/, 'no spreadsheet runs it');
  assert.match(lines[4], /^gap,device01,e1,6,.*2 missed until 1970-01-01T00:00:01\.000Z: trimmed$/);
  const file = JSON.parse(json([...rows, lost], 'device01'));
  assert.deepEqual([file.room, file.messages.length, file.messages[2].data, file.gaps[0].missed], ['device01', 3, '=1+1', 2]);
  assert.equal(fileName('greenhouse/temp ü', 0, 'csv'), 'greenhouse-temp-ü-1970-01-01-000000.csv');
});

test('bytes and what is too large go into the file as what they are', () => {
  const lines = csv([messageRow({ ...message(1, { at: 0 }), data: undefined, base64: '/w==' }), messageRow({ ...message(2, { at: 0 }), data: undefined, too_large: 70_000 })], 'r').split('\r\n');
  assert.match(lines[1], /,,\/w==,$/);
  assert.match(lines[2], /,,,too large: 70000 bytes$/);
});

const learn = (...payloads) => payloads.reduce((fields, data, index) => {
  fields.add(message(index, { data }), read(data));
  return fields;
}, new Fields());

test('fields worth a chart are numbers that come again, timestamps last', () => {
  assert.deepEqual(learn('{"ts":1,"t":2,"note":"x"}', '{"ts":2,"t":3}', '{"once":1}').charted, ['t', 'ts']);
  assert.deepEqual(learn('21.5', '22').charted, ['']);
  assert.deepEqual(learn('on', 'off').charted, []);
  assert.deepEqual([fieldTitle(''), fieldTitle('t')], ['value', 't']);
  assert.equal(learn('{"t":1,"unit":"°C"}').unit, '°C');
});

test('a series keeps lowest and highest of each moment, in order', () => {
  const series = new Series();
  [[0, 5], [10, 9], [20, 1], [30, 4], [1000, 7]].forEach(([at, value]) => series.add(at, value));
  assert.deepEqual(series.points(0), [[0.01, 0.02, 1], [9, 1, 7]]);
  assert.deepEqual(series.last, { at: 1000, value: 7 });
});

test('a gap breaks the line', () => {
  const series = new Series();
  series.add(0, 1);
  series.breakAt(500);
  series.breakAt(600);
  series.add(2000, 2);
  assert.deepEqual(series.points(0), [[0, 0.5, 2], [1, null, 2]]);
  assert.deepEqual(extent([1, null, 2]), { low: 1, high: 2 });
  assert.equal(extent([null]), null);
});

test('a day at a thousand a second stays small, and its peak is seen', () => {
  const series = new Series();
  for (let second = 0; second < 86_400; second += 1) series.add(second * 1000, second === 40_000 ? 99 : second % 7);
  const [times, values] = series.points(0);
  assert.ok(times.length <= 8000, `${times.length} points`);
  assert.ok(times.every((time, index) => index === 0 || time >= times[index - 1]));
  assert.ok(values.includes(99) || times[0] > 40_000);
  assert.equal(series.points(86_000_000)[0].length < times.length, true);
});

test('time never goes back in a series', () => {
  const series = new Series();
  series.add(5000, 1);
  series.add(3000, 2);
  assert.equal(series.last.at, 5000);
});

test('numbers are as long as they must be', () => {
  assert.deepEqual([23, 23.40000001, 0.00001, 1234567.8].map(shortNumber), ['23', '23.4', '1.00e-5', '1234600']);
});

test('a small line is dashed where something is missing', () => {
  const { line, lost } = sparkPaths([1, 2, null, 3]);
  assert.equal(line, 'M0 36L80 20M240 4');
  assert.equal(lost, 'M80 20L240 4');
  assert.deepEqual(sparkPaths([1, null]), { line: '', lost: '' });
  assert.equal(sparkPaths([5, 5]).line, 'M0 20L240 20');
});

test('the newest activity stands first, and steady rooms keep their places', () => {
  const rooms = [{ name: 'b', wokeAt: 1 }, { name: 'a', wokeAt: 1 }, { name: 'c', wokeAt: 9 }];
  assert.deepEqual(ordered(rooms, 'newest').map(({ name }) => name), ['c', 'a', 'b']);
  assert.equal(wokeAt(100, 5000, 6000), 100, 'it speaks all the time');
  assert.equal(wokeAt(100, 5000, 60_000), 60_000, 'it was silent');
  assert.equal(wokeAt(0, null, 60_000), 60_000);
});

test('trouble, name or busiest can stand first', () => {
  const rooms = [{ name: 'b', wokeAt: 2, isTrouble: true, perMinute: 1 }, { name: 'a', wokeAt: 1, isTrouble: false, perMinute: 9 }, { name: 'c', wokeAt: 3, isTrouble: false, perMinute: 5 }];
  const names = (order) => ordered(rooms, order).map(({ name }) => name).join('');
  assert.deepEqual(['trouble', 'name', 'busiest', 'newest'].map(names), ['bca', 'abc', 'acb', 'cba']);
});

test('tiles are what somebody chose, and the first few others, which stay', () => {
  const names = Array.from({ length: 20 }, (_, index) => `r${index}`);
  const first = tileNames(names, readChoice(''));
  assert.equal(first.size, 12);
  const later = tileNames([...names].reverse(), readChoice(''), first);
  assert.deepEqual([...later].sort(), [...first].sort(), 'a new order moves no tile away');
  const choice = unwatch(watch(readChoice('nonsense'), 'r19'), 'r0');
  assert.deepEqual([tileNames(names, choice).has('r19'), tileNames(names, choice).has('r0')], [true, false]);
  assert.deepEqual(readChoice('{"watched":["a",1],"dropped":7}'), { watched: ['a'], dropped: [] });
});

test('names are searched by part or pattern, and travel in addresses', () => {
  assert.deepEqual(['house/', 'GREEN', 'green*temp', 'temp*', '*[x'].map((search) => nameFits('greenhouse/temp', search)), [true, true, true, false, false]);
  assert.deepEqual([nameParts('greenhouse/temp'), nameParts('device01'), nameParts('a/')], [['greenhouse/', 'temp'], ['', 'device01'], ['', 'a/']]);
  assert.equal(roomHref('/rooms/room', ['a b/ü', 'c&d']), '/rooms/room?name=a%20b%2F%C3%BC&name=c%26d');
});

const entry = (more) => ({ room: 'device01', title: '', epoch: 'e1', offset: 9, at: 9000, data: '21.5', rate_per_min: 60, watchers: 2, late: false, ...more });

test('a room on the wall shows the list\'s value until the socket speaks', () => {
  const room = new Watched('device01', { unit: '°C' });
  room.listed(entry());
  const view = room.view(10_000, true);
  assert.deepEqual([view.text, view.unit, view.state.word, view.age.replaceAll('\u00a0', ' '), view.rate, view.watching],
    ['21.5', '°C', 'Live', '1 s ago', '1 a second', '2 watching']);
  for (let each = 1; each <= 10; each += 1) room.take(message(each), each === 10, 10_020);
  assert.deepEqual([room.view(10_500, true).text, room.skew], ['10', 20]);
  room.listed(entry());
  assert.equal(room.view(10_500, true).text, '10', 'an older list changes nothing');
  assert.equal(room.view(60_000, true).state.word, 'Late');
  assert.equal(room.view(60_000, true).rate.replaceAll('\u00a0', ' '), 'usually 1 s');
  assert.equal(room.view(60_000, false).state.word, 'Unknown');
});

test('a room on the wall says what it missed, for ten minutes', () => {
  const room = new Watched('device01');
  room.take(message(1, { at: 1000 }), true, 1000);
  room.gap(gapOf(gap(1, 5)));
  room.take(message(5, { at: 5000 }), true, 5000);
  assert.equal(room.view(6000, true).state.word, '3 missed');
  assert.ok(room.view(6000, true).spark.lost || room.view(6000, true).spark.line === 'M0 36M240 4');
  assert.notEqual(room.view(4000 + 600_001, true).state.word, '3 missed');
});

test('what the server calls late is late until it speaks again', () => {
  const room = new Watched('device01');
  room.listed(entry({ late: true }));
  assert.equal(room.view(9500, true).state.word, 'Late');
  room.take(message(10, { at: 10_000 }), true, 10_000);
  assert.equal(room.view(10_000, true).state.word, 'Live');
});
