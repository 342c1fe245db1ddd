// The cards of the Plan page.
import { anywayNote, figureList } from "./anyway.js";
import { curveChart, investmentBars, mapChart, outlineChart, PARTS, pathChart, sectorChart } from "./charts.js";
import { leverAmount } from "./levers.js";
import { anywayNow, faded, linesNow } from "./lines.js";
import { now } from "./now.js";
import { amount, digits, percent, quantity, signed } from "./numbers.js";
import { BASES, behindButton, chartButtons, CHARTS_OF, fileButtons, yearsOf } from "./pieces.js";
import { esc, named, say, termed } from "./words.js";

export const HEADLINES = [
  ["annual_cost", "MCNY/a", "down"], ["shadow_price", "CNY/m3", "down"], ["counted_saving", "hm3/a", "up"],
  ["investment", "MCNY", "down"], ["mean_cost", "CNY/m3", "down"], ["carbon_dioxide", "kt/a", "down"],
];

function change(kind, value, pinned, good) {
  if (pinned === null || pinned === undefined) return "";
  const by = value - pinned;
  if (Math.abs(by) <= Math.abs(pinned) * 1e-6 + 1e-9) return `<span class="same">${say("same_as_pinned")}</span>`;
  const word = (by > 0) === (good === "up") ? "better" : "worse";
  return `<span class="${word}">${signed(amount(kind, by), by)}</span>`;
}

function headlineCards() {
  const { board, pinned } = now.board;
  return HEADLINES.map(([name, kind, good]) => {
    const value = board.headline[name];
    const [number, unit] = quantity(kind, value);
    return `<div class="headline" data-headline="${name}" data-value="${value}"><button class="link label" data-act="behind" data-behind="headline" data-of="${name}" aria-label="${say("behind", { name: say("head_" + name) })}" title="${say("behind", { name: say("head_" + name) })}">${say("head_" + name)}</button><div class="figure"><span class="number">${number}</span> <span class="of">${unit}</span></div><div class="change">${change(kind, value, pinned?.[name], good) || `<span class="quiet">${say("head_note_" + name)}</span>`}</div></div>`;
  }).join("");
}

const card = (name, title, body, note = "", tag = "") =>
  `<section class="card card-${name}" data-card="${name}" aria-label="${title}"><header><h2>${title}</h2><span class="tools">${tool(name)}</span>${behindButton(name, title)}${tag}</header><div class="body" data-body="${name}">${body}</div>${note ? `<footer>${note}</footer>` : ""}</section>`;

const tool = (name) => (CHARTS_OF[name] ? chartButtons(name) : fileButtons(name, say("card_" + name, yearsOf())));

function withdrawalCard() {
  const head = now.board.board.headline, lines = linesNow();
  const [base, target] = now.page.years;
  const most = Math.max(head.base_withdrawal, ...lines.map(({ level }) => level));
  const row = (key, value, note, kind) => `<div class="volume${faded(key)}" data-volume="${key}" data-value="${value}" title="${note}"><div class="volume-head"><span>${say("volume_" + key, { base, target })}</span><strong>${amount("hm3/a", value)}</strong></div><div class="meter"><div class="${kind}" style="width:${((100 * value) / most).toFixed(2)}%"></div></div></div>`;
  const below = 1 - head.planned_withdrawal / head.reference_withdrawal, moved = head.planned_withdrawal / head.base_withdrawal - 1;
  const note = (name) => (name === "planned" ? say(moved <= 0 ? "volume_planned_below" : "volume_planned_above", { below: percent(below), moved: percent(Math.abs(moved)), base }) : say(`volume_${name}_note`, { base, target }));
  const volumes = row("base", head.base_withdrawal, say("volume_base_note", { base }), "grey") + lines.map(({ name, level }) => row(name, level, note(name), `is-${name}`)).join("");
  return card("withdrawal", say("card_withdrawal"), `<div class="volumes">${volumes}</div><p class="quiet">${note("planned")}</p>${figureList()}`, say("withdrawal_note"));
}

function curveCard() {
  const stale = now.curve?.key !== now.board.curve_key;
  const tag = stale ? `<span class="updating">${say("updating")}</span>` : "";
  return card("curve", say("card_curve"), curveChart(now.widths.curve ?? 560), say("curve_note"), tag);
}

function sectorCard() {
  const { baseline } = now.board.levers;
  const before = PARTS.filter((name) => baseline === "market" || baseline === name).map((name) => `<span class="key"><i class="by-${name}"></i>${say(name)}</span>`).join("");
  const level = ["end_use", "site", "supply"].map((name, n) => `<span class="key"><i style="opacity:${[1, 0.62, 0.34][n]}"></i>${say("level_" + name)}</span>`).join("");
  const mark = baseline !== "market" && anywayNow()?.market !== undefined ? `<span class="key"><i class="mark-key"></i>${say("anyway_mark")}</span>` : "";
  return card("sectors", say(baseline === "frozen" ? "card_sectors" : "card_sectors_parts"), sectorChart(now.widths.sectors ?? 560), `${before}${before ? `<span class="key">${say("programme")}:</span>` : ""}${level}${mark}${baseline === "frozen" ? `<span class="key"><i class="track-key"></i>${say("reference_withdrawal")}</span>` : ""}`);
}

const pathCard = () => card("path", say("card_path", { base: now.page.years[0], target: now.page.years[1] }), `${pathChart(now.widths.path ?? 560, 330)}<div class="below">${investmentBars(now.widths.path ?? 560)}<span class="tools">${chartButtons("investment", say("chart_investment"))}</span></div>`, say("path_note"));

function mapCard() {
  const width = Math.max(now.widths.map ?? 560, 480), tiles = mapChart(width);
  const note = say("map_note") + (now.board.levers.baseline === "frozen" ? "" : ` ${say("map_note_parts")}`);
  if (!now.page.outline) return card("map", say("card_map"), tiles, note);
  const outlined = !now.open.tiles;
  const swap = `<button class="ghost shown" data-act="toggle" data-what="tiles">${say(outlined ? "show_tiles" : "show_outline")}</button>`;
  const body = outlined ? `${outlineChart(Math.min(width, 760))}<div class="for-files">${tiles}</div>` : tiles;
  return card("map", say("card_map"), body, outlined ? `<strong>${say("outline_note")}</strong> ${say("outline_shade")}` : note, swap);
}

const SHOWN = 12;
const laterTag = (stale) => (stale && !now.board.infeasible ? `<span class="updating">${say("updating")}</span>` : ""); // without a plan nothing comes
const wordsNow = () => (now.words?.digest === now.board.digest ? now.words.technologies : null);
function whyWords(state) {
  const [used, listed] = state.sectors;
  const where = state.is_in && used < listed ? ` (${say("why_sectors", { used, listed })})` : "";
  const rest = state.rest ? `; ${say("rest_" + state.rest)}` : "";
  return say("cause_" + state.cause, { rival: state.rival ? named("technology", state.rival) : "" }) + where + rest;
}
const technologyButton = (label) => `<button class="link tech" data-act="why" data-technology="${esc(label)}" title="${say("why_open", { name: named("technology", label) })}">${named("technology", label)}</button>`;

function notUsed(states, used) {
  const count = Object.keys(now.page.levels).length - used;
  const out = Object.entries(states ?? {}).filter(([, state]) => !state.is_in);
  const rows = out.map(([label, state]) => `<li data-unused="${esc(label)}">${technologyButton(label)}<span class="quiet">${whyWords(state)}</span></li>`).join("");
  return `<details class="unused"><summary>${say("not_used", { count })}</summary><ul class="list">${rows}</ul></details>`;
}

function technologyCard() {
  const states = wordsNow(), tag = laterTag(!states);
  const list = now.board.board.technologies;
  const wanted = now.open.technologies ? list : list.slice(0, SHOWN);
  const most = Math.max(...list.map((t) => t.saving), 1e-9);
  const unit = esc(now.page.units["hm3/a"][0][2]), money = esc(now.page.units["CNY/m3"][0][2]);
  const rows = wanted.map((t) => {
    const assumed = (now.board.assumed ?? now.page.assumed)[t.label] ?? 0;
    const why = states?.[t.label] ? ` · ${whyWords(states[t.label])}` : "";
    return `<tr data-technology="${esc(t.label)}" data-value="${t.saving}"><th scope="row">${technologyButton(t.label)}<span class="quiet" data-why>${say("level_" + now.page.levels[t.label])}${why}</span></th><td class="n"><div class="spark"><div style="width:${((100 * t.saving) / most).toFixed(1)}%"></div></div></td><td class="n">${quantity("hm3/a", t.saving)[0]}</td><td class="n ${t.cost < 0 ? "gain" : ""}">${digits(t.cost, 2)}</td><td class="n">${quantity("MCNY", t.investment, 1).join(" ")}</td><td class="n">${percent(assumed, 0)}</td></tr>`;
  }).join("");
  const more = list.length > SHOWN ? `<button class="link" data-act="toggle" data-what="technologies">${now.open.technologies ? say("show_fewer") : say("show_all", { count: list.length })}</button>` : "";
  const table = `<div class="scroll"><table class="ranked"><thead><tr><th scope="col">${termed("technology")}</th><td></td><th scope="col" class="n">${termed("saving")}<br><span class="quiet">${unit}</span></th><th scope="col" class="n">${termed("levelised_cost")}<br><span class="quiet">${money}</span></th><th scope="col" class="n">${termed("investment")}</th><th scope="col" class="n">${say("assumed_share")}</th></tr></thead><tbody>${rows}</tbody></table></div>${more}${notUsed(states, list.length)}`;
  return card("technologies", say("card_technologies"), table, say("technologies_note"), tag);
}

function bindsCard() {
  const { list, shown } = now.board.board.binds;
  const rows = shown.map((place) => {
    const item = list[place], names = Object.entries(item.labels).map(([dim, label]) => named(dim, label)).join(" · ");
    const what = item.kind === "saving_target" ? say("target") : item.kind === "pool" ? say("pool") : termed(item.kind);
    return `<li data-binds="${esc(item.kind)}"><span>${what}${names ? ": " + names : ""}</span><strong>${amount(item.unit, item.price)}</strong></li>`;
  }).join("");
  const more = list.length > shown.length ? `<li class="quiet">${say("binds_more", { count: list.length - shown.length })}</li>` : "";
  return card("binds", say("card_binds"), rows ? `<ul class="list">${rows}${more}</ul>` : `<p class="quiet">${say("binds_nothing")}</p>`, say("binds_note"));
}

function energyCard() {
  const { headline: head, cost } = now.board.board, pinned = now.board.pinned;
  const rows = [["electricity", "GWh/a"], ["heat", "TJ/a"], ["carbon_dioxide", "kt/a"], ["public_budget", "MCNY/a"]].map(([name, kind]) => `<li><span>${say("added_" + name)}</span><span><strong>${signed(amount(kind, head[name]), name === "public_budget" ? 0 : head[name])}</strong>${pinned ? ` <span class="quiet">${signed(amount(kind, head[name] - pinned[name]), head[name] - pinned[name])}</span>` : ""}</span></li>`).join("");
  const views = Object.entries(cost).map(([name, value]) => `<li class="${name === now.board.levers.perspective ? "chosen" : ""}"><span>${say("choice_" + name)}</span><strong>${amount("MCNY/a", value)}</strong></li>`).join("");
  return card("energy", say("card_energy"), `<ul class="list">${rows}</ul><h3>${say("cost_by_perspective")}</h3><ul class="list">${views}</ul>`);
}

export function restsCard() {
  if (now.board.levers?.baseline === "market") return card("rests", say("card_rests"), `<p class="quiet">${say("rests_after_market")}</p>`);
  const found = now.reasons, tag = laterTag(found?.digest !== now.board.digest);
  if (!found) return card("rests", say("card_rests"), `<p class="quiet blank">${say("updating")}</p>`, say("rests_note"), tag);
  const bar = BASES.map((basis) => `<div class="basis ${basis}" style="width:${(100 * found.shares[basis]).toFixed(2)}%" title="${say("basis_" + basis)} ${percent(found.shares[basis], 0)}"></div>`).join("");
  const keys = BASES.map((basis) => `<span class="key"><i class="basis ${basis}"></i>${say("basis_" + basis)} ${percent(found.shares[basis], 0)}</span>`).join("");
  const rows = found.rows.slice(0, 10).map((row) => `<li><span>${termed(row.name)}<span class="quiet">${Object.entries(row.labels).map(([dim, label]) => named(dim, label)).join(" · ")}</span>${row.is_set ? `<span class="quiet" data-set>${say("set_here")}</span>` : ""}</span><span class="pill ${esc(row.basis)}">${say("basis_" + row.basis)}</span></li>`).join("");
  return card("rests", say("card_rests"), `<div class="stack" role="img" aria-label="${say("card_rests")}">${bar}</div><div class="keys">${keys}</div><h3>${say("rests_rows")}</h3><ul class="list rows">${rows}</ul>`, say("rests_note"), tag);
}

function infeasibleCard() {
  const { infeasible, levers, digest } = now.board;
  const ways = now.ways?.digest === digest ? now.ways.ways : null;
  const told = infeasible.attainable === null ? say("infeasible_contradiction") : say("infeasible_short", { target: amount("hm3/a", levers.saving_target), year: now.page.years[1], most: amount("hm3/a", infeasible.attainable), short: amount("hm3/a", infeasible.shortfall) });
  const list = ways === null ? `<p class="quiet updating">${say("looking_for_ways")}</p>` : ways.length ? `<div class="ways">${ways.map((way, n) => `<button class="way" data-act="way" data-way="${n}"><span>${wayText(way.settings)}</span><span class="quiet">${say("way_cost", { cost: amount("MCNY/a", way.cost), saving: amount("hm3/a", way.saving) })}</span></button>`).join("")}</div>` : `<p>${say("no_way")}</p>`;
  return `<section class="infeasible" role="alert" data-card="infeasible"><h2>${say("infeasible_title")}</h2><p>${told}</p><p>${say("ways_intro")}</p>${list}</section>`;
}

function wayText(settings) {
  const lever = (name) => now.page.levers.find((item) => item.name === name);
  const shown = (name, value) => (typeof value === "boolean" ? say(value ? "yes" : "no") : value === "none" ? say("none") : leverAmount(lever(name), value));
  return Object.entries(settings).map(([name, value]) => {
    if (name === "excluded") return `${termed(name)}: ${value.length ? value.map((label) => named("technology", label)).join(", ") : say("none")}`;
    if (value !== null && typeof value === "object") return `${termed(name)}: ${Object.entries(value).map(([label, item]) => `${label === "*" ? say("all_others") : named(lever(name).dim, label)} ${shown(name, item)}`).join(", ")}`;
    return `${termed(name)}: ${shown(name, value)}`;
  }).join(` ${say("and")} `);
}

export function planPage() {
  const { board, infeasible } = now.board;
  const alert = infeasible ? infeasibleCard() : "";
  const shown = board ?? now.last;
  if (!shown) return `${alert}<div class="cards answer past" inert>${curveCard()}</div>`;
  const kept = now.board.board;
  now.board.board = shown;
  const body = `<div class="headlines">${headlineCards()}</div>${anywayNote()}<div class="cards">${pathCard()}${withdrawalCard()}${curveCard()}${sectorCard()}${mapCard()}<div class="column">${bindsCard()}${energyCard()}</div>${technologyCard()}${restsCard()}</div>`;
  now.board.board = kept;
  return `${alert}<div class="answer ${infeasible ? "past" : ""}" ${infeasible ? "inert" : ""}>${infeasible ? `<p class="past-note">${say("last_plan")}</p>` : ""}${body}</div>`;
}
