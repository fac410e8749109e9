import assert from "node:assert/strict";
import test, { mock } from "node:test";

import { document, FakeSocket, fresh, network, pass, window } from "./browser.js";

const { Connection } = await import("../../chatbot/static/chatbot/js/connection.js");

/** A call with its socket, and what its handlers were told. */
function dialled() {
  fresh();
  const told = [];
  const note = (kind) => (what) => told.push([kind, what]);
  const connection = new Connection(() => `ws://here/${FakeSocket.all.length}`, {
    event: ({ type }) => told.push(["event", type]),
    audio: note("audio"),
    arrived: note("arrived"),
    lost: note("lost"),
    closed: ({ code }) => told.push(["closed", code]),
  });
  const socket = () => FakeSocket.all.at(-1);
  return { connection, told, socket };
}

const STARTED = ["event", "chat.call.started"];

test("nothing is sent before a server has taken the call", () => {
  const { connection, socket } = dialled();
  connection.sendEvent({ type: "early" });
  assert.equal(connection.state, "connecting");
  socket().accept();
  assert.equal(connection.state, "open");
  connection.sendEvent({ type: "now" });
  assert.deepEqual(socket().sent, [{ type: "now" }]);
  connection.drop();
});

test("a call that never began is not dialled again", () => {
  const { connection, told, socket } = dialled();
  socket().end(1006);
  pass(60_000);
  assert.deepEqual(told, [["closed", 1006]]);
  assert.equal(FakeSocket.all.length, 1);
  assert.equal(connection.state, "closed");
});

test("a call that was lost is dialled again until a server takes it", () => {
  const { connection, told, socket } = dialled();
  socket().accept();
  socket().end(1006);
  assert.deepEqual(told, [STARTED, ["lost", true]]);
  assert.equal(connection.state, "waiting");
  mock.timers.tick(200);
  assert.equal(FakeSocket.all.length, 2);
  socket().end(1006);
  mock.timers.tick(400);
  assert.equal(FakeSocket.all.length, 3);
  socket().accept();
  assert.equal(connection.state, "open");
  assert.equal(connection.reconnects, 2);
  assert.equal(socket().url, "ws://here/2");
  connection.drop();
});

test("a call that was taken over, or ended, stays so", () => {
  for (const code of [1000, 4409]) {
    const { told, socket } = dialled();
    socket().accept();
    socket().end(code);
    pass(60_000);
    assert.deepEqual(told, [STARTED, ["closed", code]]);
    assert.equal(FakeSocket.all.length, 1);
  }
});

test("after a minute it is given up", () => {
  const { told, socket } = dialled();
  socket().accept();
  socket().end(1006);
  for (let i = 0; i < 100 && told.at(-1)[0] !== "closed"; i++) {
    mock.timers.tick(1000);
    if (socket().readyState === 0) socket().end(1006);
  }
  assert.deepEqual(told.at(-1), ["closed", 1006]);
  const dials = FakeSocket.all.length;
  pass(60_000);
  assert.equal(FakeSocket.all.length, dials);
});

test("without a network it is tried rarely and never given up, and with one at once", () => {
  const { told, socket } = dialled();
  socket().accept();
  network.onLine = false;
  socket().end(1006);
  assert.deepEqual(told.at(-1), ["lost", false]);
  for (let i = 0; i < 30; i++) {
    mock.timers.tick(10_000);
    socket().end(1006);
  }
  assert.equal(FakeSocket.all.length, 31);
  network.onLine = true;
  window.dispatchEvent(new Event("online"));
  mock.timers.tick(0);
  assert.equal(FakeSocket.all.length, 32);
  assert.deepEqual(told.at(-1), ["lost", true]);
});

test("a peer that is silent for 10 s after a ping is left for another", () => {
  const { connection, told, socket } = dialled();
  socket().accept();
  const silent = socket();
  pass(5000);
  assert.deepEqual(silent.sent.map(({ type }) => type), ["chat.ping"]);
  pass(10_000);
  assert.deepEqual(told.at(-1), ["lost", true]);
  mock.timers.tick(200);
  assert.equal(FakeSocket.all.length, 2);
  silent.onmessage({ data: JSON.stringify({ type: "late" }) });
  assert.deepEqual(told.at(-1), ["lost", true]);
  connection.drop();
});

test("a pong says until when all has arrived, and is nobody else's business", () => {
  const { connection, told, socket } = dialled();
  socket().accept();
  pass(5000);
  const [ping] = socket().sent;
  assert.equal(ping.id, Date.now());
  socket().tell({ type: "chat.pong", id: ping.id });
  assert.deepEqual(told, [STARTED, ["arrived", ping.id]]);
  pass(4000);
  assert.equal(connection.state, "open");
  connection.drop();
});

for (const change of ["online", "offline", "pageshow"]) {
  test(`at ${change}, the peer is asked at once and given 3 s`, () => {
    const { connection, told, socket } = dialled();
    socket().accept();
    window.dispatchEvent(new Event(change));
    assert.deepEqual(socket().sent.map(({ type }) => type), ["chat.ping"]);
    pass(3000);
    assert.deepEqual(told.at(-1), ["lost", true]);
    connection.drop();
  });
}

test("when the page is seen again, a call that waits is dialled at once", () => {
  const { connection, socket } = dialled();
  socket().accept();
  socket().end(1006);
  document.dispatchEvent(new Event("visibilitychange"));
  mock.timers.tick(0);
  assert.equal(FakeSocket.all.length, 2);
  connection.drop();
});

test("after a hang-up nothing is dialled or asked any more", () => {
  const { connection, told, socket } = dialled();
  socket().accept();
  socket().end(1006);
  connection.drop();
  window.dispatchEvent(new Event("online"));
  pass(60_000);
  assert.equal(FakeSocket.all.length, 1);
  assert.deepEqual(told.at(-1), ["lost", true]);
});
