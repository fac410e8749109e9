import assert from "node:assert/strict";
import test from "node:test";

import { document, FakeSocket, fresh, pass, window } from "./browser.js";

globalThis.location = { href: "http://here/" };
const { Watch } = await import("../../chatbot/static/chatbot/js/watch.js");

function watching() {
  fresh();
  const told = [];
  const lost = { count: 0 };
  const count = () => (lost.count += 1);
  const watch = new Watch("/ws/captions/", ({ type }) => told.push(type), () => "c1", count);
  watch.start();
  return { watch, told, lost, socket: () => FakeSocket.all.at(-1) };
}

test("captions are handed on until nobody wants them any more", () => {
  const { watch, told, socket } = watching();
  assert.equal(socket().url, "ws://here/ws/captions/?conversation=c1");
  socket().accept();
  watch.stop();
  socket().tell({ type: "late" });
  assert.deepEqual(told, ["chat.call.started"]);
});

test("a lost socket is opened again, later each time, until captions come", () => {
  const { watch, socket } = watching();
  socket().end(1006);
  pass(3000);
  assert.equal(FakeSocket.all.length, 2);
  socket().end(1006);
  pass(1000);
  assert.equal(FakeSocket.all.length, 2);
  pass(5000);
  assert.equal(FakeSocket.all.length, 3);
  watch.stop();
});

test("a page that is not allowed to watch does not ask again", () => {
  for (const code of [4401, 4403, 4404]) {
    const { watch, socket, lost } = watching();
    socket().end(code);
    pass(120_000);
    assert.equal(FakeSocket.all.length, 1);
    assert.equal(lost.count, 0);
    watch.stop();
  }
});

test("whoever watches is told that the socket is lost and tried again", () => {
  const { watch, socket, lost } = watching();
  socket().end(1006);
  assert.equal(lost.count, 1);
  watch.stop();
});

test("with a network again, or seen again, a lost socket is opened at once", () => {
  for (const [target, change] of [[window, "online"], [document, "visibilitychange"]]) {
    const { watch, socket } = watching();
    socket().end(1006);
    target.dispatchEvent(new Event(change));
    assert.equal(FakeSocket.all.length, 2);
    pass(60_000);
    assert.ok(FakeSocket.all.filter(({ readyState }) => readyState !== 3).length <= 1);
    watch.stop();
    target.dispatchEvent(new Event(change));
    assert.equal(FakeSocket.all.at(-1).readyState, 3);
  }
});

test("a socket that works is left alone when the page is seen again", () => {
  const { watch, socket } = watching();
  socket().accept();
  document.dispatchEvent(new Event("visibilitychange"));
  assert.equal(FakeSocket.all.length, 1);
  watch.stop();
});
