/** The preview under a schema's box: the form it makes, or what is wrong with it. */

import { readSchema, tidied } from './schema_data.js';

/** Lay out the schema in `box` and keep a preview under it up to date. */
export function previewSchema(box) {
  const preview = made('div', { className: 'schema-preview' });
  preview.setAttribute('aria-live', 'polite');
  box.closest('.form-row').append(preview);
  box.value = tidied(box.value);
  const show = () => preview.replaceChildren(made('h3', { textContent: 'The form it makes' }), ...shown(readSchema(box.value)));
  box.addEventListener('input', show);
  box.addEventListener('change', () => { box.value = tidied(box.value); });
  show();
}

function shown({ problem, fields }) {
  if (problem) return [made('p', { className: 'wrong', textContent: problem })];
  if (!fields.length) return [made('p', { className: 'about', textContent: 'No arguments.' })];
  return fields.map(field);
}

function field({ name, required, kind, choices, about }) {
  const row = made('label', { textContent: `${name} (${choices.length ? 'one of a list' : kind})`, className: required ? 'required' : '' });
  const input = choices.length ? made('select') : made('input', { type: 'text' });
  input.disabled = true;
  if (choices.length) input.append(made('option', { textContent: choices.join(', ') }));
  row.append(input);
  if (about) row.append(made('p', { className: 'about', textContent: about }));
  return row;
}

function made(name, facts = {}) {
  return Object.assign(document.createElement(name), facts);
}
