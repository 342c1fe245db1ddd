import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { now } from "../../dashboards/browser/now.js";
import { outbox } from "../../dashboards/browser/outbox.js";
import { inParts } from "../../dashboards/browser/parts.js";

const move = (lever, value, label = "") => /** @type {any} */ ({ type: "move", lever, label, value });
const whole = (parts) => JSON.parse(parts.map((part) => part.text).join(""));
let sent, busy, box;
beforeEach(() => {
  sent = [];
  busy = [];
  box = outbox((message) => sent.push(message), (is) => busy.push(is));
  now.board = { seq: 0 };
});

test("a message that fits goes as it is, one sign more goes in parts", () => {
  const message = { type: "load", file: "x", text: "y" }, long = JSON.stringify(message).length;
  assert.deepEqual(inParts(message, long), [message]);
  assert.equal(inParts(message, long - 1).length, 2);
});

test("parts are numbered, say how many they are, carry the number of the message, and make it whole again", () => {
  const message = { type: "load", seq: 7, file: "x", text: "water".repeat(100) }, parts = inParts(message, 100);
  assert.deepEqual(parts.map(({ type, at, of, seq }) => [type, at, of, seq]), parts.map((_, at) => ["part", at, parts.length, 7]));
  assert.ok(parts.every((part) => part.text.length <= 100));
  assert.deepEqual(whole(parts), message);
});

test("a sign of two halves that is torn where a part ends is whole again when they are joined", () => {
  const message = { type: "load", file: "x", text: "𠀀💧".repeat(40) };
  for (const most of [50, 51]) assert.deepEqual(whole(inParts(message, most)), message);
});

test("each message has the next number", () => {
  box.send({ type: "undo" });
  box.send({ type: "redo" });
  assert.deepEqual(sent, [{ type: "undo", seq: 1 }, { type: "redo", seq: 2 }]);
});

test("while a move is under way others wait: of each control the newest, in the order in which they came", () => {
  for (const [lever, value] of [["tax", 1], ["tax", 2], ["target", 5], ["tax", 3]]) box.send(move(lever, value));
  assert.deepEqual(sent.map(({ value }) => value), [1]);
  box.settle(1);
  box.settle(2);
  assert.deepEqual(sent.map(({ lever, value }) => [lever, value]), [["tax", 1], ["tax", 3], ["target", 5]]);
});

test("moves of one lever for two labels do not take each other's place", () => {
  for (const label of ["", "hebei", "henan"]) box.send(move("price", 1, label));
  box.settle(1);
  box.settle(2);
  assert.deepEqual(sent.map(({ label }) => label), ["", "hebei", "henan"]);
});

test("what is no move does not wait, and what no move waits for has no number", () => {
  box.send(move("tax", 1));
  box.send({ type: "undo" });
  box.tell({ type: "ready" });
  assert.deepEqual(sent.slice(1), [{ type: "undo", seq: 2 }, { type: "ready" }]);
});

test("an answer to an older message, or to none, does not end the wait", () => {
  box.send({ type: "undo" });
  box.send({ type: "redo" });
  box.settle(1);
  box.settle(undefined);
  assert.deepEqual(busy, [true, true]);
  box.settle(2);
  assert.deepEqual(busy, [true, true, false]);
});

test("a control is held by a hand, while its move waits, and until the board answers it", () => {
  const input = { dataset: { lever: "tax", label: "" } }, other = { dataset: { lever: "target", label: "" } };
  assert.equal(box.isHeld(input), false);
  box.hold(input);
  assert.deepEqual([input, other].map(box.isHeld), [true, false]);
  box.hold(null);
  box.send(move("tax", 1));
  box.send(move("target", 5));
  assert.deepEqual([input, other].map(box.isHeld), [true, true]);
  now.board = { seq: 1 };
  box.settle(1); // sends the other
  assert.deepEqual([input, other].map(box.isHeld), [false, true]);
});
