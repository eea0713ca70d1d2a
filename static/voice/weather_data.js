/** WMO weather codes as words and symbols, and the numbers of the weather card. Pure. */

import { weekday } from './clock_data.js';

const CODES = [
  [[0], 'Clear sky', 'sun'], [[1], 'Mainly clear', 'sun'], [[2], 'Partly cloudy', 'partly'], [[3], 'Overcast', 'cloud'],
  [[45], 'Fog', 'fog'], [[48], 'Freezing fog', 'fog'], [[51], 'Light drizzle', 'rain'], [[53], 'Drizzle', 'rain'],
  [[55], 'Dense drizzle', 'rain'], [[56, 57], 'Freezing drizzle', 'rain'], [[61], 'Light rain', 'rain'],
  [[63], 'Rain', 'rain'], [[65], 'Heavy rain', 'rain'], [[66, 67], 'Freezing rain', 'rain'],
  [[71], 'Light snow', 'snow'], [[73], 'Snow', 'snow'], [[75], 'Heavy snow', 'snow'], [[77], 'Snow grains', 'snow'],
  [[80], 'Light showers', 'rain'], [[81], 'Showers', 'rain'], [[82], 'Violent showers', 'rain'],
  [[85, 86], 'Snow showers', 'snow'], [[95], 'Thunderstorm', 'storm'], [[96, 99], 'Thunderstorm with hail', 'storm'],
];

/** `{word, icon}` of a WMO code; an unknown one says so. */
export function weatherWord(code) {
  const row = CODES.find(([codes]) => codes.includes(code));
  return row ? { word: row[1], icon: row[2] } : { word: 'Unknown weather', icon: 'cloud' };
}

const whole = (value) => (typeof value === 'number' ? Math.round(value) : null);
const tenth = (value) => (typeof value === 'number' ? Math.round(value * 10) / 10 : 0);

function day({ date, temperature_max: high, temperature_min: low, precipitation }) {
  return { name: weekday(date), high: whole(high), low: whole(low), rain: `${tenth(precipitation)} mm` };
}

/** The days as one scale: whole degrees, and a range that is never empty. */
function week(days) {
  const known = days.map(day).filter(({ high, low }) => high !== null && low !== null);
  const min = Math.min(...known.map(({ low }) => low));
  const max = Math.max(...known.map(({ high }) => high));
  return known.length ? { days: known, min, max: Math.max(max, min + 1) } : null;
}

/**
 * The card behind a weather tool's output, or null when the text is something else.
 * @param {string} output JSON as `GET /voice/tools/weather/` answers
 */
export function weatherCard(output) {
  let data;
  try {
    data = JSON.parse(output);
  } catch {
    return null;
  }
  if (typeof data?.temperature !== 'number' || !Array.isArray(data.daily)) return null;
  return {
    place: String(data.location ?? ''),
    degrees: `${Math.round(data.temperature)}°`,
    ...weatherWord(data.code),
    air: `${whole(data.humidity) ?? '?'} % humidity, wind ${whole(data.wind_speed) ?? '?'} km/h`,
    rain: `${tenth(data.precipitation)} mm in the last hour`,
    week: week(data.daily),
  };
}
