// What a hand does with sliders, fields and keys, as messages.
import { fillTable, leverOf, readValue, searchLevers, showLevers } from "./levers.js";
import { now } from "./now.js";

/**
 * @typedef {import("./now.js").Live} Live
 * @param {{ root: Live, levers: Live, send: import("./now.js").Send, isHeld: (input: Live) => boolean, hold: (input: Live) => void }} page
 */
export function listenToControls({ root, levers, send, isHeld, hold }) {
  const slide = (input) => {
    const lever = leverOf(input.dataset.lever), typed = input.parentElement.querySelector("input[type=number]");
    hold(input);
    if (typed) typed.value = input.value;
    input.style.setProperty("--part", `${((100 * (input.value - input.min)) / (input.max - input.min)).toFixed(2)}%`);
    send({ type: "move", lever: lever.name, label: input.dataset.label, value: readValue(lever, input.value) });
  };
  const set = (input) => {
    const lever = leverOf(input.dataset.lever);
    let value;
    if (input.dataset.actNone) value = input.checked ? lever.upper : null;
    else if (input.type === "checkbox") value = lever.name === "excluded" ? !input.checked : input.checked;
    else value = input.value === "" ? null : readValue(lever, input.value);
    send({ type: "move", lever: lever.name, label: input.dataset.label, value });
  };

  root.addEventListener("input", ({ target: input }) => {
    if (input.matches("[data-act-search]")) searchLevers(levers, input.value);
    else if (input.type === "search" && input.dataset.rows) send({ type: "rows", at: "", text: input.value });
    else if (input.dataset.runsAt) send({ type: "runs", dim: input.dataset.runsAt, place: Number(input.value) });
    else if (input.dataset.lever && input.type === "number") input.dataset.typed = "1"; // what is being typed is not overwritten
    else if (input.dataset.lever && input.type === "range") slide(input);
  });
  root.addEventListener("change", ({ target: input }) => {
    if (input.dataset.runs) return send({ type: "runs", [input.dataset.runs]: input.value });
    if (input.dataset.filter) return send({ type: "rows", at: "", [input.dataset.filter]: input.value });
    hold(null);
    delete input.dataset.typed;
    return input.dataset.lever && input.type !== "range" ? set(input) : undefined;
  });
  root.addEventListener("focusout", () => hold(null));
  root.addEventListener("toggle", ({ target: details }) => {
    if (!details.matches("details.by-label") || !details.open) return;
    fillTable(details);
    if (now.board) showLevers(levers, now.board.levers, isHeld);
  }, true);
  root.addEventListener("keydown", (event) => {
    const typing = event.target.matches?.("input[type=number],input[type=search],textarea");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !typing) {
      event.preventDefault();
      send({ type: event.shiftKey ? "redo" : "undo" });
    }
    const radio = event.target.closest?.("[role=radio]");
    if (radio) goAlong(radio, event);
  });
}

// Arrows go from one choice to the next, and round.
function goAlong(radio, event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = [...radio.parentElement.children], next = all[(all.indexOf(radio) + step + all.length) % all.length];
  next.focus();
  next.click();
}
