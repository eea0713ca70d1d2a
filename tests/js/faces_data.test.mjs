// Weather, tools, times, devices, levels.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { countdown, duration, moment, span } from '../../static/voice/clock_data.js';
import { choices, readPreferences } from '../../static/voice/devices_data.js';
import { DIAL_BANDS, drawEvery, levels } from '../../static/voice/levels_data.js';
import { asked, doing, outcome, readable, statusOf, toolFace } from '../../static/voice/tools_data.js';
import { weatherCard, weatherWord } from '../../static/voice/weather_data.js';

const DAYS = Array.from({ length: 7 }, (_, index) => ({
  date: `2026-11-${22 + index}`, temperature_max: 10.6 + index, temperature_min: 4.4, precipitation: 1.24, code: 61,
}));
const WEATHER = { location: 'Antwerp', latitude: 51.2, longitude: 4.4, temperature: 10.7, unit: 'celsius', humidity: 82, wind_speed: 18.2,
  precipitation: 0.4, code: 61, daily: DAYS };

test('weather becomes a card with a week on one scale', () => {
  const card = weatherCard(JSON.stringify(WEATHER));
  assert.deepEqual([card.degrees, card.word, card.icon], ['11°', 'Light rain', 'rain']);
  assert.deepEqual([card.air, card.rain], ['82 % humidity, wind 18 km/h', '0.4 mm in the last hour']);
  assert.deepEqual(card.week.days[0], { name: 'Sun', high: 11, low: 4, rain: '1.2 mm' });
  assert.deepEqual([card.week.min, card.week.max, card.week.days.length], [4, 17, 7]);
});

test('a week of one temperature still has a scale', () => {
  const flat = DAYS.map((day) => ({ ...day, temperature_max: 3, temperature_min: 3 }));
  const { min, max } = weatherCard(JSON.stringify({ ...WEATHER, daily: flat })).week;
  assert.ok(max > min);
});

test('days without numbers are left out, and a week without any is no week', () => {
  const blank = DAYS.map((day) => ({ ...day, temperature_max: null }));
  assert.equal(weatherCard(JSON.stringify({ ...WEATHER, daily: blank })).week, null);
});

test('what is no weather makes no card', () => {
  for (const text of ['{"error":"No such place."}', 'not json', 'null', '[]']) assert.equal(weatherCard(text), null);
});

test('every WMO code of the forecast has a word', () => {
  for (const code of [0, 1, 2, 3, 45, 48, 51, 53, 55, 56, 57, 61, 63, 65, 66, 67, 71, 73, 75, 77, 80, 81, 82, 85, 86, 95, 96, 99]) {
    assert.notEqual(weatherWord(code).word, 'Unknown weather');
  }
  assert.equal(weatherWord(4).word, 'Unknown weather');
});

test('a tool has a title even when nobody gave it one', () => {
  assert.deepEqual(toolFace('read_room', {}), { title: 'Read room', icon: 'tool' });
});

test('a tool says what it is asked and what it does', () => {
  assert.equal(asked('{"last":1,"room":"greenhouse/temp"}'), 'greenhouse/temp');
  assert.equal(asked('{"loc'), '');
  assert.equal(doing('read_room', '{"room":"pump-3"}'), 'Reading pump-3.');
  assert.equal(doing('something_else', '{}'), 'Working on it.');
});

test('a tool says how it went', () => {
  assert.equal(outcome('done', 412), 'Done in 412\u00a0ms');
  assert.equal(outcome('failed', 8000), 'Failed after 8.0\u00a0s');
  assert.equal(outcome('running', null), 'Running');
  assert.equal(statusOf('{"error":"x"}'), 'failed');
  assert.equal(statusOf('plain'), 'done');
});

test('JSON is laid out only when it is long', () => {
  assert.equal(readable('{ "a": 1 }'), '{"a":1}');
  assert.equal(readable(JSON.stringify({ text: 'x'.repeat(80) })).split('\n').length, 3);
  assert.equal(readable('plain words'), 'plain words');
});

test('times are written as people read them', () => {
  assert.deepEqual([countdown(881_000), countdown(-5), countdown(59_400)], ['14:41', '0:00', '1:00']);
  assert.deepEqual([span(44_000), span(123_000)], ['44\u00a0s', '2\u00a0min 03\u00a0s']);
  assert.deepEqual([duration(412), duration(1500)], ['412\u00a0ms', '1.5\u00a0s']);
  assert.deepEqual([moment(12), moment('1970-01-01T00:00:12Z')], [12_000, 12_000]);
});

const DEVICES = [
  { kind: 'audioinput', deviceId: 'default', label: 'Default' }, { kind: 'audioinput', deviceId: 'usb', label: 'USB headset' },
  { kind: 'audioinput', deviceId: 'x', label: '' }, { kind: 'audiooutput', deviceId: 'desk', label: 'Desk' },
];

test('devices are listed behind the system default', () => {
  const rows = choices(DEVICES, 'audioinput', 'usb', 'USB headset');
  assert.deepEqual(rows.map(({ label, chosen }) => [label, chosen]), [['System default', false], ['USB headset', true], ['Microphone 2', false]]);
});

test('a remembered device that is not there is shown as missing', () => {
  assert.deepEqual(choices(DEVICES, 'audioinput', 'gone', 'Old mic').at(-1), { id: 'gone', label: 'Old mic', missing: true, chosen: true });
});

test('stored preferences that make no sense are left out', () => {
  assert.equal(readPreferences('nonsense').tell, true);
  assert.equal(readPreferences('{"push":"yes","tell":false}').push, false);
  assert.equal(readPreferences('null').input, '');
});

test('loudness lies between nothing and one', () => {
  const bytes = (value) => new Uint8Array(256).fill(value);
  assert.deepEqual(levels(bytes(0), DIAL_BANDS, 93.75), [0, 0, 0]);
  assert.deepEqual(levels(bytes(255), DIAL_BANDS, 93.75), [1, 1, 1]);
  assert.ok(drawEvery(false) >= 1000 / 30 && drawEvery(true) === 250);
});
