/** What a filter box means: text to be found, or a comparison such as `t > 23`. Pure. */

import { numbersOf } from './payloads_data.js';

const COMPARISON = /^\s*([^<>=!\s]*)\s*(<=|>=|!=|==?|<|>)\s*(-?\d+(?:\.\d+)?(?:e-?\d+)?)\s*$/i;

const HOLDS = {
  '<': (one, other) => one < other,
  '>': (one, other) => one > other,
  '<=': (one, other) => one <= other,
  '>=': (one, other) => one >= other,
  '=': (one, other) => one === other,
  '==': (one, other) => one === other,
  '!=': (one, other) => one !== other,
};

function comparison([, name, operator, number]) {
  const holds = HOLDS[operator];
  const wanted = Number(number);
  return ({ payload }) => {
    const numbers = numbersOf(payload);
    const values = name ? [numbers[name]] : Object.values(numbers);
    return values.some((value) => value !== undefined && holds(value, wanted));
  };
}

/** A test for rows `{payload}`; rows without a payload (gaps) pass every filter, since they may hide a match. */
export function rowFilter(text) {
  const match = COMPARISON.exec(text);
  const wanted = text.trim().toLowerCase();
  const fits = match ? comparison(match) : ({ payload }) => payload.text.toLowerCase().includes(wanted);
  return wanted === '' ? () => true : (row) => row.payload === undefined || fits(row);
}
