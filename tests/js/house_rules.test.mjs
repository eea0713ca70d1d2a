// The division of static/: what a name promises about a file.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../static/', import.meta.url);
const scripts = (folder) => readdirSync(new URL(folder, root)).filter((name) => name.endsWith('.js')).map((name) => folder + name);
const files = ['elements/', 'rooms/', 'voice/'].flatMap(scripts);
const source = (name) => readFileSync(new URL(name, root), 'utf8');
const code = (name) => source(name).replaceAll(/\/\*[\s\S]*?\*\//g, '');

for (const name of files) {
  test(`${name} is short, says what it holds, and writes no markup`, () => {
    assert.ok(source(name).split('\n').length <= 151, 'longer than 150 lines');
    assert.ok(source(name).startsWith('/**'), 'no description');
    assert.ok(!code(name).includes('innerHTML'));
  });

  test(`${name} ends its imports with a semicolon, which hashed names depend on`, () => {
    for (const line of code(name).match(/^(import|} from) .*$/gm) ?? []) assert.match(line, /;$|{$/);
  });
}

for (const name of files.filter((each) => each.endsWith('_data.js'))) {
  test(`${name} knows neither page nor network nor clock`, () => {
    assert.doesNotMatch(code(name), /\b(document|window|navigator|fetch|localStorage|setTimeout|Date\.now)\b/);
  });
}

for (const name of files.filter((each) => each.endsWith('_ui.js'))) {
  test(`${name} asks nothing of the network`, () => {
    assert.doesNotMatch(code(name), /\b(fetch|XMLHttpRequest|WebSocket|RTCPeerConnection)\b/);
  });
}
