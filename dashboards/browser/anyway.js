// Figures and sentences on what would happen anyway, and what a programme has to add to it.
import { anywayNow, faded, isComing, linesNow } from "./lines.js";
import { now } from "./now.js";
import { amount, percent } from "./numbers.js";
import { say, termed } from "./words.js";

const LEAST = 1e-6; // of all withdrawal: less is rounding

// What of the fall from frozen efficiency that comes anyway counts to the target.
function countedAnyway(anyway) {
  const { headline } = now.board.board;
  return now.board.levers.count_alternative_supply ? headline.reference_withdrawal - anyway.market : anyway.own;
}
const hm3 = (value) => amount("hm3/a", value), money = (value) => amount("MCNY/a", value);

/** Sentences near the headline, in two paragraphs: what would come anyway, and what there is to add to it. Each is true
 * for the scenario that it stands over. @returns {[string[], string[]]} */
export function sentences() {
  const { levers, board } = now.board, lacks = now.page.lacks?.market ?? [];
  if (lacks.length) return [[say("anyway_untold", { list: lacks.map(termed).join(", ") })], []];
  const anyway = anywayNow();
  if (anyway?.market === undefined) return [[], []];
  const reference = board.headline.reference_withdrawal;
  const told = { anyway: hm3(reference - anyway.market), turnover: hm3(reference - anyway.turnover), market: hm3(anyway.turnover - anyway.market) };
  if (levers.baseline !== "frozen") return [[say(`anyway_${levers.baseline}`, { ...told, programme: hm3(board.headline.saving) })], []];
  return [[say("anyway_all", told), ...againstTarget(levers, countedAnyway(anyway), reference)], onTop(levers.saving_target, reference)];
}

function againstTarget({ saving_target: target }, counted, reference) {
  if (target <= LEAST * reference) return [];
  if (counted >= target) return [say("anyway_whole_target", { target: hm3(target) })];
  return [say("anyway_part_of_target", { target: hm3(target), share: percent(counted / target, 0) })];
}
function onTop(target, reference) {
  const found = now.on_top;
  if (!found || target <= LEAST * reference) return [];
  const { rest, more, most } = found, told = [];
  if (rest) told.push(rest.shadow_price > 0 ? say("on_top_rest", { saving: hm3(rest.saving), cost: money(rest.annual_cost), investment: amount("MCNY", rest.investment) }) : say("on_top_nothing_left"));
  if (more && most !== null) told.push(say("on_top_most", { target: hm3(target), most: hm3(most), cost: money(more.annual_cost), investment: amount("MCNY", more.investment) }));
  else if (more) told.push(say("on_top_more", { target: hm3(target), cost: money(more.annual_cost), investment: amount("MCNY", more.investment) }));
  else told.push(say("on_top_none"));
  return [...told, say("on_top_barriers")];
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
  const [first, second] = sentences(), adds = now.board.levers.baseline === "frozen" && !(now.page.lacks?.market ?? []).length;
  if (!first.length && !isComing()) return "";
  const paragraph = (name, list, isStale) => `<p data-told="${name}" class="${isStale ? "unseen" : ""}">${list.join(" ") || "&nbsp;"}</p>`;
  return `<section class="anyway" data-card="anyway" aria-label="${say("card_anyway")}"><h2>${say("card_anyway")}${isComing() ? ` <span class="updating">${say("updating")}</span>` : ""}</h2>${paragraph("anyway", first, anywayNow()?.isStale)}${adds ? paragraph("on_top", second, now.on_top?.digest !== now.board.digest) : ""}</section>`;
}

/** Why a lever does nothing here; empty where it does something. */
export function whyIdle(name, choice, values) {
  const lacks = now.page.lacks ?? {};
  const missing = name === "baseline" ? lacks[choice] ?? [] : name === "value_added_cut" ? lacks.value_added ?? [] : [];
  if (missing.length) return say("idle_untold", { list: missing.map(termed).join(", ") });
  if (name === "count_from" && choice && values.baseline === "frozen") return say("idle_frozen");
  if (name === "barrier_scale" && values.baseline !== "market") return say("idle_no_market");
  return "";
}
