import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { keepSteps, readSteps, stepsToGiveBack } from "../../dashboards/browser/steps.js";

const KEY = "waterplan.steps";
const kept = new Map();
globalThis.sessionStorage = /** @type {any} */ ({ getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text) });
beforeEach(() => kept.clear());

const board = (link, place = 0, ahead = 0) => ({ link, place, ahead, origin: "f=reference" });
/** The boards of a visitor who makes these steps one after the other. */
const walk = (...links) => links.forEach((link, place) => keepSteps(board(link, place), place === 0));

test("what was kept by another version or spoilt is no steps, and no error", () => {
  for (const text of ["", "{", "null", "[]", '{"links":5,"at":0}', '{"links":[5],"at":0}', '{"links":["a"],"at":"0"}', '{"links":["a"],"at":0.5}']) {
    kept.set(KEY, text);
    assert.equal(readSteps(), null, text);
  }
});

test("steps are told from each other by the scenario: page, language, theme and pins are no step", () => {
  walk("v=1&a=1&page=data&lang=zh&theme=dark&pin=x", "v=1&a=2");
  assert.deepEqual(readSteps(), { links: ["a=1", "a=2"], at: 1, place: 1, origin: "f=reference" });
});

test("a new connection at the last step is given those before it, and those ahead, without it", () => {
  walk("a=1", "a=2", "a=3");
  keepSteps(board("a=2", 1, 1), false); // a step back
  assert.deepEqual(stepsToGiveBack(board("v=1&a=2")), { type: "history", origin: "f=reference", past: ["a=1"], ahead: ["a=3"] });
});

test("after they were given back the tab goes on from where it was, not from the first step", () => {
  walk("a=1", "a=2");
  assert.ok(stepsToGiveBack(board("a=2")));
  keepSteps(board("a=3", 2), false);
  assert.deepEqual(readSteps().links, ["a=1", "a=2", "a=3"]);
});

test("nothing is given back to a connection that has steps of its own, shows another scenario, or had no other step", () => {
  walk("a=1", "a=2");
  assert.equal(stepsToGiveBack(board("a=2", 1)), null);
  assert.equal(stepsToGiveBack(board("a=2", 0, 1)), null);
  assert.equal(stepsToGiveBack(board("a=1")), null);
  kept.clear();
  walk("a=1");
  assert.equal(stepsToGiveBack(board("a=1")), null);
});

test("a new step after two steps back forgets all that was ahead", () => {
  walk("a=1", "a=2", "a=3", "a=4");
  keepSteps(board("a=2", 1, 2), false);
  assert.deepEqual(readSteps().links, ["a=1", "a=2", "a=3", "a=4"]);
  keepSteps(board("a=5", 2, 0), false);
  assert.deepEqual(readSteps().links, ["a=1", "a=2", "a=5"]);
});

test("of more than fifty steps the oldest are forgotten, and the place is still that of the newest", () => {
  walk(...Array.from({ length: 60 }, (_, n) => `a=${n}`));
  const { links, at } = readSteps();
  assert.deepEqual([links.length, links[0], links[at]], [50, "a=10", "a=59"]);
});

test("a page opened anew begins its steps anew", () => {
  walk("a=1", "a=2");
  keepSteps(board("a=9", 2), true);
  assert.deepEqual(readSteps(), { links: ["a=9"], at: 0, place: 2, origin: "f=reference" });
});

test("a browser that keeps nothing has no steps, and no error", (t) => {
  t.mock.method(sessionStorage, "setItem", () => { throw new Error("quota"); });
  keepSteps(board("a=1"), true);
  assert.equal(readSteps(), null);
});
