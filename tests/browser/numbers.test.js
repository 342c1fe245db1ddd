import assert from "node:assert/strict";
import { test } from "node:test";

import { readValue, shownValue, leverAmount } from "../../dashboards/browser/levers.js";
import { now } from "../../dashboards/browser/now.js";
import { amount, axisNumber, digits, percent, plainNumber, quantity, roundTicks, signed, ticks } from "../../dashboards/browser/numbers.js";

const VOLUME = [[0, 1, "m³/a"], [1e4, 1e-4, "万m³/a"], [1e8, 1e-8, "亿m³/a"]];
const written = (values, ...more) => values.map((value) => digits(value, ...more));

test("a number has at most four digits, and no places from a thousand on", () => {
  assert.deepEqual(written([0.5, 8.5, 10.005, 99.95, 100.05, 999.94999, 1234.5]), ["0.500", "8.500", "10.01", "99.95", "100.1", "999.9", "1,235"]);
  assert.deepEqual(written([8.5, 10.005, 100.05], 1), ["8.5", "10.0", "100.1"]);
  assert.deepEqual(written([1000, 1000.5, 12345678.5, 1e15]), ["1,000", "1,001", "12,345,679", "1,000,000,000,000,000"]);
});

test("a half goes up and away from nought, not to the even digit and not by the binary fraction below it", () => {
  assert.deepEqual(written([0.5, 1.5, 2.5, 1000.5, 1001.5], 0), ["1", "2", "3", "1,001", "1,002"]);
  assert.deepEqual(written([-0.5, -1000.5], 0), ["−1", "−1,001"]);
  assert.deepEqual(written([1.005, 2.675, 0.125], 2), ["1.01", "2.68", "0.13"]);
});

test("a number that rounds up to a thousand keeps the place of what it was", () => {
  assert.deepEqual(written([9.9995, 99.995, 999.95]), ["10.000", "100.00", "1,000.0"]);
});

test("nought is 0, what rounds to nought has no minus, and a minus is no hyphen", () => {
  assert.deepEqual(written([0, -0, -0.0004, -1e-300, 5e-324]), ["0", "0", "0.000", "0.000", "0.000"]);
  assert.equal(digits(-0.0005), "−0.001");
});

test("what is no number is a dash", () => {
  assert.deepEqual(written([null, undefined, NaN, Infinity, -Infinity]), ["–", "–", "–", "–", "–"]);
  assert.deepEqual([percent(null), percent(NaN), plainNumber(null)], ["–", "–", "–"]);
});

test("a quantity is in the largest unit that it fills, also below nought, and in the first when it is nothing", () => {
  now.page = { units: { "m3/a": VOLUME } };
  const told = [9999, 1e4, -1e4, 99999999, 1e8, 0, null].map((value) => quantity("m3/a", value));
  assert.deepEqual(told, [["9,999", "m³/a"], ["1.000", "万m³/a"], ["−1.000", "万m³/a"], ["10,000", "万m³/a"], ["1.000", "亿m³/a"], ["0", "m³/a"], ["–", "m³/a"]]);
});

test("a unit stands after a space, % does not; a unit that is not known is shown as it is, escaped", () => {
  now.page = { units: { share: [[0, 100, "%"]], "m3/a": VOLUME } };
  assert.deepEqual([amount("share", 0.125, 1), amount("m3/a", 12), amount("<t>", 2)], ["12.5%", "12.00 m³/a", "2.000 &#60;t&#62;"]);
});

test("more is said with a plus, nothing and less without", () => {
  assert.deepEqual([1, 0, -1].map((value) => signed(digits(value, 0), value)), ["+1", "0", "−1"]);
});

test("a figure of the study has four digits, from ten million on a power of ten", () => {
  assert.deepEqual([0.000123456, 12345, -2.5, 9999999, 1e7, 2.34e12].map(plainNumber), ["0.0001235", "12,350", "−2.5", "10,000,000", "1.00×10⁷", "2.34×10¹²"]);
});

test("a lever is read in the unit in which it is shown, without dust of the binary fraction", () => {
  const share = { factor: 100, unit: "%" }, price = { factor: 1, unit: "CNY/m³" };
  assert.deepEqual([shownValue(share, 0.07), shownValue(share, 0.29), shownValue(share, null)], ["7", "29", ""]);
  assert.deepEqual([readValue(share, "7"), readValue(share, "0.7"), readValue(price, "2.5")], [0.07, 0.007, 2.5]);
  assert.deepEqual([leverAmount(share, 0.075), leverAmount(price, 1234.5), leverAmount({ factor: 1, unit: "" }, 3)], ["7.5%", "1,234.5 CNY/m³", "3"]);
});

test("ticks of an axis are steps of 1, 2, 2.5 or 5 that lie within it, with nought as 0", () => {
  assert.deepEqual(ticks(0, 100), [0, 25, 50, 75, 100]);
  assert.deepEqual(ticks(3, 17, 4), [5, 10, 15]);
  assert.deepEqual(ticks(-0.3, 0.3, 6).map((tick) => tick.toFixed(1)), ["-0.3", "-0.2", "-0.1", "0.0", "0.1", "0.2", "0.3"]);
  assert.ok(ticks(-0.3, 0.3, 6).includes(0));
  assert.deepEqual(ticks(5, 5), [5]);
});

test("ticks are round in the unit that is shown, not in the one that is kept", () => {
  assert.deepEqual(roundTicks(0, 30, 0.1, 3), [0, 10, 20, 30]);
  assert.deepEqual(roundTicks(0, 0.4, 100, 4).map((tick) => tick * 100), [0, 10, 20, 30, 40]);
});

test("a tick's number has as many places as tell it from the next", () => {
  assert.deepEqual([0, 0.25, 2.5, 25, 250.4, -1000].map(axisNumber), ["0", "0.25", "2.5", "25", "250", "−1,000"]);
});
