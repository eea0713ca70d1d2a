/** A JSON Schema as somebody types it: what is wrong with it, or the form that a model would fill in. Pure. */

const KINDS = { string: 'text', integer: 'whole number', number: 'number', boolean: 'yes or no', array: 'list', object: 'object' };
const NOT_AT_THE_TOP = ['oneOf', 'anyOf', 'allOf', 'enum', 'not', '$ref'];

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** `{problem}` with a sentence, or `{fields: [{name, required, kind, choices, about}]}`. The server has the last word. */
export function readSchema(text) {
  let schema;
  try {
    schema = JSON.parse(text);
  } catch (error) {
    return { problem: `Not JSON yet: ${error.message}` };
  }
  if (!isObject(schema) || schema.type !== 'object') return { problem: 'It needs "type": "object" at the top.' };
  const taken = NOT_AT_THE_TOP.find((name) => name in schema);
  if (taken) return { problem: `Providers take no "${taken}" at the top.` };
  const properties = schema.properties ?? {};
  if (!isObject(properties)) return { problem: '"properties" must be an object: one entry an argument.' };
  const required = Array.isArray(schema.required) ? schema.required : [];
  const unknown = required.find((name) => !(name in properties));
  if (unknown !== undefined) return { problem: `"${unknown}" is required, but is not among the properties.` };
  return { fields: Object.entries(properties).map(([name, rule]) => fieldOf(name, rule, required)) };
}

function fieldOf(name, rule, required) {
  const known = isObject(rule) ? rule : {};
  const types = [known.type].flat().filter((type) => type in KINDS);
  return {
    name,
    required: required.includes(name),
    kind: types.map((type) => KINDS[type]).join(' or ') || 'anything',
    choices: Array.isArray(known.enum) ? known.enum.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))) : [],
    about: typeof known.description === 'string' ? known.description : '',
  };
}

/** The same JSON laid out, or the text unchanged while it is none. */
export function tidied(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
