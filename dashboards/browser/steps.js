// Steps back are kept in the browser's tab, so that a lost connection or a reload does not lose them.
const STEPS_KEY = "waterplan.steps", STEPS_MAX = 50, STEP_VIEW = /^(v|page|lang|theme|pin)=/;
const stepOf = (link) => link.split("&").filter((part) => !STEP_VIEW.test(part)).join("&");
export function readSteps() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(STEPS_KEY));
    return Array.isArray(kept?.links) && kept.links.every((link) => typeof link === "string") && Number.isInteger(kept.at) ? kept : null;
  } catch { return null; }
}
// The message that gives a new connection the steps of the last one, or null.
/** @returns {import("./now.js").Message | null} */
export function stepsToGiveBack(board) {
  const kept = readSteps();
  const fits = kept && board.place === 0 && board.ahead === 0 && kept.links.length > 1 && kept.links[kept.at] === stepOf(board.link);
  if (!fits) return null;
  sessionStorage.setItem(STEPS_KEY, JSON.stringify({ ...kept, place: kept.at })); // where the server will then stand
  return { type: "history", origin: kept.origin, past: kept.links.slice(0, kept.at), ahead: kept.links.slice(kept.at + 1) };
}
export function keepSteps(board, first) {
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
