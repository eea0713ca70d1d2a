/**
 * What every page has: the theme button, and menus (`<details class="menu">`) that close on Escape and on
 * a click outside, giving the focus back to what opened them. Lives as long as the page.
 */

function switchTheme() {
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  const next = (root.dataset.theme ?? system) === 'dark' ? 'light' : 'dark';
  root.dataset.theme = next;
  try {
    localStorage.setItem('roomtone.theme', next);
  } catch {
    // Storage is off: the choice holds for this page.
  }
}

function openMenus() {
  return [...document.querySelectorAll('details.menu[open]')];
}

document.getElementById('theme')?.addEventListener('click', switchTheme);

document.addEventListener('click', (event) => {
  for (const menu of openMenus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector('summary').focus();
    event.preventDefault();
  }
});

const SHOWN = {
  '': { hour: '2-digit', minute: '2-digit' },
  clock: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  day: { weekday: 'long', day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit' },
};

// The server writes times in its own zone; here they become the reader's.
for (const time of document.querySelectorAll('time[data-local]')) {
  time.textContent = new Intl.DateTimeFormat('en-GB', SHOWN[time.dataset.local]).format(new Date(time.dateTime));
}
