// The bar at the top: pages, scenario, steps back, exports, language and theme.
const PAGES = ["plan", "compare", "benchmark", "data", "runs"];

function topBar() {
  const { board } = now, page = board?.page ?? "plan";
  const tabs = PAGES.map((name) => `<button class="tab" data-act="page" data-page="${name}" ${name === page ? 'aria-current="page"' : ""}>${say("page_" + name)}</button>`).join("");
  const icon = (act, text, off = false, sign = "") => `<button class="tool" data-act="${act}" ${off ? "disabled" : ""} aria-label="${say(text)}" title="${say(text)}">${sign || say(text)}</button>`;
  const theme = board?.theme ?? "light";
  return `<div class="brand"><strong>waterplan</strong><span class="quiet">${say("brand_note", { base: now.page.years[0], target: now.page.years[1] })}</span></div><nav aria-label="${say("pages")}">${tabs}</nav><div class="bar-tools">${icon("undo", "undo", !board?.can_undo, "↶")}${icon("redo", "redo", !board?.can_redo, "↷")}<button class="tool wide" data-act="view" data-name="language" data-value="${isZh() ? "en" : "zh"}" lang="${isZh() ? "en" : "zh"}">${isZh() ? "English" : "中文"}</button>${`<button class="tool" data-act="view" data-name="theme" data-value="${theme === "dark" ? "light" : "dark"}" aria-label="${say(theme === "dark" ? "theme_light" : "theme_dark")}" title="${say(theme === "dark" ? "theme_light" : "theme_dark")}">${theme === "dark" ? "☀" : "☾"}</button>`}</div>`;
}

const EXPORTS = ["report_pdf", "report_html", "toml", "csv", "excel", "netcdf", "commands"];
function scenarioBar() {
  const { board } = now;
  const options = now.page.scenarios.map((item) => `<button role="menuitem" data-act="open" data-name="${esc(item.name)}"><strong>${esc(item.title)}</strong><span>${esc(item.why)}</span></button>`).join("");
  const pins = board.pins.length ? `<span class="pinned" title="${say("pinned_note")}">${say("pinned")}: ${esc(board.pins.at(-1))}</span>` : "";
  const overrides = board.overrides.length ? `<span class="pill">${say("overrides", { count: board.overrides.length })}</span>` : "";
  const menu = (name, label, body, kind = "") => `<div class="menu ${kind}" data-menu="${name}"><button class="tool wide" data-act="menu" data-menu-name="${name}" aria-haspopup="menu" aria-expanded="${now.open.menu === name}">${label} ▾</button><div class="drop" role="menu" ${now.open.menu === name ? "" : "hidden"}>${body}</div></div>`;
  const exports = EXPORTS.map((kind) => `<button role="menuitem" data-act="export" data-kind="${kind}"><strong>${say("export_" + kind)}</strong><span>${say("export_note_" + kind)}</span></button>`).join("");
  return `<div class="scenario-title"><h1>${esc(board.title) || say("untitled")}${board.is_moved ? ` <span class="moved">${say("moved")}</span>` : ""}</h1><p class="quiet">${esc(board.why)}</p></div><div class="scenario-tools">${overrides}${pins}${menu("open", say("open"), `${options}<hr><label class="file" role="menuitem"><strong>${say("load")}</strong><span>${say("load_note")}</span><input type="file" accept=".toml,text/plain" data-act-file aria-label="${say("load")}"/></label>`, "broad")}<button class="tool wide" data-act="pin" title="${say("pin_note")}">${say("pin")}</button><button class="tool wide" data-act="reset" ${board.is_moved ? "" : "disabled"}>${say("reset")}</button>${menu("export", say("export"), exports)}</div>`;
}

function noticeBar() {
  const { notice, unlinked } = now.board ?? {};
  const save = unlinked === "scenario" ? ` <button class="ghost" data-act="export" data-kind="toml">${say("export_toml")}</button>` : "";
  const lost = unlinked ? `<div class="notice" role="status" data-unlinked="${esc(unlinked)}"><span>${say("unlinked_" + unlinked)}${save}</span></div>` : "";
  return lost + (notice ? `<div class="notice" role="status"><span>${say(notice.key)}${notice.detail ? ` <span class="quiet">${esc(notice.detail)}</span>` : ""}</span><button class="ghost" data-act="dismiss" aria-label="${say("dismiss")}">×</button></div>` : "");
}

function save(name, content, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// A chart as a file of its own: what style sheets say is written into it.
const KEPT = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-weight", "font-family", "opacity", "paint-order", "stroke-linejoin"];
function standalone(chart) {
  const copy = chart.cloneNode(true), here = [chart, ...chart.querySelectorAll("*")], there = [copy, ...copy.querySelectorAll("*")];
  here.forEach((node, n) => {
    const style = getComputedStyle(node);
    there[n].setAttribute("style", KEPT.map((key) => `${key}:${style.getPropertyValue(key).replaceAll('"', "'")}`).join(";"));
    there[n].removeAttribute("class");
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  ground.setAttribute("width", "100%");
  ground.setAttribute("height", "100%");
  ground.setAttribute("style", `fill:${getComputedStyle(chart.closest(".card") ?? chart).backgroundColor}`);
  copy.insertBefore(ground, copy.firstChild);
  return new XMLSerializer().serializeToString(copy);
}

function saveChart(root, name, kind) {
  const chart = root.querySelector(`svg[data-chart="${name}"]`);
  if (!chart) return;
  const text = standalone(chart), file = `waterplan-${name}.${kind}`;
  if (kind === "svg") return save(file, text, "image/svg+xml");
  const picture = new Image();
  picture.onload = () => {
    const canvas = document.createElement("canvas");
    canvas.width = Number(chart.getAttribute("width")) * 2;
    canvas.height = Number(chart.getAttribute("height")) * 2;
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => save(file, blob), "image/png");
  };
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}
