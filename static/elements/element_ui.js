/** Making elements: text is always text, never markup. */

const SVG = 'http://www.w3.org/2000/svg';

/** An element with properties and children (nodes or text; null is left out). */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A symbol of the page's sprite. */
export function icon(name, size = '') {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', size ? `i ${size}` : 'i');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

/** Changes which symbol an `svg.i` or `use` inside `parent` shows. */
export function showIcon(parent, name) {
  const use = parent.querySelector('use');
  if (use.getAttribute('href') !== `#i-${name}`) use.setAttribute('href', `#i-${name}`);
}

/** Writes text only where it differs, so that live regions do not speak twice. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Puts nodes into a parent in their order, moving only those that stand wrong. */
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  [...parent.children].forEach((node) => wanted.has(node) || node.remove());
  let place = parent.firstElementChild;
  for (const node of nodes) {
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
}
