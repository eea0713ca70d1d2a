/** The page's colours for a canvas, which cannot read custom properties; told anew when the theme changes. */

const NAMES = ['ink', 'ink-3', 'line', 'surface', 'wait'];

function read() {
  const probe = document.body.appendChild(document.createElement('i'));
  const inks = Object.fromEntries(NAMES.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  }));
  probe.remove();
  return inks;
}

/** Colours by the name of their token. */
export const inks = read();

/** Calls back whenever the theme changed; for as long as the page lives. */
export function onTheme(changed) {
  const again = () => {
    Object.assign(inks, read());
    changed();
  };
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again);
}
