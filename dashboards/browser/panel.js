// The panel over the page: the table behind a figure, the rows it rests on, and why a technology is in or out.
import { now } from "./now.js";
import { amount, digits, plainNumber, plainUnit, quantity } from "./numbers.js";
import { chartButtons, CHARTS_OF, fileButtons, rangeBar, yearsOf } from "./pieces.js";
import { esc, named, say, termed } from "./words.js";

function panelTitle({ card, of }) {
  if (card === "technology") return named("technology", of);
  return card === "headline" ? say("head_" + of) : say("card_" + card, yearsOf());
}
const labelsTold = (labels) => Object.entries(labels).map(([dim, label]) => named(dim, label)).join(" · ");

function panelTable({ table, card, labels }) {
  const step = (kind) => now.page.units[kind]?.[0] ?? [0, 1, ""];
  const head = table.columns.map((column) => {
    const unit = column.kind === "share" ? "%" : step(column.kind)[2];
    return `<th scope="col" ${column.kind ? 'class="n"' : ""}>${esc(column.heading)}${unit ? `<br><span class="quiet">${esc(unit)}</span>` : ""}</th>`;
  }).join("");
  const cell = (column, value, kind, place) => {
    if (column.kind === "") return `<td>${kind && place > 1 ? quantity(kind, 1)[1] : esc(value)}</td>`;
    if (column.kind === "number") return `<td class="n">${kind ? inFirstUnit(kind, value) : esc(String(value ?? "–"))}</td>`;
    return `<td class="n">${value === null ? "–" : column.kind === "share" ? digits(value * 100, 1) : digits(value * step(column.kind)[1], 3)}</td>`;
  };
  const rows = table.rows.map((row, n) => {
    const label = table.labels[n], kind = table.kinds[n];
    const chosen = table.dim && labels[table.dim] === label;
    const first = table.dim ? `<th scope="row"><button class="link row" data-act="narrow" data-dim="${esc(table.dim)}" data-label="${esc(label)}" aria-pressed="${Boolean(chosen)}">${esc(row[0])}</button></th>` : table.columns[0].kind ? `<th scope="row" class="n">${cell(table.columns[0], row[0], "", 0).replace(/<\/?td[^>]*>/g, "")}</th>` : `<th scope="row">${esc(row[0])}</th>`;
    return `<tr class="${chosen ? "chosen" : ""}">${first}${row.slice(1).map((value, place) => cell(table.columns[place + 1], value, kind, place + 1)).join("")}</tr>`;
  }).join("");
  const more = table.count > table.rows.length ? `<p class="quiet">${say("first_rows", { shown: table.rows.length, count: table.count.toLocaleString("en-US") })}</p>` : "";
  const hint = table.dim ? `<p class="quiet">${say("narrow_hint")}</p>` : "";
  return `${hint}<div class="scroll tall" tabindex="0" role="region" aria-label="${panelTitle({ card, of: now.panel.of })}"><table class="behind-table"><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>${more}`;
}
// Rows of many units: each in the first unit of its kind, so that the unit stands beside it.
const inFirstUnit = (kind, value) => digits(value * (now.page.units[kind]?.[0]?.[1] ?? 1), 3);

function panelRows({ rests }) {
  if (!rests) return `<p class="quiet updating">${say("updating")}</p>`;
  if (rests.untold) return `<p class="quiet">${say(rests.untold)}</p>`;
  if (!rests.rows.length) return `<p class="quiet">${say("rests_nothing")}</p>`;
  const most = Math.max(...rests.rows.map((row) => row.weight), 1e-12);
  const rows = rests.rows.map((row) => `<tr data-rests="${esc(row.name)}"><th scope="row">${termed(row.name)}<span class="quiet">${labelsTold(row.labels)}</span>${row.instead_of ? `<span class="quiet" data-set-by="${esc(row.file)}" title="${esc(`${row.file}: ${row.written}`)}">${say("set_by_scenario", { value: plainNumber(row.instead_of.value) })}</span>` : ""}</th><td class="n"><strong>${plainNumber(row.value)}</strong> <span class="quiet">${plainUnit(row.unit)}</span></td><td>${rangeBar(row)}</td><td><span class="pill ${esc(row.basis)}">${say("basis_" + row.basis)}</span></td><td class="n">${amount(rests.kind, row.weight)}<div class="bar-of"><div style="width:${((100 * row.weight) / most).toFixed(1)}%;background:var(--accent)"></div></div></td><td class="source"><span>${esc(rests.sources[row.source]?.title ?? row.source)}</span></td><td class="n"><button class="ghost" data-act="trace" data-at="${esc(`${(row.instead_of ?? row).file}:${(row.instead_of ?? row).row}`)}" aria-label="${say("trace_of", { name: `${termed(row.name)} ${labelsTold(row.labels)}` })}">${say("trace")}</button></td></tr>`).join("");
  return `<div class="scroll"><table class="rows rests-rows"><thead><tr><th scope="col">${say("figure")}</th><th scope="col" class="n">${say("value")}</th><th scope="col">${say("range")}</th><th scope="col">${say("basis")}</th><th scope="col" class="n">${say("weight")}</th><th scope="col">${say("source")}</th><td></td></tr></thead><tbody>${rows}</tbody></table></div><p class="quiet">${say("weight_note")}</p>`;
}

function whyText({ why }) {
  if (!why) return `<p class="quiet updating">${say("updating")}</p>`;
  return why.map(({ heads, text }) => `<div class="why"><p class="heads">${heads.map(esc).join("<br>")}</p><p>${esc(text)}</p></div>`).join("");
}

export function panelBody() {
  const { panel } = now;
  if (!panel) return "";
  const title = panelTitle(panel), technology = panel.card === "technology";
  const narrowed = technology ? "" : labelsTold(panel.labels);
  const of = Object.entries(panel.labels)[0] ?? ["", ""];
  const data = `data-of="${esc(`${panel.card}:${panel.of}`)}" data-dim="${esc(of[0])}" data-label="${esc(of[1])}"`;
  const charts = (CHARTS_OF[panel.card] ?? []).map((name) => `<span class="files"><span class="quiet">${say("chart_" + name)}</span>${chartButtons(name, say("chart_" + name))}</span>`).join("");
  const figure = panel.rests ? (panel.card === "headline" ? say("head_" + panel.of) : termed(panel.rests.name)) : "";
  const files = technology ? "" : `<div class="panel-files"><span class="files"><span class="quiet">${say("table")}</span>${fileButtons(panel.card, title)}</span>${charts}</div>`;
  const first = technology ? whyText(panel) : panel.table ? panelTable(panel) : `<p class="quiet updating">${say("updating")}</p>`;
  const rows = fileButtons("rows", say("rests_title"), data);
  return `<header><h2 tabindex="-1">${title}</h2><button class="tool" data-act="close-panel" aria-label="${say("dismiss")}">×</button></header>${files}${first}<div class="panel-head"><h3>${say("rests_title")}${figure ? `: ${figure}` : ""}${narrowed ? `, ${narrowed}` : ""}</h3><span class="files">${rows}</span></div>${panelRows(panel)}`;
}
