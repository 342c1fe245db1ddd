// What would happen anyway: the lines from base year to target year, and how a fall of withdrawal is made up.
import { now } from "./now.js";

// What is known of it: of the plan itself, or what came after it for the same levers that enterprises meet. Until that
// comes for a new scenario, what came last is stale.
export function anywayNow() {
  const { board, anyway_key } = now.board;
  if (anyway_key && now.anyway?.key === anyway_key) return now.anyway;
  if (board?.anyway?.market !== undefined || !anyway_key || !now.anyway) return board?.anyway ?? null;
  return { ...now.anyway, ...board?.anyway, isStale: true };
}
// Whether it is still on its way.
export const isComing = () => Boolean(now.board.anyway_key) && (anywayNow()?.isStale || now.anyway?.key !== now.board.anyway_key && anywayNow()?.market === undefined) && !now.board.infeasible;
export const faded = (name) => (anywayNow()?.isStale && name === "market" ? " stale" : "");

export const LINES = ["reference", "turnover", "market", "planned"];
// The lines that are known, in hm³/a of the target year.
export function linesNow() {
  const { headline } = now.board.board, anyway = anywayNow();
  const level = { reference: headline.reference_withdrawal, turnover: anyway?.turnover, market: anyway?.market, planned: headline.planned_withdrawal };
  return LINES.filter((name) => Number.isFinite(level[name])).map((name) => ({ name, level: level[name] }));
}

/**
 * How the fall from frozen efficiency to the plan is made up: what its own baseline brings, then what the programme adds;
 * and what would come anyway where the plan does not start from it.
 * @param {"sector" | "province"} by
 * @param {number} place
 * @param {{ reference: number, planned: number }} whole
 */
export function fallOf(by, place, whole) {
  const { baseline } = now.board.levers, anyway = anywayNow();
  const at = (name) => anyway?.[`${name}_by_${by}`]?.[place];
  const turnover = at("turnover"), market = at("market");
  const start = baseline === "market" ? market : baseline === "turnover" ? turnover : whole.reference;
  return {
    turnover: baseline === "frozen" || turnover === undefined ? 0 : whole.reference - turnover,
    market: baseline === "market" && market !== undefined ? turnover - market : 0,
    programme: (start ?? whole.reference) - whole.planned,
    anyway: baseline !== "market" && market !== undefined ? whole.reference - market : null,
  };
}

// The path of a line: its cut of the target year comes evenly, year by year.
export const pathOf = (reference, cut) => reference.map((value, n) => value - (cut * n) / Math.max(reference.length - 1, 1));

// Labels at the ends of lines, moved apart so that none covers another; they stay within their bounds where they can.
export function apart(heights, least, top, bottom) {
  const order = heights.map((_, n) => n).sort((a, b) => heights[a] - heights[b]);
  const found = [...heights];
  order.forEach((n, k) => { found[n] = Math.max(found[n], k ? found[order[k - 1]] + least : top); });
  for (let k = order.length - 1; k >= 0; k -= 1) found[order[k]] = Math.min(found[order[k]], k === order.length - 1 ? bottom : found[order[k + 1]] - least);
  return found;
}
