/** A small line for a tile: what is drawn, and what is dashed because it is missing. Pure. */

const WIDTH = 240;
const HEIGHT = 40;
const EDGE = 4;
const MOST_STEPS = 60;

const round = (number) => Math.round(number * 10) / 10;

/**
 * The last values of one field by their place in line, `null` where something is missing.
 * @param {(number | null)[]} values
 * @returns {{line: string, lost: string}} SVG paths in a box of 240 by 40
 */
export function sparkPaths(values) {
  const shown = values.slice(-MOST_STEPS);
  const known = shown.filter((value) => value !== null);
  if (known.length < 2) return { line: '', lost: '' };
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const x = (index) => round((index * WIDTH) / Math.max(1, shown.length - 1));
  const y = (value) => (high === low ? HEIGHT / 2 : round(EDGE + ((high - value) / (high - low)) * (HEIGHT - 2 * EDGE)));
  let line = '';
  let lost = '';
  let before = null;
  shown.forEach((value, index) => {
    if (value === null) return;
    const here = `${x(index)} ${y(value)}`;
    const isBroken = before !== null && before.index < index - 1;
    line += `${before === null || isBroken ? 'M' : 'L'}${here}`;
    if (isBroken) lost += `M${before.here}L${here}`;
    before = { index, here };
  });
  return { line, lost };
}
