import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { noticeBar, scenarioBar } from "../../dashboards/browser/menus.js";
import { now } from "../../dashboards/browser/now.js";
import { panelBody } from "../../dashboards/browser/panel.js";
import { plantPage } from "../../dashboards/browser/plant.js";
import { runsPage } from "../../dashboards/browser/runs.js";
import { commandsPanel, comparePage, dataPage } from "../../dashboards/browser/tables.js";
import { esc, say, termed } from "../../dashboards/browser/words.js";

const EVIL = `"'><img src=x onerror=alert(1)>&`;
const SAFE = "&#34;&#39;&#62;&#60;img src=x onerror=alert(1)&#62;&#38;";

/** Holds that EVIL stands in a page at least so often, and each time escaped. */
function isHarmless(html, times) {
  assert.ok(!html.includes("<img"), html.slice(Math.max(html.indexOf("<img") - 300, 0)).slice(0, 400));
  assert.equal(html.split("onerror=").length, html.split(SAFE).length, "cut, or escaped in part");
  assert.ok(html.split(SAFE).length > times, `${html.split(SAFE).length - 1} times`);
}

beforeEach(() => {
  const names = { technology: { t: EVIL }, product: { p: EVIL }, province: { r: EVIL }, sector: {}, end_use: {} };
  now.page = {
    language: "en", texts: {}, names, terms: {}, years: [2015, 2020], units: { "CNY/m3": [[0, 1, "CNY/m³"]], "hm3/a": [[0, 1, "hm³/a"]] },
    levers: [], levels: {}, scenarios: [{ name: EVIL, title: EVIL, why: EVIL }],
    plant: { groups: { sources: [], ways_out: [], reuse: [], money: [] }, meanings: {}, units: { p: "t" }, variants: {}, listed: { p: [0] }, technologies: ["t"], output_unit: "t", example: {} },
  };
  Object.assign(now, { board: null, panel: null, commands: null, compare: null, rows: null, runs: null, plant: null, form: null, formOpen: false, open: {} });
});

test("signs that begin or end a tag, a value or a reference are escaped, once; what is nothing is empty", () => {
  assert.deepEqual([esc(EVIL), esc("&#60;"), esc(null), esc(undefined), esc(0)], [SAFE, "&#38;#60;", "", "", "0"]);
});

test("texts and terms of the server are escaped; what is put into a text was escaped before and is not again", () => {
  now.page = { texts: { lead: `<b>{name}</b> {name} {other}` }, terms: { term: "<i>" } };
  assert.equal(say("lead", { name: esc("<x>") }), "&#60;b&#62;&#60;x&#62;&#60;/b&#62; &#60;x&#62; ");
  assert.deepEqual([say(EVIL), termed("term"), termed(EVIL)], [SAFE, "&#60;i&#62;", SAFE]);
});

test("a scenario's title, reason and pins, the list of scenarios and a notice are escaped", () => {
  now.board = { title: EVIL, why: EVIL, pins: [EVIL], overrides: [EVIL], is_moved: true, notice: { key: "k", detail: EVIL }, unlinked: EVIL };
  isHarmless(scenarioBar(), 6);
  isHarmless(noticeBar(), 2);
});

test("commands with a scenario's texts are escaped", () => {
  now.commands = { cli: EVIL, python: EVIL };
  isHarmless(commandsPanel(), 2);
});

test("compared scenarios' titles, in a heading and on a button, and their overrides are escaped", () => {
  now.compare = { titles: [EVIL, EVIL], places: [0], inputs: [{ name: EVIL, label: "", values: [null, null] }], overrides: [[EVIL], []], headlines: [null, null], sectors: [null, null] };
  isHarmless(comparePage(), 5);
});

test("a row's names, file, note, source and address are escaped, and an address is a link only if it is one of the web", () => {
  const row = { name: EVIL, labels: { technology: "t" }, value: 1, unit: EVIL, low: null, high: null, basis: EVIL, source: "s", file: EVIL, row: 2, written: EVIL, note: EVIL };
  const source = { title: EVIL, publisher: EVIL, year: EVIL, url: `javascript:${EVIL}`, verified: "no", note: EVIL };
  now.board = { digest: "d" };
  now.open = { "row0-0": true };
  now.rows = { rows: [row], sources: { s: source }, names: [EVIL], name: EVIL, basis: "", by_basis: { measured: 1, reported: 0, estimated: 0, assumed: 0 }, total: 1, page: 0, pages: 1, at: EVIL };
  const html = dataPage();
  isHarmless(html, 15);
  assert.ok(!html.includes("href"));
  source.url = `https://example.org/${EVIL}`;
  isHarmless(dataPage(), 16);
});

test("the table over the page: its cells, labels on buttons, rows and sentences are escaped", () => {
  const rests = { rows: [{ name: EVIL, labels: { technology: "t" }, value: 1, weight: 1, unit: EVIL, low: 0, high: 2, basis: EVIL, source: "s", file: EVIL, row: 1, written: EVIL, instead_of: { value: 2, file: EVIL, row: 3 } }], sources: { s: { title: EVIL } }, kind: "CNY/m3", name: EVIL };
  const table = { columns: [{ heading: EVIL, kind: "" }, { heading: EVIL, kind: "" }], rows: [[EVIL, EVIL]], labels: [EVIL], kinds: [""], dim: EVIL, count: 1 };
  now.panel = { card: "headline", of: EVIL, labels: { [EVIL]: EVIL }, table, rests };
  isHarmless(panelBody(), 18);
  now.panel = { card: "technology", of: EVIL, labels: {}, why: [{ heads: [EVIL], text: EVIL }] };
  isHarmless(panelBody(), 3);
});

test("a store's name, title, reasons, figures and labels are escaped", () => {
  const labels = { name: EVIL, labels: EVIL, low: 0, high: 1, basis: EVIL, cost_at_low: 1, cost_at_high: 2 };
  now.runs = {
    stores: [EVIL], store: EVIL, folder: "f", title: EVIL, states: { solved: 1 }, reasons: [[EVIL, 1]], headline: [[EVIL, "MCNY", 1, 2, 3, 4, 5]],
    figures: [[EVIL, "MCNY"]], figure: EVIL, inputs: [EVIL], across: EVIL, fixed: { [EVIL]: [EVIL] }, at: { [EVIL]: 0 }, bars: { edge: [0, 1], count: [1] },
    cloud: { x: [EVIL], y: [1], line: false }, robust: { aim: [1, 2], reach: [1, 0], cost: [1, 2], target: 1, probability: 0.9, secure: 0, never: 0, technologies: [[EVIL, "no_regret", 1, [1, 2, 3]]], rows: [labels] },
  };
  isHarmless(runsPage(), 20);
  now.runs = { stores: [EVIL], store: EVIL, fault: EVIL };
  isHarmless(runsPage(), 3);
});

const PLANT = { kind: "file", file: EVIL, plant: EVIL, year: EVIL, province: "r", bytes_max: 1, choice_count: 2, choices: [[EVIL, EVIL]], filter: EVIL };

test("a plant's file, name, year and choices, and what is wrong with its record are escaped", () => {
  now.plant = { ...PLANT, state: "problems", problems: [[EVIL, EVIL, EVIL, EVIL]], problem_count: 1 };
  isHarmless(plantPage(), 12);
});

test("what was typed into the form stays in its fields", () => {
  const product = { product: "p", output: EVIL, scale: "1", withdrawal: EVIL, variant: EVIL };
  now.plant = { ...PLANT, kind: "form", state: "empty" };
  now.page.plant.groups.sources = ["fresh"];
  now.formOpen = true;
  now.form = { plant: EVIL, year: EVIL, province: EVIL, volume: "m3", values: { fresh: EVIL }, products: [product, product], technologies: ["t"] };
  isHarmless(plantPage(), 16);
});

test("what is shown of a plant: places, norms, indicators, notes, conversions and the pool's words are escaped", () => {
  now.plant = {
    ...PLANT, state: "ready", mix: { steps: [], value: null, grade: null, grade_estimated: null, status: "none" }, head: { withdrawal_all_sources: null, withdrawal_graded: null, score: null, score_reason: EVIL },
    plan: null, plan_fault: EVIL, goal: null, products: [], graded_notes: [EVIL], flows: [], inside: [[EVIL, 1]], balance: { balance_gap_share: null }, curve: [], contract: null,
    places: [{ product: EVIL, route: EVIL, reason: EVIL, basis: null, percentile: 50, lower: null, upper: null }],
    norms: [{ product: EVIL, variant: EVIL, norm: EVIL, checked: EVIL, rank: EVIL, grade: EVIL, value: 1, unit: EVIL, meets: null, estimate: false }],
    indicators: [{ name: EVIL, unit: EVIL, value: 1, missing: [EVIL], product: EVIL }],
    notes: [EVIL], conversions: [[EVIL, 1, EVIL, EVIL, EVIL]], conversion_count: 1, offers_pool: true, pooled: { fault: EVIL },
  };
  isHarmless(plantPage(), 40);
});
