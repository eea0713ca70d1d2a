/** The admin's form of a tool: a preview of its schema, and the request only where there is one. */

import { previewSchema } from './schema_ui.js';

for (const box of document.querySelectorAll('textarea.schema-input')) previewSchema(box);

const kind = document.querySelector('select[name=kind]');
const request = document.querySelector('fieldset.http-request');
if (kind && request) {
  const show = () => { request.hidden = kind.value !== 'http'; };
  kind.addEventListener('change', show);
  show();
}
