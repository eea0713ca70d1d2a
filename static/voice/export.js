/**
 * The export page: while a file comes, says how many conversations are in it. Asks once a second, from the click
 * until all are done or nothing has moved for a minute; lives as long as the page.
 */

const EVERY_MS = 1000;
const PATIENCE_MS = 60_000;
const TIMEOUT_MS = 5000;

const told = document.getElementById('progress');
const bar = document.getElementById('done');
let asking = 0;

async function ask() {
  const reply = await fetch(told.dataset.url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!reply.ok) throw new Error(`status ${reply.status}`);
  return reply.json();
}

function show({ done, total }) {
  bar.hidden = false;
  bar.value = done;
  told.textContent = done < total ? `${done} of ${total} are in the file.` : `All ${total} are in the file.`;
}

function follow() {
  clearInterval(asking);
  let last = { done: -1, at: Date.now() };
  asking = setInterval(async () => {
    try {
      const heard = await ask();
      if (heard.done !== last.done) last = { done: heard.done, at: Date.now() };
      show(heard);
      if (heard.done >= heard.total) clearInterval(asking);
    } catch {
      // The file comes by its own road; only the count is not known just now.
    }
    if (Date.now() - last.at < PATIENCE_MS) return;
    clearInterval(asking);
    told.textContent = 'The file has not grown for a minute. Look at your browser’s downloads, or ask for it again.';
  }, EVERY_MS);
}

document.getElementById('formats')?.addEventListener('click', (event) => {
  if (!event.target.closest('a')) return;
  bar.value = 0;
  told.textContent = 'The file is on its way.';
  follow();
});
