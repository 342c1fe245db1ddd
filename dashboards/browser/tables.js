// The Compare and Data pages, and the commands that reproduce a view.
import { HEADLINES, restsCard } from "./cards.js";
import { sectorColour } from "./charts.js";
import { leverAmount, leverOf } from "./levers.js";
import { now } from "./now.js";
import { amount, percent, plainNumber, plainUnit } from "./numbers.js";
import { BASES, fileButtons, option, rangeBar } from "./pieces.js";
import { esc, named, say, termed } from "./words.js";

const plainLever = (name, value) => {
  const lever = leverOf(name);
  if (value === null) return say("none");
  if (typeof value === "boolean") return say(value ? "yes" : "no");
  return typeof value === "string" ? say("choice_" + value) : leverAmount(lever, value);
};

export function comparePage() {
  const found = now.compare;
  if (!found) return `<p class="quiet updating">${say("updating")}</p>`;
  const count = found.titles.length, last = count - 1;
  const head = found.titles.map((title, n) => `<th scope="col"><span class="swatch" style="background:var(--c${n === last ? "now" : n})"></span>${esc(title) || say("untitled")}${n === last ? `<span class="pill">${say("now")}</span>` : `<button class="ghost" data-act="unpin" data-place="${found.places[n]}" aria-label="${say("unpin", { name: esc(title) })}" title="${say("unpin", { name: esc(title) })}">×</button>`}</th>`).join("");
  const cells = (values, show) => values.map((value, n) => `<td class="n ${n === last ? "here" : ""}">${show(value)}</td>`).join("");
  const inputs = found.inputs.map((row) => `<tr data-input="${esc(row.name)}"><th scope="row">${termed(row.name)}${row.label ? `<span class="quiet"> ${named(leverOf(row.name).dim, row.label)}</span>` : ""}</th>${cells(row.values, (value) => plainLever(row.name, value))}</tr>`).join("");
  const changed = found.overrides.some((list) => list.length) ? `<tr><th scope="row">${say("figures_changed")}</th>${cells(found.overrides, (list) => list.map(esc).join("<br>") || say("none"))}</tr>` : "";
  const asked = inputs + changed || `<tr><td colspan="${count + 1}" class="quiet">${say(count > 1 ? "nothing_differs" : "pin_first")}</td></tr>`;
  const results = [...HEADLINES, ["planned_withdrawal", "hm3/a", "down"], ["electricity", "GWh/a", "down"], ["heat", "TJ/a", "down"], ["public_budget", "MCNY/a", "down"]];
  const rows = results.map(([name, kind]) => {
    const values = found.headlines.map((one) => (one ? one[name] : null));
    const most = Math.max(...values.map((value) => Math.abs(value ?? 0)), 1e-9);
    return `<tr data-result="${name}"><th scope="row">${now.page.texts["head_" + name] ? say("head_" + name) : termed(name)}</th>${values.map((value, n) => `<td class="n ${n === last ? "here" : ""}" data-value="${value}">${value === null ? `<span class="quiet">${say("infeasible_title")}</span>` : amount(kind, value)}<div class="bar-of"><div style="width:${((100 * Math.abs(value ?? 0)) / most).toFixed(1)}%;background:var(--c${n === last ? "now" : n})"></div></div></td>`).join("")}</tr>`;
  }).join("");
  const known = found.sectors.find(Boolean) ?? [];
  const sectors = known.map((sector, place) => `<tr><th scope="row"><span class="swatch" style="background:${sectorColour(place)}"></span>${named("sector", sector.label)}</th>${found.sectors.map((list, n) => `<td class="n ${n === last ? "here" : ""}">${list ? `${amount("hm3/a", list[place].levels.reduce((a, b) => a + b, 0))} <span class="quiet">${percent(list[place].levels.reduce((a, b) => a + b, 0) / list[place].reference)}</span>` : "–"}</td>`).join("")}</tr>`).join("");
  const part = (title, body) => `<tr class="part"><th scope="rowgroup" colspan="${count + 1}">${title}</th></tr>${body}`;
  return `<section class="card wide" data-card="compare" aria-label="${say("page_compare")}"><header><h2>${say("compare_title")}</h2><span class="tools shown">${fileButtons("compare", say("compare_title"))}</span></header><div class="scroll"><table class="compare"><thead><tr><td></td>${head}</tr></thead><tbody>${part(say("inputs_that_differ"), asked)}${part(say("results"), rows)}${part(say("saving_by_sector"), sectors)}</tbody></table></div><footer>${say(count > 1 ? "withdrawal_note" : "pin_first")}</footer></section>`;
}

function traceOf(row, source) {
  const document = [source.title, source.publisher, source.year].filter(Boolean).map(esc).join(", ");
  const link = /^https?:\/\//.test(source.url) ? `<a href="${esc(source.url)}" rel="noopener noreferrer nofollow" target="_blank">${esc(source.url)}</a>` : esc(source.url);
  const line = (key, text) => (text ? `<dt>${say(key)}</dt><dd>${text}</dd>` : "");
  return `<dl class="trace">${line("trace_meaning", esc(row.name))}${line("trace_row", `${esc(row.file)}, ${say("row_number", { row: row.row })}: ${esc(row.written)}`)}${line("trace_source", `${document} ${link}`)}${line("trace_verified", say(source.verified === "yes" ? "verified_yes" : "verified_no"))}${line("trace_note", esc(row.note))}${line("trace_source_note", esc(source.note))}</dl>`;
}

export function dataPage() {
  const found = now.rows;
  if (!found) return `<p class="quiet updating">${say("updating")}</p>`;
  const names = option("", say("all_figures"), found.name) + found.names.map((name) => option(name, termed(name), found.name)).join("");
  const bases = option("", say("any_basis"), found.basis) + BASES.map((basis) => option(basis, say("basis_" + basis), found.basis)).join("");
  const total = Object.values(found.by_basis).reduce((a, b) => a + b, 0) || 1;
  const stack = BASES.map((basis) => `<div class="basis ${basis}" style="width:${((100 * found.by_basis[basis]) / total).toFixed(2)}%"></div>`).join("");
  const keys = BASES.map((basis) => `<span class="key"><i class="basis ${basis}"></i>${say("basis_" + basis)} ${found.by_basis[basis].toLocaleString("en-US")}</span>`).join("");
  const rows = found.rows.map((row, n) => {
    const open = now.open[`row${found.page}-${n}`];
    const labels = Object.entries(row.labels).map(([dim, label]) => named(dim, label)).join(" · ");
    return `<tr data-row="${n}"><th scope="row"><button class="row-open" data-act="toggle" data-what="row${found.page}-${n}" aria-expanded="${Boolean(open)}"><span>${termed(row.name)}</span><span class="quiet">${labels}</span></button></th><td class="n"><strong>${plainNumber(row.value)}</strong> <span class="quiet">${plainUnit(row.unit)}</span></td><td>${rangeBar(row)}</td><td><span class="pill ${esc(row.basis)}">${say("basis_" + row.basis)}</span></td><td class="source"><span>${esc(found.sources[row.source]?.title ?? row.source)}</span></td></tr>${open ? `<tr class="opened"><td colspan="5">${traceOf(row, found.sources[row.source] ?? {})}</td></tr>` : ""}`;
  }).join("");
  const turn = (page, text, off) => `<button class="tool wide" data-act="rows-page" data-to="${page}" ${off ? "disabled" : ""}>${text}</button>`;
  return `<div class="data-grid"><section class="card wide" data-card="data" aria-label="${say("page_data")}"><header><h2>${say("data_title")}</h2><span class="quiet">${say("rows_found", { count: found.total.toLocaleString("en-US") })}</span>${found.at ? `<button class="pill one-row" data-act="all-rows" aria-label="${say("all_rows")}">${esc(found.at)} ×</button>` : ""}<span class="tools shown">${fileButtons("data", say("data_title"))}</span></header><div class="filters"><input type="search" data-rows="1" maxlength="200" placeholder="${say("search_rows")}" aria-label="${say("search_rows")}"/><select data-filter="name" aria-label="${say("all_figures")}">${names}</select><select data-filter="basis" aria-label="${say("any_basis")}">${bases}</select></div><div class="stack">${stack}</div><div class="keys">${keys}</div><div class="scroll"><table class="rows"><thead><tr><th scope="col">${say("figure")}</th><th scope="col" class="n">${say("value")}</th><th scope="col">${say("range")}</th><th scope="col">${say("basis")}</th><th scope="col">${say("source")}</th></tr></thead><tbody>${rows || `<tr><td colspan="5" class="quiet">${say("no_rows")}</td></tr>`}</tbody></table></div><div class="pager">${turn(found.page - 1, say("previous"), found.page === 0)}<span class="quiet">${say("page_of", { page: found.page + 1, pages: found.pages })}</span>${turn(found.page + 1, say("next"), found.page >= found.pages - 1)}</div></section>${restsCard()}</div>`;
}

export function commandsPanel() {
  if (!now.commands) return "";
  const block = (name) => `<div class="code"><div class="code-head"><span>${say("commands_" + name)}</span><button class="ghost" data-act="copy" data-what="${name}">${say("copy")}</button></div><pre tabindex="0">${esc(now.commands[name])}</pre></div>`;
  return `<section class="card wide commands" data-card="commands" aria-label="${say("export_commands")}"><header><h2>${say("commands_title")}</h2><span class="tools shown"><button class="ghost" data-act="close-commands" aria-label="${say("dismiss")}">×</button></span></header>${block("cli")}${block("python")}</section>`;
}
