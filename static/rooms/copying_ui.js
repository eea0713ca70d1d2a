/** Copying: buttons marked `data-copy` copy the code beside them, and say whether it worked. */

const SAID_MS = 2000;

/** Copies text; gives what to say. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return 'Copied';
  } catch {
    return 'Not copied: mark the text and copy it by hand';
  }
}

/** Says it in a place for a moment, then what stood there again. */
export function sayBriefly(place, words, usual = place.textContent) {
  place.textContent = words;
  setTimeout(() => { place.textContent = usual; }, SAID_MS);
}

async function copyBeside(button) {
  const said = await copyText(button.previousElementSibling.textContent);
  sayBriefly(button.querySelector('[role=status]'), said, 'Copy');
}

for (const button of document.querySelectorAll('[data-copy]')) button.addEventListener('click', () => copyBeside(button));
