// Asking while somebody looks, and only then.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { Poll } from '../../static/voice/live_poll.js';

let asked;
let goesOn;
let poll;

/** The part of a page that knows whether it is seen. */
class Page extends EventTarget {
  hidden = false;

  see(isSeen) {
    this.hidden = !isSeen;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout'] });
  globalThis.document = new Page();
  asked = 0;
  goesOn = true;
});

afterEach(() => {
  poll.stop();
  mock.timers.reset();
  delete globalThis.document;
});

const settle = () => new Promise((resolve) => { setImmediate(resolve); });
async function begin(ask = async () => { asked += 1; return goesOn; }) {
  poll = new Poll(ask, 2000);
  await settle();
}
async function pass(ms) {
  mock.timers.tick(ms);
  await settle();
}

test('asks at once, then two seconds after every answer', async () => {
  await begin();
  assert.equal(asked, 1);
  await pass(1999);
  assert.equal(asked, 1);
  await pass(1);
  await pass(2000);
  assert.equal(asked, 3);
});

test('asks nothing while hidden, and at once when it is seen again', async () => {
  await begin();
  document.see(false);
  await pass(60_000);
  assert.equal(asked, 1);
  document.see(true);
  await settle();
  assert.equal(asked, 2);
  await pass(2000);
  assert.equal(asked, 3);
});

test('an answer that comes while hidden does not start it again', async () => {
  let give;
  await begin(() => new Promise((resolve) => { asked += 1; give = resolve; }));
  document.see(false);
  give(true);
  await settle();
  await pass(60_000);
  assert.equal(asked, 1);
});

test('one question at a time', async () => {
  let give;
  await begin(() => new Promise((resolve) => { asked += 1; give = resolve; }));
  poll.now();
  document.see(true);
  await pass(10_000);
  assert.equal(asked, 1);
  give(true);
  await settle();
  await pass(2000);
  assert.equal(asked, 2);
});

test('asked out of turn, it does not ask twice as often from then on', async () => {
  await begin();
  await pass(1000);
  poll.now();
  await settle();
  assert.equal(asked, 2);
  for (const ms of [1000, 999]) await pass(ms);
  assert.equal(asked, 2);
  await pass(1);
  assert.equal(asked, 3);
});

test('never again after a final answer', async () => {
  goesOn = false;
  await begin();
  document.see(true);
  await pass(60_000);
  assert.equal(asked, 1);
});
