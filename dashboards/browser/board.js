// The page: draws what comes, sends what is moved. One move is under way at a time; the newest waits.
import { planPage } from "./cards.js";
import { whenLost } from "./connection.js";
import { listenToControls } from "./controls.js";
import { save, saveChart } from "./files.js";
import { fillTable, leverPanel, showLevers } from "./levers.js";
import { noticeBar, scenarioBar, topBar } from "./menus.js";
import { now } from "./now.js";
import { outbox } from "./outbox.js";
import { panelBody } from "./panel.js";
import { patch } from "./patch.js";
import { plantPage } from "./plant.js";
import { focusHeading, plantMoves, showValues } from "./plant_moves.js";
import { runsPage } from "./runs.js";
import { keepSteps, stepsToGiveBack } from "./steps.js";
import { commandsPanel, comparePage, dataPage } from "./tables.js";
import { isZh, say } from "./words.js";

const LATER_CONTENT = ["anyway", "on_top", "curve", "words", "reasons", "ways", "compare", "rows", "runs", "plant"];
export function render({ model, view }) {
  /** @type {import("./now.js").Live} */
  const root = document.createElement("div");
  root.className = "waterplan";
  root.innerHTML = `<button class="skip" data-act="skip"></button><header class="bar"></header><div class="notices"></div><div class="layout"><aside class="levers"></aside><main id="main" tabindex="-1"><div class="scenario"></div><div class="page"></div></main></div><dialog class="panel"></dialog>`;
  const part = (name) => root.querySelector(name);
  const [bar, notices, levers, scenario, page] = [".bar", ".notices", ".levers", ".scenario", ".page"].map(part);
  const dialog = part("dialog");
  let first = true;
  const { send, tell, settle, isHeld, hold } = outbox(model.send_msg, (isBusy) => root.classList.toggle("busy", isBusy));

  const measure = () => {
    for (const body of page.querySelectorAll("[data-body]")) {
      const name = body.dataset.body;
      if (body.clientWidth) now.widths[name] = body.clientWidth;
    }
  };
  const drawPanel = () => {
    patch(dialog, panelBody());
    if (now.panel && !dialog.open) dialog.showModal();
    else if (!now.panel && dialog.open) dialog.close();
  };
  const openPanel = (panel, message) => {
    now.panel = { labels: {}, of: "", ...panel };
    drawPanel();
    dialog.scrollTop = 0;
    tell(message);
  };
  const takePanel = (name, content) => {
    const { panel } = now;
    if (!panel || panel.card !== content.card || panel.of !== content.of) return;
    if (name === "behind") panel.table = content.table;
    else if (name === "why") panel.why = content.told;
    else if (JSON.stringify(panel.labels) === JSON.stringify(content.labels)) panel.rests = content;
    drawPanel();
  };
  const drawPage = () => {
    if (!now.board || !now.page.texts) return;
    const name = now.board.page;
    root.dataset.page = name;
    patch(page, commandsPanel() + (name === "compare" ? comparePage() : name === "data" ? dataPage() : name === "runs" ? runsPage() : name === "benchmark" ? plantPage() : planPage()));
    showValues(page);
    if (name === "benchmark") focusHeading(page);
  };
  let willDraw = false;
  const drawSoon = () => { // what comes together is drawn once
    if (willDraw) return;
    willDraw = true;
    requestAnimationFrame(() => { willDraw = false; drawPage(); });
  };
  const drawAll = (isKept = isHeld) => {
    if (!now.board || !now.page.texts) return;
    root.dataset.theme = now.board.theme;
    root.lang = isZh() ? "zh-CN" : "en";
    document.documentElement.lang = root.lang;
    document.documentElement.dataset.theme = now.board.theme;
    document.title = `${now.board.page === "benchmark" ? say("page_benchmark") : now.board.title || "waterplan"} · waterplan`;
    patch(part(".skip"), say("skip"));
    patch(bar, topBar());
    patch(scenario, scenarioBar());
    patch(notices, noticeBar());
    drawPage();
    showLevers(levers, now.board.levers, isKept);
  };
  const takePage = () => {
    if (!model.page?.texts) return;
    now.page = model.page;
    levers.setAttribute("aria-label", now.page.texts.levers);
    const open = [...levers.querySelectorAll("details[open]")].map((item) => item.dataset.of ?? item.dataset.group);
    const seen = levers.childElementCount > 0, top = levers.scrollTop;
    levers.innerHTML = leverPanel();
    if (seen) for (const item of levers.querySelectorAll("details")) item.open = open.includes(item.dataset.of ?? item.dataset.group);
    for (const item of levers.querySelectorAll("details.by-label[open]")) fillTable(item);
    levers.scrollTop = top;
    drawAll(() => false); // the controls are new
  };
  const takeBoard = () => {
    if (!model.board?.levers) return;
    now.board = model.board;
    if (now.board.board) now.last = now.board.board;
    if (location.search.slice(1) !== now.board.link) history.replaceState(null, "", `?${now.board.link}`);
    drawAll();
    root.dataset.drawn = String(now.board.seq);
    settle(now.board.seq);
    const back = first ? stepsToGiveBack(now.board) : null;
    if (back) tell(back);
    else keepSteps(now.board, first);
    first = false;
  };
  const takeMessage = ({ name, content }) => {
    if (name === "file") {
      const bytes = Uint8Array.from(atob(content.data), (sign) => sign.charCodeAt(0));
      save(content.file, new Blob([bytes], { type: content.type }));
      settle(content.seq);
    } else if (["behind", "rests", "why"].includes(name)) {
      takePanel(name, content);
    } else if (name === "notice") {
      if (now.board) now.board.notice = content.notice;
      patch(notices, noticeBar());
      settle(content.seq);
    } else {
      now[name] = content;
      drawPage();
    }
  };
  const takePlant = () => {
    if (now.formSending && now.plant?.kind === "form") {
      now.formOpen = now.plant.state !== "ready";
      now.formSending = false;
    }
    if (now.plant?.seq && now.board?.notice) { now.board.notice = null; patch(notices, noticeBar()); }
    settle(now.plant?.seq);
  };
  const takeLater = () => {
    for (const name of LATER_CONTENT) now[name] = Object.keys(model[name] ?? {}).length ? model[name] : null;
  };

  const refuse = (key) => { now.board.notice = { key, detail: "" }; patch(notices, noticeBar()); };
  const acts = {
    ...plantMoves({ root, send, drawPage, refuse }),
    page: (d) => send({ type: "view", page: d.page }),
    view: (d) => send({ type: "view", [d.name]: d.value }),
    skip: () => part("main").focus(),
    undo: () => send({ type: "undo" }),
    redo: () => send({ type: "redo" }),
    reset: () => send({ type: "reset" }),
    pin: () => send({ type: "pin" }),
    unpin: (d) => send({ type: "unpin", place: Number(d.place) }),
    open: (d) => send({ type: "open", name: d.name }),
    export: (d) => send({ type: "export", kind: d.kind }),
    choose: (d) => send({ type: "move", lever: d.lever, value: d.choice }),
    "reset-lever": (d) => send({ type: "move", lever: d.lever, label: d.label, value: null }),
    way: (d) => send({ type: "apply", settings: now.ways.ways[Number(d.way)].settings }),
    svg: (d) => saveChart(root, d.chartName, "svg"),
    png: (d) => saveChart(root, d.chartName, "png"),
    behind: (d) => openPanel({ card: d.behind, of: d.of }, { type: "behind", card: d.behind, of: d.of }),
    why: (d) => openPanel({ card: "technology", of: d.technology, labels: { technology: d.technology } }, { type: "why", technology: d.technology }),
    narrow: (d) => {
      const same = now.panel.labels[d.dim] === d.label, { card, of } = now.panel;
      now.panel = { ...now.panel, labels: same ? {} : { [d.dim]: d.label }, rests: null };
      drawPanel();
      tell(same ? { type: "behind", card, of } : { type: "behind", card, of, dim: d.dim, label: d.label });
    },
    trace: (d) => {
      acts["close-panel"]();
      now.open["row0-0"] = true;
      tell({ type: "rows", at: d.at, text: "", name: "", basis: "" });
      send({ type: "view", page: "data" });
    },
    "all-rows": () => send({ type: "rows", at: "" }),
    table: (d) => tell({ type: "table", card: d.table, form: d.form, of: d.of ?? "", dim: d.dim ?? "", label: d.label ?? "" }),
    "close-panel": () => { now.panel = null; drawPanel(); },
    toggle: (d) => { now.open[d.what] = !now.open[d.what]; drawPage(); },
    "rows-page": (d) => send({ type: "rows", page: Number(d.to) }),
    "close-commands": () => { now.commands = null; drawPage(); },
    copy: (d) => navigator.clipboard?.writeText(now.commands[d.what]),
    dismiss: () => { now.board.notice = null; patch(notices, noticeBar()); },
    help: (d, button) => {
      const help = button.closest(".lever").querySelector(".lever-help");
      help.hidden = !help.hidden;
      button.setAttribute("aria-expanded", String(!help.hidden));
    },
    menu: (d) => { now.open.menu = now.open.menu === d.menuName ? null : d.menuName; patch(scenario, scenarioBar()); },
  };
  const closeMenu = () => { if (now.open.menu) { now.open.menu = null; patch(scenario, scenarioBar()); } };

  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (!button || button.disabled) return void (event.target.closest(".menu") || closeMenu());
    if (button.dataset.act !== "menu") closeMenu();
    acts[button.dataset.act]?.(button.dataset, button);
  });
  const loadFile = async (input) => {
    const [file] = input.files;
    if (!file) return;
    closeMenu();
    send({ type: "load", file: file.name, text: file.size > 256_000 ? "x".repeat(256_001) : await file.text() });
    input.value = "";
  };
  listenToControls({ root, levers, send, isHeld, hold });
  root.addEventListener("change", ({ target }) => { if (target.matches("[data-act-file]")) loadFile(target); });
  root.addEventListener("keydown", (event) => { if (event.key === "Escape") closeMenu(); });
  dialog.addEventListener("close", () => { if (!dialog.open) now.panel = null; }); // it may have been opened again meanwhile
  dialog.addEventListener("click", (event) => { if (event.target === dialog) acts["close-panel"](); });
  whenLost(view, () => {
    part(".layout").inert = true;
    patch(notices, `<div class="notice lost" role="alert"><span>${say("connection_lost")}</span></div>`);
  });

  const watch = new ResizeObserver(() => {
    const before = JSON.stringify(now.widths);
    measure();
    if (JSON.stringify(now.widths) !== before) drawPage();
  });
  watch.observe(page);
  model.on("page", takePage);
  model.on("board", takeBoard);
  for (const name of LATER_CONTENT) model.on(name, () => { takeLater(); if (name !== "plant") return drawSoon(); takePlant(); drawPage(); });
  model.on("msg:custom", takeMessage);
  model.on("remove", () => watch.disconnect());
  takeLater();
  takePage();
  takeBoard();
  requestAnimationFrame(() => { measure(); drawPage(); tell({ type: "ready" }); });
  return root;
}
