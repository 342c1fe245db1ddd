// The panel over the page: the table behind a figure, the rows it rests on, and why a technology is in or out.
const TABLE_ICON = `<svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true"><path d="M1 2.5h12v9H1zM1 5.5h12M5 5.5v6" fill="none" stroke="currentColor" stroke-width="1.2"/></svg>`;
const behindButton = (name, title, of = "") => `<button class="ghost behind" data-act="behind" data-behind="${name}" data-of="${of}" aria-label="${say("behind", { name: title })}" title="${say("behind", { name: title })}">${TABLE_ICON}</button>`;
const chartButtons = (name, title = "") => ["svg", "png"].map((kind) => `<button class="ghost" data-act="${kind}" data-chart-name="${name}" aria-label="${say("save_" + kind)}${title ? `: ${title}` : ""}" title="${say("save_" + kind)}">${kind.toUpperCase()}</button>`).join("");
const fileButtons = (card, title, data = "") => ["csv", "excel"].map((form) => `<button class="ghost" data-act="table" data-table="${card}" data-form="${form}" ${data} aria-label="${say("save_table_" + form, { name: title })}" title="${say("save_table_" + form, { name: title })}">${form === "csv" ? "CSV" : "Excel"}</button>`).join("");

const CHARTS_OF = { curve: ["curve"], sectors: ["sectors"], path: ["path", "investment"], map: ["map"] };
const yearsOf = () => ({ base: now.page.years[0], target: now.page.years[1] });
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
  if (!rests.rows.length) return `<p class="quiet">${say("rests_nothing")}</p>`;
  const most = Math.max(...rests.rows.map((row) => row.weight), 1e-12);
  const rows = rests.rows.map((row) => `<tr data-rests="${esc(row.name)}"><th scope="row">${termed(row.name)}<span class="quiet">${labelsTold(row.labels)}</span>${row.instead_of ? `<span class="quiet" data-set-by="${esc(row.file)}" title="${esc(`${row.file}: ${row.written}`)}">${say("set_by_scenario", { value: plainNumber(row.instead_of.value) })}</span>` : ""}</th><td class="n"><strong>${plainNumber(row.value)}</strong> <span class="quiet">${plainUnit(row.unit)}</span></td><td>${rangeBar(row)}</td><td><span class="pill ${esc(row.basis)}">${say("basis_" + row.basis)}</span></td><td class="n">${amount(rests.kind, row.weight)}<div class="bar-of"><div style="width:${((100 * row.weight) / most).toFixed(1)}%;background:var(--accent)"></div></div></td><td class="source"><span>${esc(rests.sources[row.source]?.title ?? row.source)}</span></td><td class="n"><button class="ghost" data-act="trace" data-at="${esc(`${(row.instead_of ?? row).file}:${(row.instead_of ?? row).row}`)}" aria-label="${say("trace_of", { name: `${termed(row.name)} ${labelsTold(row.labels)}` })}">${say("trace")}</button></td></tr>`).join("");
  return `<div class="scroll"><table class="rows rests-rows"><thead><tr><th scope="col">${say("figure")}</th><th scope="col" class="n">${say("value")}</th><th scope="col">${say("range")}</th><th scope="col">${say("basis")}</th><th scope="col" class="n">${say("weight")}</th><th scope="col">${say("source")}</th><td></td></tr></thead><tbody>${rows}</tbody></table></div><p class="quiet">${say("weight_note")}</p>`;
}

function whyText({ why }) {
  if (!why) return `<p class="quiet updating">${say("updating")}</p>`;
  return why.map(({ heads, text }) => `<div class="why"><p class="heads">${heads.map(esc).join("<br>")}</p><p>${esc(text)}</p></div>`).join("");
}

function panelBody() {
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

// Steps back are kept in the browser's tab, so that a lost connection or a reload does not lose them.
const STEPS_KEY = "waterplan.steps", STEPS_MAX = 50, STEP_VIEW = /^(v|page|lang|theme|pin)=/;
const stepOf = (link) => link.split("&").filter((part) => !STEP_VIEW.test(part)).join("&");
function readSteps() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(STEPS_KEY));
    return Array.isArray(kept?.links) && kept.links.every((link) => typeof link === "string") && Number.isInteger(kept.at) ? kept : null;
  } catch { return null; }
}
// The message that gives a new connection the steps of the last one, or null.
function stepsToGiveBack(board) {
  const kept = readSteps();
  const fits = kept && board.place === 0 && board.ahead === 0 && kept.links.length > 1 && kept.links[kept.at] === stepOf(board.link);
  if (!fits) return null;
  sessionStorage.setItem(STEPS_KEY, JSON.stringify({ ...kept, place: kept.at })); // where the server will then stand
  return { type: "history", origin: kept.origin, past: kept.links.slice(0, kept.at), ahead: kept.links.slice(kept.at + 1) };
}
function keepSteps(board, first) {
  let kept = first ? null : readSteps();
  let at = kept ? kept.at + board.place - kept.place : 0;
  if (!kept || at < 0 || at > kept.links.length) { kept = { links: [] }; at = 0; }
  kept.links[at] = stepOf(board.link);
  kept.links.length = Math.min(kept.links.length, at + 1 + board.ahead);
  while (kept.links.length > STEPS_MAX && at > 0) { kept.links.shift(); at -= 1; }
  try {
    sessionStorage.setItem(STEPS_KEY, JSON.stringify({ links: kept.links, at, place: board.place, origin: board.origin }));
  } catch { /* a browser that keeps nothing */ }
}
