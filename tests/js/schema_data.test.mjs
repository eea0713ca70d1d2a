import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readSchema, tidied } from '../../static/voice/schema_data.js';

test('the fields of a schema are those a form would have', () => {
  const schema = {
    type: 'object',
    properties: { place: { type: 'string', description: 'Where' }, days: { type: ['integer', 'null'] }, unit: { enum: ['c', 1] }, any: true },
    required: ['place'],
  };
  assert.deepEqual(readSchema(JSON.stringify(schema)).fields, [
    { name: 'place', required: true, kind: 'text', choices: [], about: 'Where' },
    { name: 'days', required: false, kind: 'whole number', choices: [], about: '' },
    { name: 'unit', required: false, kind: 'anything', choices: ['c', '1'], about: '' },
    { name: 'any', required: false, kind: 'anything', choices: [], about: '' },
  ]);
});

for (const [text, problem] of [
  ['{"type": ', /^Not JSON yet/],
  ['[]', /"type": "object"/],
  ['{"type": "string"}', /"type": "object"/],
  ['{"type": "object", "anyOf": []}', /no "anyOf" at the top/],
  ['{"type": "object", "properties": []}', /"properties" must be an object/],
  ['{"type": "object", "required": ["x"]}', /"x" is required/],
]) {
  test(`a slip is named while it is typed: ${text}`, () => assert.match(readSchema(text).problem, problem));
}

test('JSON is laid out, and what is none stays as typed', () => {
  assert.equal(tidied('{"a":1}'), '{\n  "a": 1\n}');
  assert.equal(tidied('{"a":'), '{"a":');
});
