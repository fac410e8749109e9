// @ts-check
/** Keeps the pickers and the running call with the devices that are plugged in and chosen. */

import { Devices } from "./devices.js";
import { say } from "./messages.js";

/**
 * @typedef {import("./devices.js").DeviceNews} DeviceNews
 * @typedef {import("./phone.js").Phone} Phone
 */

export class DeviceChoice {
  #devices = new Devices({ changed: (_, news) => this.#follow(news) });
  #used = { microphone: this.#devices.microphone, speaker: this.#devices.speaker };
  #settings;
  #situation;
  #tell;

  /**
   * @param {import("./settings.js").Settings} settings
   * @param {() => {phone: Phone | null, call: import("./call.js").CallState}} situation
   * @param {(sentence: string) => void} tell
   */
  constructor(settings, situation, tell) {
    this.#settings = settings;
    this.#situation = situation;
    this.#tell = tell;
  }

  /** What a call begins with. */
  get used() {
    return this.#used;
  }

  /** @param {"microphone" | "speaker"} kind @param {string} id */
  choose(kind, id) {
    this.#devices.choose(kind, id);
  }

  /** Their names are known once a microphone was granted. */
  refresh() {
    void this.#devices.refresh();
  }

  /** @param {DeviceNews[]} news */
  #follow(news) {
    const { microphone, speaker } = this.#devices;
    const before = this.#used;
    this.#used = { microphone, speaker };
    this.#settings.drawDevices(this.#devices);
    const { phone, call } = this.#situation();
    const isSpoken = call.microphone !== "off";
    if (microphone !== before.microphone && isSpoken) void phone?.setMicrophone(microphone);
    if (speaker !== before.speaker) void phone?.setSpeaker(speaker);
    for (const { label, state } of news) this.#tell(say(`device.${state}`, { label }));
  }
}
