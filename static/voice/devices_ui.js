/** The Devices menu: microphone, speaker, push to talk, the one-minute word. Remembered in this browser. */

import { choices, readPreferences } from './devices_data.js';
import { element } from '../elements/element_ui.js';

const KEY = 'roomtone.talk';

function load() {
  try {
    return readPreferences(localStorage.getItem(KEY));
  } catch {
    return readPreferences(null); // storage is off
  }
}

export class Devices {
  /** What is chosen; see devices_data. */
  preferences = load();
  #menu = document.getElementById('devices');
  #hooks;

  /** @param {{list: () => Promise<MediaDeviceInfo[]>, speakers: boolean, changed: (name: string) => void}} hooks */
  constructor(hooks) {
    this.#hooks = hooks;
    this.#menu.addEventListener('toggle', () => this.#menu.open && this.refresh());
    for (const name of ['push', 'tell']) this.#tie(name, document.getElementById(name));
  }

  #tie(name, box) {
    box.checked = this.preferences[name];
    box.addEventListener('change', () => this.choose({ [name]: box.checked }, name));
  }

  /** Takes a choice over and remembers it. */
  choose(more, name) {
    this.preferences = { ...this.preferences, ...more };
    try {
      localStorage.setItem(KEY, JSON.stringify(this.preferences));
    } catch {
      // Storage is off: the choice holds for this page.
    }
    this.#hooks.changed(name);
  }

  /** Draws what is plugged in now. */
  async refresh() {
    const devices = await this.#hooks.list();
    this.#draw('inputs', 'input', choices(devices, 'audioinput', this.preferences.input, this.preferences.inputLabel));
    const outputs = choices(devices, 'audiooutput', this.preferences.output, this.preferences.outputLabel);
    this.#draw('outputs', 'output', outputs);
    document.getElementById('outputs').hidden = !this.#hooks.speakers;
  }

  #draw(box, name, rows) {
    const legend = document.getElementById(box).querySelector('legend');
    const drawn = rows.map(({ id, label, missing, chosen }) => {
      const radio = element('input', { type: 'radio', name, checked: chosen });
      radio.addEventListener('change', () => this.choose({ [name]: id, [`${name}Label`]: label }, name));
      const lost = missing ? element('span', { className: 'quiet' }, 'saved, not found') : null;
      return element('label', { className: 'opt' }, radio, label, lost);
    });
    document.getElementById(box).replaceChildren(legend, ...drawn);
  }
}
