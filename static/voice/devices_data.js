/** Which devices there are to choose from, and what of the choice is remembered. Pure. */

export const NO_PREFERENCES = Object.freeze({
  input: '', inputLabel: '', output: '', outputLabel: '', push: false, tell: true, assistant: '', voice: '',
});

/** Preferences from stored text; anything unreadable or unknown is left out. */
export function readPreferences(text) {
  let stored;
  try {
    stored = JSON.parse(text ?? '{}');
  } catch {
    stored = {};
  }
  const known = Object.entries(NO_PREFERENCES).map(([name, usual]) =>
    [name, typeof stored?.[name] === typeof usual ? stored[name] : usual]);
  return Object.fromEntries(known);
}

/**
 * Rows `{id, label, missing, chosen}` of one kind: the system's choice first, then what is plugged in, then the
 * remembered one if it is not there.
 * @param {MediaDeviceInfo[]} devices
 * @param {'audioinput' | 'audiooutput'} kind
 */
export function choices(devices, kind, saved, savedLabel) {
  const real = devices.filter((device) => device.kind === kind && device.deviceId && device.deviceId !== 'default');
  const rows = real.map(({ deviceId, label }, index) => ({ id: deviceId, missing: false,
    label: label || `${kind === 'audioinput' ? 'Microphone' : 'Speaker'} ${index + 1}` }));
  const isThere = !saved || rows.some(({ id }) => id === saved);
  const lost = isThere ? [] : [{ id: saved, label: savedLabel || 'The one chosen before', missing: true }];
  return [{ id: '', label: 'System default', missing: false }, ...rows, ...lost]
    .map((row) => ({ ...row, chosen: row.id === (saved || '') }));
}
