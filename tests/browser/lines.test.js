import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { anywayNote, figureList, sentences, whyIdle } from "../../dashboards/browser/anyway.js";
import { anywayNow, apart, fallOf, isComing, linesNow, pathOf } from "../../dashboards/browser/lines.js";
import { now } from "../../dashboards/browser/now.js";

const COMING = { key: "k", turnover: 90, market: 70, own: 28, consumption: 4, turnover_by_sector: [60, 30], market_by_sector: [50, 20] };
const SECTORS = [{ reference: 65, planned: 45 }, { reference: 35, planned: 30 }];
const TEXTS = { printed_anyway_all: "all {anyway} {turnover} {market}", printed_anyway_part: "part {anyway} left {left}", printed_on_top: "on top: {told}", printed_also: "; ", printed_on_top_nothing: "nothing for {target}", printed_on_top_in_all: "in all {saving} at {cost}", printed_on_top_more: "more at {cost}", printed_on_top_most: "at most {largest} at {cost}", printed_out_on_top_in_all: "in all out {largest}", printed_out_on_top_more: "more out {largest}", printed_on_top_none: "none", printed_barriers_out: "no barriers", printed_barriers_in_part: "barrier {barrier}", starts_from_turnover: "after turnover {programme}", starts_from_market: "after market {programme}", anyway_fall: "falls {anyway}", printed_anyway_not_told: "not told", printed_market_not_told: "market not told", anyway_lacks: "lacks {list}", list_comma: ", ", idle_frozen: "frozen", idle_no_market: "no market", idle_untold: "untold {list}", not_told: "not told" };

/** @param {any} levers @param {any} more */
function plan(levers = {}, more = {}) {
  now.board = {
    digest: "d", anyway_key: "k", infeasible: null, pinned: null,
    levers: { baseline: "frozen", count_from: "frozen", saving_target: 20, count_alternative_supply: true, perspective: "programme", barrier_cost: 0, ...levers },
    board: { anyway: null, even: 120, consumption: 3, sectors: SECTORS, headline: { reference_withdrawal: 100, planned_withdrawal: 75, base_withdrawal: 90, saving: 20 }, ...more },
  };
}

beforeEach(() => {
  now.page = { language: "en", texts: TEXTS, terms: {}, names: {}, lacks: { turnover: [], market: [], value_added: [] }, units: { "hm3/a": [[0, 1, "hm³"]], "MCNY/a": [[0, 1, "M CNY"]], "CNY/m3": [[0, 1, "CNY/m³"]] }, years: [2015, 2020] };
  now.anyway = COMING;
  now.on_top = null;
  plan();
});

test("four lines under every baseline, each where it stands; two of a study that tells no other", () => {
  assert.deepEqual(linesNow().map(({ name, level }) => [name, level]), [["reference", 100], ["turnover", 90], ["market", 70], ["planned", 75]]);
  plan();
  now.board.anyway_key = "";
  now.anyway = null;
  assert.deepEqual(linesNow().map(({ name }) => name), ["reference", "planned"]);
});

test("lines of the scenario before are stale until those of this one come, and are never those of a plan that has its own", () => {
  now.board.anyway_key = "other";
  assert.ok(anywayNow().isStale && isComing());
  assert.ok(anywayNote().includes("unseen"), "its sentences are not seen");
  plan({ baseline: "turnover" }, { anyway: { turnover: 88, turnover_by_sector: [58, 30] } });
  now.board.anyway_key = "other";
  assert.deepEqual([anywayNow().turnover, anywayNow().isStale], [88, true]);
  plan({ baseline: "market" }, { anyway: { ...COMING, market: 66 } });
  now.board.anyway_key = "other";
  assert.deepEqual([anywayNow().market, anywayNow().isStale ?? false, isComing()], [66, false, false]);
});

test("a fall is made up of what its baseline brings and of the programme, and adds up to the whole", () => {
  for (const [baseline, parts, mark] of [["frozen", [0, 0, 20], 15], ["turnover", [5, 0, 15], 15], ["market", [5, 10, 5], null]]) {
    plan({ baseline });
    const fall = fallOf("sector", 0, SECTORS[0]);
    assert.deepEqual([fall.turnover, fall.market, fall.programme], parts, String(baseline));
    assert.equal(fall.turnover + fall.market + fall.programme, SECTORS[0].reference - SECTORS[0].planned);
    assert.equal(fall.anyway, mark);
  }
});

test("a line falls evenly below frozen efficiency, from the base year's withdrawal to its own", () => {
  assert.deepEqual(pathOf([10, 12, 14], 6), [10, 9, 8]);
  assert.deepEqual(pathOf([10], 6), [10]);
});

test("labels keep their order and their distance, and stay within their bounds where there is room", () => {
  assert.deepEqual(apart([50, 52, 10, 99], 15, 5, 100), [50, 65, 10, 99]);
  assert.deepEqual(apart([98, 99], 15, 5, 100), [85, 100]);
  assert.deepEqual(apart([1, 2], 15, 5, 100), [5, 20]);
});

test("how much of the target comes anyway: what counts is held against it", () => {
  assert.deepEqual(sentences(), [["all 30.00 hm³ 10.00 hm³ 20.00 hm³"], []]);
  plan({ saving_target: 29, count_alternative_supply: false });
  assert.deepEqual(sentences()[0], ["part 28.00 hm³ left 1.000 hm³"], "without other sources it is less");
  plan({ saving_target: 0 });
  assert.deepEqual(sentences(), [["falls 30.00 hm³"], []]);
  plan({ baseline: "turnover" });
  assert.deepEqual(sentences()[0].map((one) => one.split(" ").slice(0, 2).join(" ")), ["after turnover", "all 30.00"]);
  plan({ baseline: "market" }, { anyway: COMING });
  assert.deepEqual(sentences(), [["after market 20.00 hm³", "no barriers"], []]);
});

test("what a programme adds on top: nothing, the whole, the most there is, or no plan; the barrier that is paid is told", () => {
  const none = { saving: null, annual_cost: null, largest: 15 }, some = { saving: 7, annual_cost: 3, largest: null };
  const told = (levers, in_all, more) => { plan(levers); now.on_top = { digest: "d", in_all, more }; return sentences()[1]; };
  assert.deepEqual(told({}, some, { ...some, largest: 18, is_most: true }), ["on top: nothing for 20.00 hm³; at most 18.00 hm³ at 3.000 M CNY", "no barriers"]);
  assert.deepEqual(told({ saving_target: 37 }, some, some)[0], "on top: in all 7.000 hm³ at 3.000 M CNY; more at 3.000 M CNY");
  assert.deepEqual(told({ saving_target: 90 }, none, { ...none, largest: null })[0], "on top: in all out 15.00 hm³; none");
  assert.deepEqual(told({ perspective: "enterprise", barrier_cost: 0.5 }, some, some)[1], "barrier 0.500 CNY/m³");
});

test("what is told on top of another scenario is not seen", () => {
  now.on_top = { digest: "another", in_all: { saving: 1, annual_cost: 1, largest: null }, more: { saving: 1, annual_cost: 1, largest: null } };
  assert.match(anywayNote(), /data-told="on_top" class="unseen"/);
  now.on_top.digest = "d";
  assert.match(anywayNote(), /data-told="on_top" class=""/);
});

test("a study that leaves out what is needed says what it cannot show", () => {
  now.page.lacks = { turnover: ["retirement_rate"], market: ["retirement_rate", "barrier"], value_added: ["value_added_growth"] };
  now.board.anyway_key = "";
  now.anyway = null;
  now.board.board.even = now.board.board.consumption = null;
  assert.deepEqual(sentences()[0], ["not told", "lacks Retirement_rate, Barrier"]);
  assert.equal(figureList().split("not told").length - 1, 3, "what comes anyway, consumption, cut per value added");
  now.page.lacks.turnover = [];
  assert.equal(sentences()[0][0], "market not told");
});

test("a lever that does nothing, or that the study cannot tell, says why", () => {
  const values = (baseline) => ({ baseline });
  assert.deepEqual([whyIdle("count_from", "baseline", values("frozen")), whyIdle("count_from", "baseline", values("turnover"))], ["frozen", ""]);
  assert.deepEqual([whyIdle("barrier_scale", "", values("turnover")), whyIdle("barrier_scale", "", values("market"))], ["no market", ""]);
  assert.deepEqual([whyIdle("baseline", "market", values("frozen")), whyIdle("value_added_cut", "", values("frozen"))], ["", ""]);
  now.page.lacks = { turnover: [], market: ["barrier"], value_added: ["value_added_growth"] };
  assert.deepEqual([whyIdle("baseline", "market", values("frozen")), whyIdle("baseline", "turnover", values("frozen")), whyIdle("baseline", "frozen", values("frozen"))], ["untold Barrier", "", ""]);
  assert.equal(whyIdle("value_added_cut", "", values("frozen")), "untold Value_added_growth");
});
