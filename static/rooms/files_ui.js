/** Handing a text over as a file. */

const FREE_MS = 60_000;

export function saveAs(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads it after the click; when it has done so nobody says.
  setTimeout(() => URL.revokeObjectURL(url), FREE_MS);
}
