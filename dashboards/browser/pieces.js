// What several pages show: buttons, options of a list, ranges.
import { now } from "./now.js";
import { plainNumber } from "./numbers.js";
import { esc, say } from "./words.js";

const TABLE_ICON = `<svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true"><path d="M1 2.5h12v9H1zM1 5.5h12M5 5.5v6" fill="none" stroke="currentColor" stroke-width="1.2"/></svg>`;
export const behindButton = (name, title, of = "") => `<button class="ghost behind" data-act="behind" data-behind="${name}" data-of="${of}" aria-label="${say("behind", { name: title })}" title="${say("behind", { name: title })}">${TABLE_ICON}</button>`;
export const chartButtons = (name, title = "") => ["svg", "png"].map((kind) => `<button class="ghost" data-act="${kind}" data-chart-name="${name}" aria-label="${say("save_" + kind)}${title ? `: ${title}` : ""}" title="${say("save_" + kind)}">${kind.toUpperCase()}</button>`).join("");
export const fileButtons = (card, title, data = "") => ["csv", "excel"].map((form) => `<button class="ghost" data-act="table" data-table="${card}" data-form="${form}" ${data} aria-label="${say("save_table_" + form, { name: title })}" title="${say("save_table_" + form, { name: title })}">${form === "csv" ? "CSV" : "Excel"}</button>`).join("");
export const CHARTS_OF = { curve: ["curve"], sectors: ["sectors"], path: ["path", "investment"], map: ["map"] };
export const yearsOf = () => ({ base: now.page.years[0], target: now.page.years[1] });
export const BASES = ["measured", "reported", "estimated", "assumed"];
export const option = (value, text, chosen) => `<option value="${esc(value)}" ${value === chosen ? "selected" : ""}>${text}</option>`;

export function rangeBar(row) {
  if (row.low === null || row.high === null || row.high <= row.low) return `<span class="quiet">–</span>`;
  const spot = Math.min(Math.max((row.value - row.low) / (row.high - row.low), 0), 1);
  return `<div class="range"><span>${plainNumber(row.low)}</span><div><i style="left:${(100 * spot).toFixed(0)}%"></i></div><span>${plainNumber(row.high)}</span></div>`;
}
