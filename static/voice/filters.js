/**
 * The list's filters: choosing one searches at once. Without this script the button does it.
 */

const form = document.getElementById('filters');

form?.addEventListener('change', (event) => {
  if (event.target instanceof HTMLSelectElement) form.requestSubmit();
});

// What was not chosen need not stand in the address.
form?.addEventListener('formdata', ({ formData }) => {
  for (const [name, value] of [...formData]) if (value === '') formData.delete(name);
});
