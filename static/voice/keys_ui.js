/** The keys of a call: Space held = talk, M = mute, Escape = cancel; not while somebody types. */

const PRESSABLE = 'button, a, select, summary, input, textarea, [contenteditable]';
const WRITABLE = 'input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]';

/**
 * A button that talks while it is held, for those without a Space bar.
 * @param {HTMLElement} button @param {{hold: (isHeld: boolean) => void, isOn: () => boolean}} hooks
 */
export function holdButton(button, { hold, isOn }) {
  let isHeld = false;
  const turn = (down) => {
    if (down === isHeld || (down && !isOn())) return;
    isHeld = down;
    hold(down);
  };
  button.addEventListener('pointerdown', ({ pointerId }) => {
    if (isOn()) button.setPointerCapture(pointerId); // letting go beside it is letting go
    turn(true);
  });
  for (const end of ['pointerup', 'pointercancel', 'lostpointercapture', 'blur']) button.addEventListener(end, () => turn(false));
  button.addEventListener('contextmenu', (event) => isOn() && event.preventDefault()); // a long press is no menu here
}

/**
 * @param {{hold: (isHeld: boolean) => void, mute: () => void, cancel: () => void}} hooks
 */
export function listenForKeys({ hold, mute, cancel }) {
  let isHeld = false;
  const letGo = () => {
    if (isHeld) hold(false);
    isHeld = false;
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === ' ' && !event.target.closest(PRESSABLE)) {
      event.preventDefault();
      if (!isHeld) hold(true);
      isHeld = true;
    } else if (event.key.toLowerCase() === 'm' && !event.repeat && !event.target.closest(WRITABLE)) {
      mute();
    } else if (event.key === 'Escape' && !event.defaultPrevented) { // a menu that closed has used it
      cancel();
    }
  });
  document.addEventListener('keyup', (event) => event.key === ' ' && letGo());
  window.addEventListener('blur', letGo);
}
