// The levers: made once a language from what the vocabulary says, moved in place.
import { whyIdle } from "./anyway.js";
import { now } from "./now.js";
import { capital, esc, named, say } from "./words.js";

export const shownValue = (lever, value) => (value === null ? "" : String(Number((value * lever.factor).toPrecision(9))));
export const readValue = (lever, text) => Number((Number(text) / lever.factor).toPrecision(12));
export const leverOf = (name) => now.page.levers.find((item) => item.name === name);
export function leverAmount(lever, value) {
  const number = Number((value * lever.factor).toPrecision(6)).toLocaleString("en-US", { maximumFractionDigits: 4 });
  return lever.unit === "%" ? `${number}%` : `${number} ${esc(lever.unit)}`.trim();
}
const labelsOf = (dim) => Object.keys(now.page.names[dim] ?? {});

function slider(lever, label, name) {
  const f = lever.factor, id = `${lever.name}${label ? "." + label : ""}`;
  const data = `data-lever="${lever.name}" data-label="${esc(label)}"`;
  const range = `min="${lever.lower * f}" max="${Number((lever.upper * f).toPrecision(9))}" step="${Number((lever.step * f).toPrecision(9))}"`;
  return `<div class="move"><input type="range" id="slide-${esc(id)}" ${data} ${range} aria-label="${name}"/><span class="entry"><input type="number" ${data} ${range} aria-label="${name}, ${esc(lever.unit)}"/><span class="unit">${esc(lever.unit)}</span></span></div>`;
}

const resetButton = (lever, label, name) => `<button class="ghost reset" data-act="reset-lever" data-lever="${lever.name}" data-label="${esc(label)}" aria-label="${say("reset_lever", { name })}" title="${say("reset_lever", { name })}" hidden>↺</button>`;

function leverHead(lever, name, control = "") {
  const note = lever.enterprise_only ? `<span class="only" data-only="${lever.name}">${say("enterprise_only")}</span>` : "";
  return `<div class="lever-head"><span class="lever-name">${name}</span>${note}${control}<button class="ghost help" data-act="help" aria-expanded="false" aria-label="${say("help_of", { name })}" title="${say("help_of", { name })}">?</button>${resetButton(lever, "", name)}</div><p class="lever-help" hidden>${esc(lever.help)}</p>`;
}

const IDLE = ["baseline", "count_from", "barrier_scale", "value_added_cut"]; // what may be switched off
function oneLever(lever) {
  const name = esc(capital(lever.label));
  const search = `data-search="${esc((lever.label + " " + lever.name + " " + lever.help).toLowerCase())}"`;
  if (lever.dim) return tableLever(lever, name, search);
  let body;
  if (lever.is_switch) return `<div class="lever" data-of="${lever.name}" ${search}>${leverHead(lever, name, `<label class="switch"><input type="checkbox" role="switch" data-lever="${lever.name}" data-label="" aria-label="${name}"/><span class="track"></span></label>`)}</div>`;
  if (lever.choices.length) body = `<div class="choices" role="radiogroup" aria-label="${name}">${lever.choices.map((choice) => `<button role="radio" data-act="choose" data-lever="${lever.name}" data-choice="${esc(choice)}" aria-checked="false">${say("choice_" + choice)}</button>`).join("")}</div>`;
  else if (lever.can_be_none) body = `<label class="switch"><input type="checkbox" role="switch" data-act-none="1" data-lever="${lever.name}" data-label="" aria-label="${say("has_cap", { name })}"/><span class="track"></span><span>${say("limited")}</span></label><div data-capped hidden>${slider(lever, "", name)}</div>`;
  else body = slider(lever, "", name);
  return `<div class="lever" data-of="${lever.name}" ${search}>${leverHead(lever, name)}${body}${IDLE.includes(lever.name) ? `<p class="why-idle" data-idle hidden></p>` : ""}</div>`;
}

function tableLever(lever, name, search) {
  return `<details class="lever by-label" data-of="${lever.name}" ${search}><summary><span class="lever-name">${name}</span><span class="count" data-count hidden></span></summary><p class="lever-help">${esc(lever.help)}${lever.enterprise_only ? ` <em data-only="${lever.name}">${say("enterprise_only")}</em>` : ""}</p><div data-rows></div></details>`;
}

// Rows of a table are made when it is opened first.
export function fillTable(details) {
  const place = details.querySelector("[data-rows]");
  if (!place || place.childElementCount) return;
  const lever = leverOf(details.dataset.of);
  place.innerHTML = labelsOf(lever.dim).map((label) => {
    const name = named(lever.dim, label), full = `${esc(capital(lever.label))}: ${name}`;
    const control = lever.name === "excluded" ? `<label class="switch"><input type="checkbox" role="switch" data-lever="excluded" data-label="${esc(label)}" aria-label="${say("allowed", { name })}"/><span class="track"></span><span>${name}</span></label>` : `<div class="row-name"><span>${name}</span>${resetButton(lever, label, full)}</div>${slider(lever, label, full)}`;
    return `<div class="row" data-search="${esc((now.page.names[lever.dim][label] + " " + label).toLowerCase())}">${control}</div>`;
  }).join("");
}

export function leverPanel() {
  const groups = now.page.groups.map((group) => {
    const levers = now.page.levers.filter((lever) => lever.group === group);
    return levers.length ? `<details class="group" data-group="${group}" ${["question", "prices", "limits", "reach"].includes(group) ? "open" : ""}><summary><h3>${say("group_" + group)}</h3></summary>${levers.map(oneLever).join("")}</details>` : "";
  }).join("");
  return `<div class="lever-tools"><input type="search" data-act-search placeholder="${say("search_levers")}" aria-label="${say("search_levers")}"/></div>${groups}<p class="quiet nothing" hidden>${say("no_lever_found")}</p>`;
}

function near(a, b) {
  return a === b || (typeof a === "number" && typeof b === "number" && Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b)));
}

// Puts the values of the scenario into the controls, except into those that are held.
export function showLevers(panel, values, isHeld) {
  const place = {};
  const valueOf = (lever, label) => {
    if (!lever.dim) return [values[lever.name], lever.default];
    place[lever.dim] ??= Object.fromEntries(labelsOf(lever.dim).map((one, n) => [one, n]));
    const n = place[lever.dim][label];
    return [values[lever.name][n], lever.default[n]];
  };
  for (const input of panel.querySelectorAll("input[data-lever]")) {
    const lever = leverOf(input.dataset.lever);
    const [value] = valueOf(lever, input.dataset.label);
    if (input.type === "checkbox") {
      if (!isHeld(input)) input.checked = lever.name === "excluded" ? !value : input.dataset.actNone ? value !== null : value;
    } else {
      const text = shownValue(lever, value);
      if (!isHeld(input) && !input.dataset.typed && text !== "" && input.value !== text) input.value = text;
      if (input.type === "range") {
        const part = (Number(input.value) - Number(input.min)) / (Number(input.max) - Number(input.min) || 1);
        input.style.setProperty("--part", `${(100 * part).toFixed(2)}%`);
        input.setAttribute("aria-valuetext", value === null ? say("none") : leverAmount(lever, readValue(lever, input.value)));
      }
    }
    if (input.dataset.actNone) input.closest(".lever").querySelector("[data-capped]").hidden = value === null;
  }
  for (const button of panel.querySelectorAll("[data-act=reset-lever]")) {
    const [value, usual] = valueOf(leverOf(button.dataset.lever), button.dataset.label);
    button.hidden = near(value, usual);
  }
  for (const button of panel.querySelectorAll("[data-act=choose]")) {
    const chosen = values[button.dataset.lever] === button.dataset.choice;
    button.setAttribute("aria-checked", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
  }
  for (const details of panel.querySelectorAll("details.by-label")) {
    const lever = leverOf(details.dataset.of);
    const moved = values[lever.name].filter((value, n) => !near(value, lever.default[n])).length;
    const count = details.querySelector("[data-count]");
    count.hidden = !moved;
    count.textContent = String(moved);
  }
  showIdle(panel, values);
  const enterprise = values.perspective === "enterprise";
  const meets = (name) => values.baseline === "market" && name !== "barrier_cost"; // before a programme
  for (const note of panel.querySelectorAll("[data-only]")) note.hidden = enterprise || meets(note.dataset.only);
}

// What does nothing here, or cannot be told by the study, is switched off, with a word why.
function showIdle(panel, values) {
  for (const place of panel.querySelectorAll("[data-idle]")) {
    const lever = place.closest(".lever"), name = lever.dataset.of;
    const choices = [...lever.querySelectorAll("[data-act=choose]")];
    const why = choices.length ? choices.map((button) => [button, whyIdle(name, button.dataset.choice, values)]) : [...lever.querySelectorAll("input[data-lever]")].map((input) => [input, whyIdle(name, "", values)]);
    for (const [control, reason] of why) {
      if (control.disabled !== Boolean(reason)) control.disabled = Boolean(reason);
    }
    const told = [...new Set(why.map(([, reason]) => reason).filter(Boolean))].join(" ");
    place.hidden = !told;
    if (place.innerHTML !== told) place.innerHTML = told;
    lever.classList.toggle("idle", why.length > 0 && why.every(([, reason]) => reason));
  }
}

export function searchLevers(panel, text) {
  const wanted = text.trim().toLowerCase();
  let any = false;
  for (const group of panel.querySelectorAll("details.group")) {
    let here = false;
    for (const lever of group.querySelectorAll(".lever")) {
      let found = lever.dataset.search.includes(wanted);
      if (lever.matches("details") && wanted) {
        fillTable(lever);
        const rows = [...lever.querySelectorAll(".row")], hit = rows.filter((row) => row.dataset.search.includes(wanted));
        for (const row of rows) row.hidden = !found && !hit.includes(row);
        if (hit.length && !found) lever.open = found = true;
      } else for (const row of lever.querySelectorAll(".row")) row.hidden = false;
      lever.hidden = Boolean(wanted) && !found;
      here ||= found;
    }
    group.hidden = Boolean(wanted) && !here;
    if (wanted && here) group.open = true;
    any ||= here;
  }
  panel.querySelector(".nothing").hidden = any || !wanted;
}
