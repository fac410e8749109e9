// @ts-check
/** Which microphones and loudspeakers there are, and which of them are to be used. */

/**
 * @typedef {"microphone" | "speaker"} DeviceKind
 * @typedef {{id: string, label: string}} Device the label is "" until the user has granted a microphone
 * @typedef {{kind: DeviceKind, label: string, state: "gone" | "back"}} DeviceNews
 *   the chosen device was unplugged and the default one is used, or it is plugged in and used again
 * @typedef {Pick<MediaDevices, "enumerateDevices" | "addEventListener" | "removeEventListener">} MediaSource
 * @typedef {Pick<Storage, "getItem" | "setItem">} Memory
 */

/** @type {Record<DeviceKind, MediaDeviceKind>} */
const MEDIA_KINDS = { microphone: "audioinput", speaker: "audiooutput" };
const KINDS = /** @type {DeviceKind[]} */ (Object.keys(MEDIA_KINDS));
/** Chromium's names for other devices of the list. */
const DOUBLES = ["default", "communications"];

/**
 * @param {Pick<MediaDeviceInfo, "kind" | "deviceId" | "label">[]} infos @param {DeviceKind} kind
 * @returns {Device[]}
 */
export function devicesOf(infos, kind) {
  return infos
    .filter((info) => info.kind === MEDIA_KINDS[kind])
    .filter(({ deviceId }) => deviceId && !DOUBLES.includes(deviceId))
    .map(({ deviceId, label }) => ({ id: deviceId, label }));
}

export class Devices {
  #changed;
  #media;
  #memory;
  /** @type {Record<DeviceKind, Device[]>} */
  #lists = { microphone: [], speaker: [] };
  /** @type {Record<DeviceKind, Device>} */
  #chosen;
  /** @type {Set<DeviceKind>} whose chosen one is not there */
  #gone = new Set();
  #onChange = () => void this.refresh();

  /**
   * @param {{changed: (devices: Devices, news: DeviceNews[]) => void}} handlers
   * @param {{media?: MediaSource, memory?: Memory}} [browser]
   */
  constructor({ changed }, { media = navigator.mediaDevices, memory } = {}) {
    this.#changed = changed;
    this.#media = media;
    this.#memory = memory;
    this.#chosen = { microphone: this.#recall("microphone"), speaker: this.#recall("speaker") };
    media?.addEventListener("devicechange", this.#onChange);
    void this.refresh();
  }

  get microphones() {
    return this.#lists.microphone;
  }

  get speakers() {
    return this.#lists.speaker;
  }

  /** The id of the microphone to use; "" is the system's own choice. */
  get microphone() {
    return this.#used("microphone");
  }

  /** The id of the loudspeaker to use; "" is the system's own choice. */
  get speaker() {
    return this.#used("speaker");
  }

  get canChooseSpeaker() {
    return "AudioContext" in globalThis && "setSinkId" in AudioContext.prototype;
  }

  /** @param {DeviceKind} kind @param {string} id "" for the system's own choice */
  choose(kind, id) {
    const label = this.#lists[kind].find((device) => device.id === id)?.label ?? "";
    this.#remember(kind, { id, label });
    this.#gone.delete(kind);
    this.#changed(this, []);
  }

  /** List them again; their labels are told once a microphone was granted. */
  async refresh() {
    const infos = (await this.#media?.enumerateDevices().catch(() => [])) ?? [];
    const news = KINDS.flatMap((kind) => this.#take(kind, devicesOf(infos, kind)));
    this.#changed(this, news);
  }

  close() {
    this.#media?.removeEventListener("devicechange", this.#onChange);
  }

  /** @param {DeviceKind} kind @param {Device[]} list @returns {DeviceNews[]} */
  #take(kind, list) {
    // Before a microphone is granted the list is empty, for its devices have no ids.
    const isKnown = list.length > 0 || this.#lists[kind].length > 0;
    this.#lists[kind] = list;
    const chosen = this.#chosen[kind];
    if (!chosen.id || !isKnown) return [];
    const found = list.find(({ id }) => id === chosen.id);
    if (found?.label) this.#remember(kind, found);
    if (Boolean(found) !== this.#gone.has(kind)) return [];
    if (found) this.#gone.delete(kind);
    else this.#gone.add(kind);
    return [{ kind, label: found?.label || chosen.label, state: found ? "back" : "gone" }];
  }

  /** @param {DeviceKind} kind */
  #used(kind) {
    return this.#gone.has(kind) ? "" : this.#chosen[kind].id;
  }

  /** @param {DeviceKind} kind @returns {Device} */
  #recall(kind) {
    try {
      const { id, label } = JSON.parse((this.#memory ?? localStorage).getItem(`device.${kind}`) ?? "");
      return { id: String(id), label: String(label) };
    } catch {
      return { id: "", label: "" };
    }
  }

  /** @param {DeviceKind} kind @param {Device} device */
  #remember(kind, device) {
    this.#chosen[kind] = device;
    try {
      (this.#memory ?? localStorage).setItem(`device.${kind}`, JSON.stringify(device));
    } catch {
      // A browser that keeps nothing still uses it until the page is left.
    }
  }
}
