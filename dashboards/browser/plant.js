// The Benchmark page: one plant, where it stands and what it should do next.
import { now } from "./now.js";
import { amount, digits, fewDigits, percent, plainUnit, quantity } from "./numbers.js";
import { chartButtons, option } from "./pieces.js";
import { balanceChart, contractChart, gradeName, ladderChart, placesChart, plantCurveChart } from "./plant_charts.js";
import { plantForm } from "./plant_form.js";
import { capital, esc, isZh, named, say, termed } from "./words.js";

const plantFiles = (card, title) => ["csv", "xlsx"].map((form) => `<button class="ghost" data-act="plant-table" data-card="${card}" data-form="${form}" aria-label="${say(form === "csv" ? "save_table_csv" : "save_table_excel", { name: title })}" title="${say(form === "csv" ? "save_table_csv" : "save_table_excel", { name: title })}">${form === "csv" ? "CSV" : "Excel"}</button>`).join("");
const DRAWN_PLANT = ["ladder", "places", "balance", "curve", "contract"];
function plantCard(name, body, note = "", tag = "") {
  const title = say("plant_" + name), chart = DRAWN_PLANT.includes(name) ? chartButtons("plant-" + name, title) : "";
  return `<section class="card plant-card plant-card-${name}" data-card="plant-${name}" aria-label="${title}"><header><h2>${title}</h2>${tag}<span class="tools">${plantFiles(name, title)}${chart}</span></header><div class="body" data-body="plant-${name}">${body}</div>${note ? `<footer>${note}</footer>` : ""}</section>`;
}
const widthOf = (name, usual) => now.widths["plant-" + name] ?? usual;
const uploadButton = (text, kind = "") => `<label class="tool wide upload ${kind}"><span>${say(text)}</span><input type="file" accept=".csv,.xlsx,.xlsm,.txt,text/csv" data-plant-file aria-label="${say(text)}"/></label>`;
const privacyList = () => `<ul class="privacy">${["memory", "nowhere", "leave"].map((key) => `<li>${say("privacy_" + key)}</li>`).join("")}</ul>`;
const templateButtons = () => ["zh", "en"].map((language) => `<button class="tool wide" data-act="plant-template" data-language="${language}" lang="${language === "zh" ? "zh-CN" : "en"}">${language === "zh" ? "中文模板 .xlsx" : "English .xlsx"}</button>`).join("");

function plantEmpty(found) {
  const most = say("upload_note", { most: Math.round(found.bytes_max / 2 ** 20) });
  return `<div class="plant-start"><h1 tabindex="-1">${say("plant_title")}</h1><p class="lead">${say("plant_lead")}</p><div class="start-grid"><section class="card start droppable" data-drop aria-label="${say("upload_title")}"><h2>${say("upload_title")}</h2><p>${say("upload_lead")}</p><p class="quiet">${most}</p><div class="start-foot">${uploadButton("upload_choose", "primary")}</div></section><section class="card start" aria-label="${say("form_title")}"><h2>${say("form_title")}</h2><p>${say("form_lead")}</p><div class="start-foot"><button class="tool wide" data-act="plant-form-open">${say("form_open")}</button></div></section><section class="card start" aria-label="${say("example_title")}"><h2>${say("example_title")}</h2><p>${say("example_lead")}</p><div class="start-foot"><button class="tool wide" data-act="plant-example">${say("example_open")}</button></div></section></div><div class="start-low"><section class="card" aria-label="${say("template_title")}"><h2>${say("template_title")}</h2><p>${say("template_lead")}</p><div class="start-foot">${templateButtons()}</div></section><section class="card" aria-label="${say("privacy_title")}"><h2>${say("privacy_title")}</h2>${privacyList()}</section></div></div>`;
}

function plantHead(found) {
  const source = found.kind === "file" ? esc(found.file) : say(found.kind === "example" ? "source_example" : "source_form");
  const one = found.plant === undefined ? "" : [found.province ? named("province", found.province) : "", esc(found.year)].filter(Boolean).join(" · ");
  const edit = found.kind === "file" || now.formOpen ? "" : `<button class="tool wide" data-act="plant-form-open">${say("form_edit")}</button>`;
  const reports = found.state === "ready" ? ["pdf", "html"].map((form) => `<button class="tool wide" data-act="plant-report" data-form="${form}">${say("report_" + form)}</button>`).join("") : "";
  return `<div class="plant-head" data-drop><div class="plant-name"><h1 tabindex="-1">${esc(found.plant) || say("plant_title")}${found.kind === "example" ? ` <span class="moved">${say("example_mark")}</span>` : ""}</h1><p class="quiet">${[one, source].filter(Boolean).join(" · ")}</p></div><div class="scenario-tools">${plantChooser(found)}${reports}${edit}${uploadButton("upload_other")}<button class="tool wide clear" data-act="plant-clear" title="${say("clear_note")}">${say("clear")}</button></div></div>`;
}

function plantChooser(found) {
  if (!(found.choice_count > 1)) return "";
  const chosen = `${found.year}|${found.plant}`, listed = found.choices.some(([plant, year]) => plant === found.plant && year === found.year);
  const all = listed ? found.choices : [[found.plant, found.year], ...found.choices];
  const search = found.choice_count > found.choices.length || found.filter ? `<input type="search" class="chooser-search" maxlength="120" data-plant-filter value="${esc(found.filter)}" placeholder="${say("chooser_search")}" aria-label="${say("chooser_search")}"/>` : "";
  return `${search}<select class="tool chooser" data-plant-choose data-value="${esc(chosen)}" aria-label="${say("chooser", { count: found.choice_count })}">${all.map(([plant, year]) => option(`${year}|${plant}`, `${esc(plant)}, ${esc(year)}`, chosen)).join("")}</select>`;
}

// Where something stands: a row of a file, or a product of the form.
const PRODUCT_COLUMNS = ["product", "route", "variant", "plant_output", "product_withdrawal"];
function rowTold(found, row, column) {
  if (found.kind === "file") return row ? esc(row) : "–";
  const own = [...PRODUCT_COLUMNS.map((name) => now.page.terms[name]), now.page.texts.form_output_unit, now.page.plant.output_unit].some((name) => column.toLowerCase().startsWith(name.toLowerCase()));
  return own && row > 1 ? say("form_product", { n: row - 1 }) : "–";
}

function problemsCard(found) {
  const rows = found.problems.map(([place, row, column, message]) => `<tr><td>${esc(place) || say("source_form")}</td><td class="n">${rowTold(found, row, column)}</td><td>${esc(column)}</td><td>${esc(message)}</td></tr>`).join("");
  const more = found.problem_count > found.problems.length ? `<p class="quiet">${say("first_rows", { shown: found.problems.length, count: found.problem_count })}</p>` : "";
  return `<section class="infeasible problems" role="alert" data-card="plant-problems" aria-label="${say("problems_title", { count: found.problem_count })}"><h2>${say("problems_title", { count: found.problem_count })}</h2><p>${say("problems_lead")}</p><div class="scroll"><table class="plain"><thead><tr><th scope="col">${say("col_sheet")}</th><th scope="col" class="n">${say("col_row")}</th><th scope="col">${say("col_column")}</th><th scope="col">${say("col_todo")}</th></tr></thead><tbody>${rows}</tbody></table></div>${more}</section>`;
}

// The least of the better grades that the plant does not keep to.
export function nextGrade({ steps, grade_estimated: reached }) {
  const place = steps.findIndex((step) => step.grade === reached);
  return steps.slice(0, place < 0 ? steps.length : place).reverse().find((step) => step.gap > 1e-9 * step.norm);
}

function plantHeadlines(found) {
  const { mix, head, plan } = found, next = nextGrade(mix);
  const grade = mix.grade_estimated, estimated = grade && grade !== mix.grade;
  const others = head.withdrawal_all_sources - head.withdrawal_graded;
  const cell = (name, label, value, unit, note, raw) => `<div class="headline" data-plant-head="${name}" data-value="${raw ?? ""}"><div class="label">${label}</div><div class="figure"><span class="number">${value}</span>${unit ? ` <span class="of">${unit}</span>` : ""}</div><div class="change" title="${note}">${note}</div></div>`;
  const volume = (value) => (value === null ? ["–", ""] : quantity("m3/a", value));
  const first = cell("grade", say("plant_grade"), grade ? capital(gradeName(grade)) : "–", "", estimated ? say("grade_is_estimate") : grade ? say("grade_by_norms") : say("grade_has_none"), grade);
  const taken = cell("withdrawal", termed("withdrawal_graded"), ...volume(head.withdrawal_graded), others > 0 ? say("and_other_sources", { volume: amount("m3/a", others) }) : say("no_other_sources"), head.withdrawal_graded);
  const gap = next ? cell("gap", say("next_grade", { grade: gradeName(next.grade) }), ...volume(next.gap), say("too_much", { share: percent(next.gap / head.withdrawal_graded, 0) }), next.gap) : cell("gap", say("next_grade_none"), "–", "", mix.steps.length ? say("all_grades_met") : say("grade_has_none"), "");
  const score = cell("score", say("plant_score"), head.score === null ? "–" : digits(head.score, 0), head.score === null ? "" : say("of_100"), head.score === null ? esc(head.score_reason) : say("score_note"), head.score);
  const saves = cell("saving", say("plan_saves"), ...(plan ? volume(plan.saving) : ["–", ""]), plan ? say("plan_saves_note", { share: percent(plan.saving / plan.before, 0) }) : say("plan_none"), plan?.saving);
  const money = plan ? quantity("CNY", plan.totals.investment) : ["–", ""];
  const invest = cell("investment", say("plan_invests"), ...money, plan ? payback(plan.totals.payback) : say("plan_none"), plan?.totals.investment);
  return `<div class="headlines plant-headlines">${first}${taken}${gap}${score}${saves}${invest}</div>`;
}
const payback = (years) => (years === null ? say("pays_never") : years <= 0 ? say("pays_at_once") : say("pays_back", { years: digits(years, 1) }));

function normsTable(found) {
  const rows = found.norms.map((row) => `<tr><th scope="row">${named("product", row.product)}${row.variant ? `<span class="quiet"> ${esc(row.variant)}</span>` : ""}</th><td>${esc(row.norm)}${row.checked ? ` <span class="quiet">${say("norm_checked", { day: esc(row.checked) })}</span>` : ""}</td><td>${now.page.texts["rank_" + row.rank] ? say("rank_" + row.rank) : esc(row.rank)}</td><td>${gradeName(row.grade)}${row.estimate ? ` <span class="pill assumed">${say("estimate")}</span>` : ""}</td><td class="n">${fewDigits(row.value)} ${plainUnit(row.unit)}</td><td>${row.meets === null ? "–" : say(row.meets ? "norm_met" : "norm_missed")}</td></tr>`).join("");
  return rows ? `<details class="more"><summary>${say("norms_all", { count: found.norms.length })}</summary><div class="scroll"><table class="plain"><thead><tr><th scope="col">${termed("product")}</th><th scope="col">${say("col_norm")}</th><th scope="col">${say("col_rank")}</th><th scope="col">${say("col_grade")}</th><th scope="col" class="n">${say("col_value")}</th><th scope="col">${say("col_meets")}</th></tr></thead><tbody>${rows}</tbody></table></div></details>` : "";
}

function placesCard(found) {
  const list = found.places.map((one) => `<li><span>${named("product", one.product)}${one.route ? `<span class="quiet"> · ${esc(one.route)}</span>` : ""}<span class="quiet why-place">${esc(one.reason)}</span></span><span class="pill ${one.basis === "reference" ? "assumed" : ""}">${one.basis ? say("place_basis_" + one.basis, { count: one.count ?? "" }) : say("place_none")}</span></li>`).join("");
  return plantCard("places", `<p class="told">${say("places_lead")}</p>${placesChart(found, widthOf("places", 480))}<ul class="list">${list}</ul>`, say("places_note"));
}

const formulaOf = (text) => esc(text).replace(/_(\w+)/g, "<sub>$1</sub>");
function indicatorsCard(found) {
  const told = now.open.meanings;
  const rows = found.indicators.map((one) => {
    const [formula, meaning] = (now.page.plant.meanings[one.name] ?? "").split(/: |：/, 2), isShare = one.unit === "1";
    const value = one.value === null ? "–" : isShare ? percent(one.value) : `${fewDigits(one.value)} <span class="quiet">${one.name === "withdrawal_per_value_added" ? say("unit_per_value_added") : plainUnit(one.unit)}</span>`;
    const missing = one.missing.length ? `<span class="pill assumed">${say("indicator_missing", { names: one.missing.map((name) => esc(now.page.terms[name] ?? name)).join(isZh() ? "、" : ", ") })}</span>` : one.value === null ? `<span class="quiet">${say("indicator_nothing")}</span>` : "";
    return `<tr data-indicator="${esc(one.name)}" data-value="${one.value}"><th scope="row" title="${esc(meaning ?? "")}">${termed(one.name)}${one.product ? `<span class="quiet"> · ${named("product", one.product)}</span>` : ""}<span class="formula">${formulaOf(formula)}</span>${told ? `<span class="quiet meaning">${esc(meaning ?? "")}</span>` : ""}${missing ? `<div>${missing}</div>` : ""}</th><td class="n">${value}</td></tr>`;
  }).join("");
  const swap = `<button class="link" data-act="toggle" data-what="meanings" aria-expanded="${Boolean(told)}">${say(told ? "meanings_hide" : "meanings_show")}</button>`;
  return plantCard("indicators", `<table class="plain indicators"><tbody>${rows}</tbody></table><div>${swap}</div>`);
}

function balanceCard(found) {
  const inside = found.inside.map(([name, volume]) => `<span class="key">${termed(name)} <strong>${amount("m3/a", volume)}</strong></span>`).join("");
  const share = found.balance.balance_gap_share;
  const told = share === null ? say("balance_unknown") : say(Math.abs(share) < 5e-4 ? "balance_closes" : share > 0 ? "balance_gap_lost" : "balance_gap_much", { gap: amount("m3/a", Math.abs(found.balance.balance_gap)), share: percent(Math.abs(share)) });
  return plantCard("balance", `<p class="told">${told}</p>${balanceChart(found, widthOf("balance", 720))}`, inside ? `${say("balance_inside")} <span class="keys">${inside}</span>` : "");
}

function goalControls(found) {
  const { goal } = found, kind = goal?.kind ?? "payback";
  const modes = ["grade", "budget", "payback"].map((mode) => `<button role="radio" aria-checked="${mode === kind}" tabindex="${mode === kind ? 0 : -1}" data-act="plant-goal" data-value="${mode}">${say("goal_" + mode)}</button>`).join("");
  const money = isZh() ? { of: 1e4, unit: "万元" } : { of: 1e6, unit: "M CNY" };
  const years = kind === "payback" ? goal?.value ?? 5 : 5;
  const control = kind === "grade"
    ? `<label class="goal-entry"><span>${say("goal_which_grade")}</span><select data-plant-goal="grade" data-value="${esc(goal.value)}">${found.mix.steps.map((step) => option(step.grade, `${capital(gradeName(step.grade))} · ${amount("m3/a", step.norm)}`, goal.value)).join("")}</select></label>`
    : kind === "budget"
      ? `<label class="goal-entry"><span>${say("goal_how_much")}</span><span class="field-entry"><input type="number" min="0" step="any" data-plant-goal="budget" data-factor="${money.of}" value="${+(goal.value / money.of).toPrecision(6)}" data-value="${+(goal.value / money.of).toPrecision(6)}"/><span class="quiet">${money.unit}</span></span></label>`
      : `<label class="goal-entry slide"><span>${say("goal_years", { years: digits(years, 0) })}</span><input type="range" min="1" max="15" step="1" value="${years}" data-value="${years}" data-plant-goal="payback" style="--part:${((years - 1) / 0.14).toFixed(1)}%" aria-label="${say("goal_payback")}" aria-valuetext="${say("goal_years", { years: digits(years, 0) })}"/></label>`;
  return `<div class="goal"><div class="choices" role="radiogroup" aria-label="${say("goal")}">${modes}</div>${control}</div>`;
}

function planCard(found) {
  const { plan } = found;
  if (!plan) return plantCard("plan", `${found.goal ? goalControls(found) : ""}<p class="told" role="status">${esc(found.plan_fault)}</p>`);
  const { totals } = plan;
  const figures = [["plan_saves", amount("m3/a", plan.saving)], ["plan_leaves", amount("m3/a", plan.withdrawal)], ["plan_invests", amount("CNY", totals.investment)], ["plan_earns", amount("CNY/a", totals.net_benefit)], ["col_payback", totals.payback === null ? say("pays_never") : say("years", { years: digits(totals.payback, 1) })], ["col_npv", amount("CNY", totals.npv)], ["col_irr", totals.irr === null ? "–" : percent(totals.irr, 0)]];
  const line = `<dl class="figures">${figures.map(([key, value]) => `<div><dt>${say(key)}</dt><dd>${value}</dd></div>`).join("")}</dl>`;
  const most = Math.max(...plan.steps.map((step) => step.saving), 1e-9);
  const rows = plan.steps.map((step) => `<tr data-step="${esc(step.technology)}" data-value="${step.saving}"><th scope="row">${named("technology", step.technology)}<span class="quiet">${named("product", step.product)} · ${named("end_use", step.end_use)}</span></th><td><div class="spark"><div style="width:${((100 * step.saving) / most).toFixed(1)}%"></div></div></td><td class="n">${amount("m3/a", step.saving)}</td><td class="n">${amount("CNY", step.investment)}</td><td class="n ${step.net_benefit > 0 ? "gain" : ""}">${amount("CNY/a", step.net_benefit)}</td><td class="n">${step.payback === null ? "–" : digits(step.payback, 1)}</td><td class="n">${amount("CNY", step.npv)}</td><td class="n">${step.irr === null ? "–" : percent(step.irr, 0)}</td><td class="n">${digits(step.levelised_cost, 2)}</td></tr>`).join("");
  const unit = esc(now.page.units["CNY/m3"][0][2]);
  const table = plan.steps.length ? `<div class="scroll"><table class="plain steps"><thead><tr><th scope="col">${say("col_step")}</th><td></td><th scope="col" class="n">${say("col_saving")}</th><th scope="col" class="n">${say("col_investment")}</th><th scope="col" class="n">${say("col_net_benefit")}</th><th scope="col" class="n">${say("col_payback")}, ${say("year_short")}</th><th scope="col" class="n">${say("col_npv")}</th><th scope="col" class="n">${say("col_irr")}</th><th scope="col" class="n">${termed("levelised_cost")}<br><span class="quiet">${unit}</span></th></tr></thead><tbody>${rows}</tbody></table></div>` : `<p class="told">${say("plan_empty")}</p>`;
  const kind = { saving: "m3/a", investment: "CNY" }[plan.objective] ?? "CNY/a";
  return plantCard("plan", `${goalControls(found)}${line}${table}`, `${say("plan_bound", { what: say("objective_" + plan.objective), value: amount(kind, plan.value), bound: amount(kind, plan.bound) })} ${say("plan_averages", { rate: percent(plan.rate, 0), years: digits(plan.horizon, 0) })}`);
}

function contractCard(found) {
  const { contract } = found;
  if (!contract) return plantCard("contract", `<p class="quiet">${say("no_contract")}</p>`);
  const slide = (name, text, value, [low, high, step]) => `<label class="slide"><span>${text}</span><input type="range" min="${low}" max="${high}" step="${step}" value="${value}" data-value="${value}" data-plant-contract="${name}" style="--part:${((100 * (value - low)) / (high - low || 1)).toFixed(1)}%" aria-valuetext="${text}" aria-label="${say("contract_" + name)}"/></label>`;
  const side = (name) => `<div class="side ${contract[name + "_npv"] >= 0 ? "gains" : "loses"}" data-side="${name}" data-value="${contract[name + "_npv"]}"><span class="quiet">${say("side_" + name)}</span><strong>${amount("CNY", contract[name + "_npv"])}</strong><span class="quiet">${say("side_npv")}${contract[name + "_irr"] === null ? "" : ` · ${say("col_irr")} ${percent(contract[name + "_irr"], 0)}`}</span></div>`;
  const told = contract.both_gain ? say("contract_both", { share: percent(contract.share, 0), term: contract.term }) : say(contract.company_npv < 0 ? "contract_company_loses" : "contract_enterprise_loses", { share: percent(contract.share, 0), term: contract.term });
  const range = contract.lower !== null && contract.lower <= contract.upper ? say("contract_range", { lower: percent(contract.lower, 0), upper: percent(contract.upper, 0), term: contract.term }) : say("contract_no_range", { term: contract.term });
  const missed = `<table class="plain missed"><thead><tr><th scope="col">${say("contract_missed")}</th><th scope="col" class="n">${say("side_company")}</th><th scope="col" class="n">${say("side_enterprise")}</th></tr></thead><tbody>${contract.missed.map(([share, company, enterprise]) => `<tr><th scope="row">${percent(share, 0)}</th><td class="n ${company < 0 ? "loss" : ""}">${amount("CNY", company)}</td><td class="n ${enterprise < 0 ? "loss" : ""}">${amount("CNY", enterprise)}</td></tr>`).join("")}</tbody></table>`;
  return plantCard("contract", `<p class="told">${say("contract_lead")}</p><div class="slides">${slide("share", say("contract_share_is", { share: percent(contract.share, 0) }), Math.round(contract.share * 100), [0, 100, 1])}${slide("term", say("contract_term_is", { term: contract.term }), contract.term, [1, contract.life, 1])}</div><div class="sides">${side("company")}${side("enterprise")}</div><p class="told" aria-live="polite">${told} ${range}</p>${missed}${contractChart(contract, widthOf("contract", 480))}`, `<span class="key"><i class="both-key"></i>${say("both_gain")}</span>${say("contract_note")}`);
}

function readCards(found) {
  const notes = `<section class="card plant-card plant-card-notes" aria-label="${say("plant_notes")}"><header><h2>${say("plant_notes")}</h2></header><ul class="notes">${found.notes.map((note) => `<li>${esc(note)}</li>`).join("")}</ul></section>`;
  const rows = found.conversions.map(([sheet, row, column, written, became]) => `<tr><td>${[esc(sheet), found.kind !== "file" ? rowTold(found, row, column) : row ? say("row_of", { row }) : ""].filter(Boolean).join(", ")}</td><td>${esc(column)}</td><td>${esc(written)}</td><td>${esc(became)}</td></tr>`).join("");
  const more = found.conversion_count > found.conversions.length ? `<p class="quiet">${say("first_rows", { shown: found.conversions.length, count: found.conversion_count })}</p>` : "";
  const changed = `<section class="card plant-card plant-card-changed" data-card="plant-changed" aria-label="${say("plant_changed")}"><header><h2>${say("plant_changed")}</h2><span class="pill">${found.conversion_count}</span></header>${rows ? `<div class="scroll tall" tabindex="0" role="region" aria-label="${say("plant_changed")}"><table class="plain"><thead><tr><th scope="col">${say("col_place")}</th><th scope="col">${say("col_column")}</th><th scope="col">${say("col_written")}</th><th scope="col">${say("col_became")}</th></tr></thead><tbody>${rows}</tbody></table></div>${more}` : `<p class="quiet">${say("changed_nothing")}</p>`}</section>`;
  return notes + changed;
}

function poolCard(found) {
  if (!found.offers_pool || found.kind === "example") return "";
  const { pooled } = found;
  const done = !pooled ? "" : pooled.fault ? `<p class="pool-told fault" role="alert">${esc(pooled.fault)}</p>` : `<p class="pool-told" role="status">${pooled.withdrawn !== undefined ? say("pool_withdrawn") : say("pool_taken", { taken: pooled.taken, unchanged: pooled.unchanged })}${pooled.skipped?.length ? ` ${say("pool_skipped", { products: pooled.skipped.map((one) => named("product", one)).join(", ") })}` : ""}</p>`;
  const agreed = Boolean(now.open.consent);
  return `<section class="card plant-card plant-card-pool" data-card="plant-pool" aria-label="${say("pool_title")}"><header><h2>${say("pool_title")}</h2></header><p class="told">${say("pool_lead")}</p><ul class="privacy">${["stored", "told", "withdraw"].map((key) => `<li>${say("pool_" + key)}</li>`).join("")}</ul><label class="tick consent"><input type="checkbox" data-plant-consent ${agreed ? "checked" : ""}/><span>${say("pool_consent", { plant: esc(found.plant), year: esc(found.year) })}</span></label><div class="pool-foot"><label class="field"><span class="field-name">${say("pool_key")}</span><input type="password" autocomplete="off" maxlength="400" data-plant-key value=""/></label><button class="tool wide primary" data-act="plant-give" ${agreed ? "" : "disabled"}>${say("pool_give")}</button><button class="tool wide" data-act="plant-withdraw">${say("pool_take_back")}</button></div>${done}</section>`;
}

export function plantPage() {
  const found = now.plant;
  if (!found) return `<p class="quiet updating">${say("updating")}</p>`;
  const problems = found.state === "problems" ? problemsCard(found) : "";
  if (now.formOpen) return `<div class="plant-page with-form">${found.state === "empty" ? `<div class="plant-head"><div class="plant-name"><h1 tabindex="-1">${say("plant_title")}</h1></div></div>` : plantHead(found)}${found.kind === "file" ? "" : problems}${plantForm()}</div>`;
  if (found.state === "empty") return `<div class="plant-page">${plantEmpty(found)}</div>`;
  if (problems) return `<div class="plant-page">${plantHead(found)}${problems}<section class="card template-row" aria-label="${say("template_title")}"><h2>${say("template_title")}</h2><p>${say("template_lead")}</p><div class="start-foot">${templateButtons()}</div></section></div>`;
  const why = found.mix.status === "graded" ? "" : `<ul class="notes">${found.graded_notes.map((note) => `<li>${esc(note)}</li>`).join("")}</ul>`;
  const ladder = plantCard("ladder", ladderChart(found, widthOf("ladder", 760)) + why + normsTable(found), say("ladder_note"));
  return `<div class="plant-page">${plantHead(found)}${plantHeadlines(found)}<div class="plant-grid">${ladder}${placesCard(found)}${balanceCard(found)}${indicatorsCard(found)}${planCard(found)}${plantCard("curve", plantCurveChart(found, widthOf("curve", 760)), say("curve_plant_note"))}${contractCard(found)}${readCards(found)}${poolCard(found)}</div></div>`;
}
