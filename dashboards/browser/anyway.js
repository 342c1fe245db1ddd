// Figures and sentences on what would happen anyway, and what a programme has to add to it.
import { anywayNow, faded, isComing, linesNow } from "./lines.js";
import { now } from "./now.js";
import { amount, percent } from "./numbers.js";
import { isZh, say, termed } from "./words.js";

const LEAST = 1e-6; // of all withdrawal: less is rounding

// What of the fall from frozen efficiency that comes anyway counts to the target.
function countedAnyway(anyway) {
  const { headline } = now.board.board;
  return now.board.levers.count_alternative_supply ? headline.reference_withdrawal - anyway.market : anyway.own;
}
const hm3 = (value) => amount("hm3/a", value), money = (value) => amount("MCNY/a", value);

/** Sentences near the headline, in two paragraphs: what would come anyway, and what there is to add to it. Each is true
 * for the scenario that it stands over; those on the target are the words of the printed page.
 * @returns {[string[], string[]]} */
export function sentences() {
  const { levers, board } = now.board, anyway = anywayNow();
  if (anyway?.market === undefined) return [untold(), []];
  const reference = board.headline.reference_withdrawal, target = levers.saving_target, counted = countedAnyway(anyway);
  const volumes = { anyway: counted, turnover: reference - anyway.turnover, market: anyway.turnover - anyway.market, programme: board.headline.saving, target, left: target - counted };
  const told = Object.fromEntries(Object.entries(volumes).map(([name, value]) => [name, hm3(value)]));
  const start = levers.baseline === "frozen" ? [] : [say(`starts_from_${levers.baseline}`, told)];
  if (levers.baseline === "market") return [[...start, barriers(levers)], []];
  if (!(target > LEAST * reference)) return [[...start, say("anyway_fall", { ...told, anyway: hm3(reference - anyway.market) })], []];
  return [[...start, say(counted >= target ? "printed_anyway_all" : "printed_anyway_part", told)], onTop(levers, counted >= target)];
}

// What the page cannot show of a study that leaves it out, and what is still on its way: nothing.
function untold() {
  const { market = [], turnover = [] } = now.page.lacks ?? {};
  if (!market.length) return [];
  const why = say("anyway_lacks", { list: market.map(termed).join(say("list_comma")) });
  return [say(turnover.length ? "printed_anyway_not_told" : "printed_market_not_told"), why];
}

// A programme on top of the market; that of a scenario before is shown to nobody, and keeps its place.
function onTop(levers, isReached) {
  if (!now.on_top) return [];
  const { in_all: all, more } = now.on_top, target = hm3(levers.saving_target);
  const tell = (key, one) => say(`printed_${key}`, { target, saving: hm3(one.saving), largest: hm3(one.largest), cost: money(one.annual_cost) });
  const out = (key, one) => (one.largest === null ? tell("on_top_none", one) : tell(`out_${key}`, one));
  const parts = [
    all.saving === null ? out("on_top_in_all", all) : tell(isReached ? "on_top_nothing" : "on_top_in_all", all),
    more.saving === null ? out("on_top_more", more) : tell(more.is_most ? "on_top_most" : "on_top_more", more),
  ];
  return [say("printed_on_top", { told: parts.join(say("printed_also")) }), barriers(levers)];
}

function barriers({ perspective, barrier_cost: cost }) {
  const isPaid = perspective === "enterprise" && cost > 0;
  return say(isPaid ? "printed_barriers_in_part" : "printed_barriers_out", { barrier: amount("CNY/m3", cost) });
}

// Consumption that is saved by what comes anyway, where the plan starts from it, and by the programme.
function consumptionSaved() {
  const own = now.board.board.consumption, before = now.board.levers.baseline === "market" ? anywayNow()?.consumption : 0;
  return own === null || own === undefined || before === null || before === undefined ? null : own + before;
}

/** Name, value and note of each figure; a value that the study does not tell is null. */
function figures() {
  const { board } = now.board, { headline: head, even } = board, anyway = anywayNow();
  const cut = (level) => (even && Number.isFinite(level) ? percent(1 - level / even) : null);
  const known = anyway?.market !== undefined;
  const lines = Object.fromEntries(linesNow().map(({ name, level }) => [name, level]));
  const each = ["reference", "market"].filter((name) => cut(lines[name])).map((name) => `${say("line_" + name)} ${cut(lines[name])}`).join(", ");
  const consumed = consumptionSaved();
  return [
    ["anyway", known ? hm3(head.reference_withdrawal - anyway.market) : null, known ? `${say("turnover")} ${hm3(head.reference_withdrawal - anyway.turnover)}, ${say("market")} ${hm3(anyway.turnover - anyway.market)}` : "", known ? head.reference_withdrawal - anyway.market : null],
    ["programme", hm3(head.saving), say(`from_${now.board.levers.baseline}`), head.saving],
    ["consumption", consumed === null ? null : hm3(consumed), say("figure_note_consumption"), consumed],
    ["value_added", cut(head.planned_withdrawal), each, even ? 1 - head.planned_withdrawal / even : null],
  ];
}

export function figureList() {
  const rows = figures().map(([name, text, note, value]) => `<li data-figure="${name}" class="${name === "anyway" ? faded("market") : ""}" data-value="${value ?? ""}"><span>${say("figure_" + name)}<span class="quiet">${text === null ? "" : note}</span></span><strong>${text ?? (name === "anyway" && isComing() ? `<span class="updating">${say("updating")}</span>` : `<span class="quiet">${say("not_told")}</span>`)}</strong></li>`);
  return `<ul class="list told-figures">${rows.join("")}</ul>`;
}

// What is not yet told of a new scenario keeps its place, unseen.
export function anywayNote() {
  const [first, second] = sentences(), { baseline, saving_target } = now.board.levers;
  const adds = baseline !== "market" && saving_target > 0 && !(now.page.lacks?.market ?? []).length;
  if (!first.length && !isComing()) return "";
  const paragraph = (name, list, isStale) => `<p data-told="${name}" class="${isStale ? "unseen" : ""}">${list.join(isZh() ? "" : " ") || "&nbsp;"}</p>`;
  return `<section class="anyway" data-card="anyway" aria-label="${say("card_anyway")}"><h2>${say("card_anyway")}${isComing() ? ` <span class="updating">${say("updating")}</span>` : ""}</h2>${paragraph("anyway", first, anywayNow()?.isStale)}${adds ? paragraph("on_top", second, now.on_top?.digest !== now.board.digest) : ""}</section>`;
}

/** Why a lever does nothing here; empty where it does something. */
export function whyIdle(name, choice, values) {
  const lacks = now.page.lacks ?? {};
  const missing = name === "baseline" ? lacks[choice] ?? [] : name === "value_added_cut" ? lacks.value_added ?? [] : [];
  if (missing.length) return say("idle_untold", { list: missing.map(termed).join(say("list_comma")) });
  if (name === "count_from" && choice && values.baseline === "frozen") return say("idle_frozen");
  if (name === "barrier_scale" && values.baseline !== "market") return say("idle_no_market");
  return "";
}
