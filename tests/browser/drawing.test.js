import assert from "node:assert/strict";
import { test } from "node:test";

import { frame, linePath, stepPath, svg, words } from "../../dashboards/browser/drawing.js";

test("a line goes from its first point to the others, to a tenth of a pixel", () => {
  assert.equal(linePath([[0, 1.26], [10, 2], [20.04, 3]]), "M0,1.3L10,2L20,3");
});

test("a line is broken where there is no height, and begins anew after it", () => {
  assert.equal(linePath([[0, null], [1, 5], [2, 6], [3, null], [4, 0]]), "M1,5L2,6M4,0");
});

test("a line of steps goes up or down before it goes across, so that a price holds for what is saved up to it", () => {
  assert.equal(stepPath([[0, 100], [30, 100], [40, 60]]), "M0,100V100H30V60H40");
});

test("an axis has a number at each tick, in the unit that is shown", () => {
  const body = frame([50, 30, 150, 130], (x) => 50 + x, (y) => 130 - y, [0, 50], [0, 100], "hm³", "CNY", 2, 10);
  assert.deepEqual([...body.matchAll(/<text x="([\d.]+)" y="([\d.]+)" class="tick"[^>]*>([^<]+)/g)].map((found) => found.slice(1)), [["42", "134", "0"], ["42", "34", "1,000"], ["50", "148", "0"], ["100", "148", "100"]]);
});

test("a chart has a name for those who cannot see it, twice: of the picture and as its title", () => {
  assert.match(svg("curve", 10, 20, "what it shows", words(1, 2, "x")), /role="img" aria-label="what it shows"><title>what it shows<\/title><text/);
});
