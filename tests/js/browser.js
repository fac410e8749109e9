/** As much of a browser as sockets need: put in place before what uses it is imported. */

import { mock } from "node:test";

/** The browser's side of a socket, as far as a transport looks at it. */
export class FakeSocket {
  static OPEN = 1;
  static all = [];
  readyState = 0;
  bufferedAmount = 0;
  sent = [];

  constructor(url) {
    this.url = url;
    FakeSocket.all.push(this);
  }

  send(data) {
    this.sent.push(typeof data === "string" ? JSON.parse(data) : data);
  }

  close() {
    this.readyState = 3;
  }

  accept() {
    this.readyState = FakeSocket.OPEN;
    this.onopen();
    this.tell({ type: "chat.call.started", call_id: "c1", turns: [] });
  }

  tell(event) {
    this.onmessage({ data: JSON.stringify(event) });
  }

  end(code) {
    this.readyState = 3;
    this.onclose({ code });
  }
}

export const network = { onLine: true };
export const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
export const window = new EventTarget();
Object.assign(globalThis, { WebSocket: FakeSocket, document, window });
Object.defineProperty(globalThis, "navigator", { value: network, configurable: true });

/** A fresh browser, in which no time has passed. */
export function fresh() {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  network.onLine = true;
  document.visibilityState = "visible";
  FakeSocket.all = [];
}

/** Let time pass second by second, as a page that is awake sees it. */
export function pass(ms) {
  for (let left = ms; left > 0; left -= 1000) mock.timers.tick(Math.min(left, 1000));
}
