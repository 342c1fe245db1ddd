// The bar at the top: pages, scenario, steps back, exports, language and theme.
import { now } from "./now.js";
import { esc, isZh, say } from "./words.js";

const PAGES = ["plan", "compare", "benchmark", "data", "runs"];

export function topBar() {
  const { board } = now, page = board?.page ?? "plan";
  const tabs = PAGES.map((name) => `<button class="tab" data-act="page" data-page="${name}" ${name === page ? 'aria-current="page"' : ""}>${say("page_" + name)}</button>`).join("");
  const icon = (act, text, off = false, sign = "") => `<button class="tool" data-act="${act}" ${off ? "disabled" : ""} aria-label="${say(text)}" title="${say(text)}">${sign || say(text)}</button>`;
  const theme = board?.theme ?? "light";
  return `<div class="brand"><strong>waterplan</strong><span class="quiet">${say("brand_note", { base: now.page.years[0], target: now.page.years[1] })}</span></div><nav aria-label="${say("pages")}">${tabs}</nav><div class="bar-tools">${icon("undo", "undo", !board?.can_undo, "↶")}${icon("redo", "redo", !board?.can_redo, "↷")}<button class="tool wide" data-act="view" data-name="language" data-value="${isZh() ? "en" : "zh"}" lang="${isZh() ? "en" : "zh"}">${isZh() ? "English" : "中文"}</button>${`<button class="tool" data-act="view" data-name="theme" data-value="${theme === "dark" ? "light" : "dark"}" aria-label="${say(theme === "dark" ? "theme_light" : "theme_dark")}" title="${say(theme === "dark" ? "theme_light" : "theme_dark")}">${theme === "dark" ? "☀" : "☾"}</button>`}</div>`;
}

const EXPORTS = ["report_pdf", "report_html", "toml", "csv", "excel", "netcdf", "commands"];
export function scenarioBar() {
  const { board } = now;
  const options = now.page.scenarios.map((item) => `<button role="menuitem" data-act="open" data-name="${esc(item.name)}"><strong>${esc(item.title)}</strong><span>${esc(item.why)}</span></button>`).join("");
  const pins = board.pins.length ? `<span class="pinned" title="${say("pinned_note")}">${say("pinned")}: ${esc(board.pins.at(-1))}</span>` : "";
  const overrides = board.overrides.length ? `<span class="pill">${say("overrides", { count: board.overrides.length })}</span>` : "";
  const menu = (name, label, body, kind = "") => `<div class="menu ${kind}" data-menu="${name}"><button class="tool wide" data-act="menu" data-menu-name="${name}" aria-haspopup="menu" aria-expanded="${now.open.menu === name}">${label} ▾</button><div class="drop" role="menu" ${now.open.menu === name ? "" : "hidden"}>${body}</div></div>`;
  const exports = EXPORTS.map((kind) => `<button role="menuitem" data-act="export" data-kind="${kind}"><strong>${say("export_" + kind)}</strong><span>${say("export_note_" + kind)}</span></button>`).join("");
  return `<div class="scenario-title"><h1>${esc(board.title) || say("untitled")}${board.is_moved ? ` <span class="moved">${say("moved")}</span>` : ""}</h1><p class="quiet">${esc(board.why)}</p></div><div class="scenario-tools">${overrides}${pins}${menu("open", say("open"), `${options}<hr><label class="file" role="menuitem"><strong>${say("load")}</strong><span>${say("load_note")}</span><input type="file" accept=".toml,text/plain" data-act-file aria-label="${say("load")}"/></label>`, "broad")}<button class="tool wide" data-act="pin" title="${say("pin_note")}">${say("pin")}</button><button class="tool wide" data-act="reset" ${board.is_moved ? "" : "disabled"}>${say("reset")}</button>${menu("export", say("export"), exports)}</div>`;
}

export function noticeBar() {
  const { notice, unlinked } = now.board ?? {};
  const save = unlinked === "scenario" ? ` <button class="ghost" data-act="export" data-kind="toml">${say("export_toml")}</button>` : "";
  const lost = unlinked ? `<div class="notice" role="status" data-unlinked="${esc(unlinked)}"><span>${say("unlinked_" + unlinked)}${save}</span></div>` : "";
  return lost + (notice ? `<div class="notice" role="status"><span>${say(notice.key)}${notice.detail ? ` <span class="quiet">${esc(notice.detail)}</span>` : ""}</span><button class="ghost" data-act="dismiss" aria-label="${say("dismiss")}">×</button></div>` : "");
}
