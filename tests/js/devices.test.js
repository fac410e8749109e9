import assert from "node:assert/strict";
import test from "node:test";

import { Devices, devicesOf } from "../../chatbot/static/chatbot/js/devices.js";

const info = (kind, deviceId, label = "") => ({ kind, deviceId, label });
const MICROPHONES = [
  info("audioinput", "default", "Default - Built-in"),
  info("audioinput", "communications", "Communications - Built-in"),
  info("audioinput", "a", "Built-in"),
  info("audioinput", "b", "Headset"),
];
const SPEAKERS = [info("audiooutput", "s", "Monitor"), info("audiooutput", "h", "Headset")];

/** A browser with these devices; `now` changes them. */
class Browser extends EventTarget {
  constructor(infos, memory = {}) {
    super();
    this.infos = infos;
    this.kept = memory;
    this.memory = {
      getItem: (key) => this.kept[key] ?? null,
      setItem: (key, value) => (this.kept[key] = value),
    };
  }
  enumerateDevices = async () => this.infos;
  open() {
    const told = [];
    const changed = (_devices, news) => told.push(...news);
    return { told, devices: new Devices({ changed }, { media: this, memory: this.memory }) };
  }
  async now(infos) {
    this.infos = infos;
    this.dispatchEvent(new Event("devicechange"));
    await new Promise(setImmediate);
  }
}

test("each device is listed once, and none before it has an id", () => {
  assert.deepEqual(devicesOf([...MICROPHONES, ...SPEAKERS], "microphone"), [
    { id: "a", label: "Built-in" },
    { id: "b", label: "Headset" },
  ]);
  assert.deepEqual(devicesOf([info("audioinput", "")], "microphone"), []);
});

test("the lists follow plugging, and labels come with the permission", async () => {
  const browser = new Browser([info("audioinput", ""), info("audiooutput", "")]);
  const { devices, told } = browser.open();
  await devices.refresh();
  assert.deepEqual(devices.microphones, []);
  browser.infos = [...MICROPHONES, ...SPEAKERS];
  await devices.refresh();
  assert.deepEqual(devices.microphones.map(({ label }) => label), ["Built-in", "Headset"]);
  await browser.now([...MICROPHONES.slice(0, 3), ...SPEAKERS.slice(0, 1)]);
  assert.deepEqual(devices.microphones.map(({ id }) => id), ["a"]);
  assert.deepEqual(devices.speakers.map(({ id }) => id), ["s"]);
  assert.deepEqual(told, []);
});

test("the system chooses until the user does", async () => {
  const { devices } = new Browser([...MICROPHONES, ...SPEAKERS]).open();
  await devices.refresh();
  assert.deepEqual([devices.microphone, devices.speaker], ["", ""]);
});

test("a choice is remembered, each kind for itself", async () => {
  const browser = new Browser([...MICROPHONES, ...SPEAKERS]);
  const first = browser.open().devices;
  await first.refresh();
  first.choose("microphone", "b");
  first.choose("speaker", "s");
  const { devices } = browser.open();
  assert.deepEqual([devices.microphone, devices.speaker], ["b", "s"]);
  devices.choose("microphone", "");
  assert.equal(browser.open().devices.microphone, "");
});

test("a chosen device that vanishes gives way to the default one until it is back", async () => {
  const browser = new Browser(MICROPHONES);
  const { devices, told } = browser.open();
  await devices.refresh();
  devices.choose("microphone", "b");
  await browser.now(MICROPHONES.slice(0, 3));
  assert.equal(devices.microphone, "");
  assert.deepEqual(told.splice(0), [{ kind: "microphone", label: "Headset", state: "gone" }]);
  await browser.now(MICROPHONES.slice(0, 2));
  assert.deepEqual(told, [], "it is told once");
  await browser.now(MICROPHONES);
  assert.equal(devices.microphone, "b");
  assert.deepEqual(told, [{ kind: "microphone", label: "Headset", state: "back" }]);
});

test("the last device of all may vanish, too", async () => {
  const browser = new Browser([info("audioinput", "b", "Headset")]);
  const { devices, told } = browser.open();
  await devices.refresh();
  devices.choose("microphone", "b");
  await browser.now([]);
  assert.deepEqual([devices.microphone, told.length], ["", 1]);
});

test("a remembered device that is not there is told by the name it had", async () => {
  const browser = new Browser(MICROPHONES);
  const { devices } = browser.open();
  await devices.refresh();
  devices.choose("microphone", "b");
  browser.infos = MICROPHONES.slice(0, 3);
  const later = browser.open();
  await later.devices.refresh();
  assert.deepEqual(later.told, [{ kind: "microphone", label: "Headset", state: "gone" }]);
  assert.equal(later.devices.microphone, "");
});

test("before the permission a remembered device is not taken for missing", async () => {
  const browser = new Browser([info("audioinput", "")], {
    "device.microphone": JSON.stringify({ id: "b", label: "Headset" }),
  });
  const { devices, told } = browser.open();
  await devices.refresh();
  assert.deepEqual([devices.microphone, told], ["b", []]);
});

test("a browser without devices, or that remembers nothing, is no error", async () => {
  const memory = {
    getItem: () => "not JSON",
    setItem: () => {
      throw new Error("QuotaExceededError");
    },
  };
  const devices = new Devices({ changed: () => {} }, { media: null, memory });
  await devices.refresh();
  devices.choose("speaker", "s");
  assert.deepEqual([devices.speaker, devices.microphones], ["s", []]);
  devices.close();
});
