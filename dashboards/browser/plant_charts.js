// Charts of the Benchmark page: grades, place among peers, water balance, cost curve, contract.
import { at, frame, svg, words } from "./drawing.js";
import { now } from "./now.js";
import { amount, digits, fewDigits, percent, roundTicks, ticks } from "./numbers.js";
import { capital, esc, isZh, named, say, termed } from "./words.js";

const perUnit = (unit) => esc(`m³/${unit}`.replace(/m3/g, "m³"));
export const gradeName = (grade) => (now.page.texts["grade_" + grade] ? say("grade_" + grade) : esc(grade));
const gradeTitle = (grade) => capital(gradeName(grade));

// One block of a ladder for the mix and each product: bars are what a grade allows, the line is the plant.
function ladderBlocks(found) {
  const mix = found.products.length > 1 && found.mix.steps.length && found.mix.value !== null ? [{ ...found.mix, title: say("ladder_mix"), show: (value) => amount("m3/a", value), unit: "" }] : [];
  const own = found.products.filter((one) => one.steps.length).map((one) => ({ ...one, title: named("product", one.product), show: fewDigits, unit: perUnit(one.unit) }));
  return [...mix, ...own];
}

export function ladderChart(found, width) {
  const blocks = ladderBlocks(found);
  if (!blocks.length) return `<p class="quiet">${say("ladder_none")}</p>`;
  const left = isZh() ? 92 : 104, right = Math.min(width * 0.3, 190), row = 27;
  let top = 0, body = "";
  const alt = [];
  for (const block of blocks) {
    const most = Math.max(...block.steps.map((step) => step.norm), block.value ?? 0) * 1.02;
    const x = (value) => left + ((width - left - right) * value) / most;
    const grade = block.grade_estimated ? say(block.grade_estimated === block.grade ? "grade_is" : "grade_is_estimated", { grade: gradeName(block.grade_estimated) }) : "";
    body += words(0, top + 14, block.title + (block.unit ? `<tspan class="note" dx="8">${block.unit}</tspan>` : ""), "strong") + words(width, top + 14, grade, "note", "end");
    const first = top + (block.value === null ? 24 : 44);
    block.steps.forEach((step, n) => {
      const up = first + n * row, met = block.value !== null && step.gap <= 1e-9 * step.norm;
      const gap = step.gap === null ? "" : say(step.gap > 0 ? "gap_above" : "gap_below", { gap: block.show(Math.abs(step.gap)) });
      body += words(0, up + 15, gradeTitle(step.grade)) + `<rect class="step ${met ? "met" : "missed"} ${step.estimate ? "estimate" : ""}" data-grade="${step.grade}" data-value="${step.norm}" x="${left}" y="${at(up + 2)}" width="${at(Math.max(x(step.norm) - left, 2))}" height="17" rx="3"><title>${gradeName(step.grade)}: ${block.show(step.norm)} ${block.unit}${step.estimate ? `, ${say("estimate")}` : ""}</title></rect>`;
      body += words(left + 8, up + 15, block.show(step.norm) + (step.estimate ? ` · ${say("estimate")}` : ""), `halo ${met ? "in-bar" : ""}`) + words(width, up + 15, gap, "note", "end");
    });
    const last = first + block.steps.length * row;
    if (block.value !== null) {
      const here = x(block.value), side = here > left + 170 ? "end" : "start";
      body += `<line class="target" x1="${at(here)}" x2="${at(here)}" y1="${first - 10}" y2="${last}"/><circle class="dot" cx="${at(here)}" cy="${first - 10}" r="4.5"/>` + words(here + (side === "end" ? -9 : 9), first - 6, `${say("this_plant")} ${block.show(block.value)}`, "mark strong halo", side);
    }
    alt.push(`${block.title}: ${say("this_plant")} ${block.show(block.value)} ${block.unit}; ${block.steps.map((step) => `${gradeName(step.grade)} ${block.show(step.norm)}`).join(", ")}`);
    top = last + 22;
  }
  return svg("plant-ladder", width, top - 14, `${say("ladder_alt")} ${alt.join(". ")}`, body);
}

export function placesChart(found, width) {
  const rows = found.places.filter((one) => one.percentile !== null || one.lower !== null || one.upper !== null);
  if (!rows.length) return "";
  const row = 52, box = [8, 6, width - 8, rows.length * row + 8];
  const x = (value) => box[0] + ((box[2] - box[0]) * value) / 100;
  let body = "";
  for (const tick of [0, 25, 50, 75, 100]) body += `<line class="grid" x1="${at(x(tick))}" x2="${at(x(tick))}" y1="${box[1] + 20}" y2="${box[3]}"/>` + words(x(tick), box[3] + 16, String(tick), "tick", tick === 0 ? "start" : tick === 100 ? "end" : "middle");
  rows.forEach((one, n) => {
    const up = box[1] + n * row, [low, high] = [one.lower ?? one.percentile, one.upper ?? one.percentile];
    const told = one.percentile === null ? `${digits(low, 0)}–${digits(high, 0)}` : `${digits(one.percentile, 0)}${one.lower === null ? "" : ` (${digits(low, 0)}–${digits(high, 0)})`}`;
    body += words(box[0], up + 12, named("product", one.product), "halo") + words(box[2], up + 12, told, "strong halo", "end");
    body += `<rect class="track" x="${at(x(0))}" y="${up + 24}" width="${at(x(100) - x(0))}" height="10" rx="5"/><rect class="pillar" x="${at(x(low))}" y="${up + 24}" width="${at(Math.max(x(high) - x(low), 3))}" height="10" rx="5"/>`;
    if (one.percentile !== null) body += `<circle class="dot" data-place="${esc(one.product)}" data-value="${one.percentile}" cx="${at(x(one.percentile))}" cy="${up + 29}" r="6.5"/>`;
  });
  body += words(box[0], box[3] + 33, say("place_least"), "note") + words(box[2], box[3] + 33, say("place_most"), "note", "end");
  const alt = rows.map((one) => `${named("product", one.product)} ${one.percentile === null ? "–" : digits(one.percentile, 0)}`).join("; ");
  return svg("plant-places", width, box[3] + 40, `${say("places_alt")} ${alt}`, body);
}

const GRADED_SOURCES = ["withdrawal_surface", "withdrawal_ground", "withdrawal_public_supply", "withdrawal_purchased"];
const FLOW_COLOURS = { consumed: "var(--s1)", discharged: "var(--s3)", leaked: "var(--s5)", balance_gap: "var(--muted)" };
const flowColour = (name) => FLOW_COLOURS[name] ?? (GRADED_SOURCES.includes(name) ? "var(--s0)" : "var(--s2)");

// What comes in on the left, what goes out on the right; a band is as thick as its volume, its label has room of its own.
export function balanceChart(found, width, height = 420) {
  const came = found.flows.filter(([, target]) => target === "plant"), went = found.flows.filter(([source]) => source === "plant");
  if (!came.length) return `<p class="quiet">${say("balance_none")}</p>`;
  const total = came.reduce((sum, flow) => sum + flow[2], 0), most = Math.max(came.length, went.length), slot = 40;
  const tall = Math.max(height - 34 - slot * (most - 1) * 0.8, 140), scale = tall / total;
  const side = Math.min(width * 0.31, 190), from = side, to = width - side, middle = width / 2;
  const room = (flow) => Math.max(flow[2] * scale + 12, slot);
  const whole = Math.max(...[came, went].map((flows) => flows.reduce((sum, flow) => sum + room(flow), 0)), tall) + 30;
  const start = 30 + (whole - 30 - tall) / 2;
  let body = `<rect class="plant-node" x="${at(middle - 7)}" y="${at(start)}" width="14" height="${at(tall)}" rx="3"/>` + words(middle, 16, `${say("balance_plant")} ${amount("m3/a", found.balance.withdrawal_all_sources)}`, "strong halo", "middle");
  const band = (flows, isIn) => {
    let edge = 30 + (whole - 30 - flows.reduce((sum, flow) => sum + room(flow), 0)) / 2, inner = start;
    for (const flow of flows) {
      const [source, target, volume] = flow, name = isIn ? source : target, thick = Math.max(volume * scale, 1), [a, b] = isIn ? [from, middle - 7] : [middle + 7, to];
      const outer = edge + (room(flow) - thick) / 2, [one, two] = isIn ? [outer, inner] : [inner, outer], bend = (a + b) / 2;
      body += `<path class="flow" data-flow="${esc(name)}" data-value="${volume}" fill="${flowColour(name)}" d="M${at(a)},${at(one)}C${at(bend)},${at(one)} ${at(bend)},${at(two)} ${at(b)},${at(two)}v${at(thick)}C${at(bend)},${at(two + thick)} ${at(bend)},${at(one + thick)} ${at(a)},${at(one + thick)}Z"><title>${termed(name)}: ${amount("m3/a", volume)}</title></path>`;
      const spot = edge + room(flow) / 2, where = isIn ? from - 12 : to + 12;
      body += `<rect x="${at(isIn ? from - 5 : to)}" y="${at(outer)}" width="5" height="${at(thick)}" fill="${flowColour(name)}"/>`;
      body += words(where, spot - 3, capital(flowName(name)), "", isIn ? "end" : "start") + words(where, spot + 13, `${amount("m3/a", volume)} · ${percent(volume / total, 1)}`, "note", isIn ? "end" : "start");
      edge += room(flow);
      inner += volume * scale;
    }
  };
  band(came, true);
  band(went, false);
  const list = found.flows.map(([source, target, volume]) => `${flowName(source === "plant" ? target : source)} ${amount("m3/a", volume)}`).join("; ");
  return svg("plant-balance", width, Math.ceil(whole), `${say("balance_alt")} ${list}`, body);
}
const flowName = (name) => (now.page.texts["flow_" + name] ? say("flow_" + name) : termed(name));

// Pieces of the plant's cost curve: as wide as what they save, as high as what a cubic metre costs.
export function plantCurveChart(found, width, height = 510) {
  const pieces = found.curve;
  if (!pieces.length) return `<p class="quiet">${esc(found.plan_fault) || say("curve_none")}</p>`;
  const volume = now.page.units["m3/a"].findLast(([from]) => pieces.at(-1).saving >= from) ?? [0, 1, "m³"], money = now.page.units["CNY/m3"][0];
  const prices = pieces.map((piece) => piece.price), box = [50, 30, width - 14, height - 44];
  const typical = [...prices].map(Math.abs).sort((a, b) => a - b)[Math.floor(prices.length * 0.85)];
  const low = Math.max(Math.min(...prices, 0), -typical * 2.2), high = Math.min(Math.max(...prices, typical * 0.3, 0.5), typical * 2.2);
  const x = (value) => box[0] + ((box[2] - box[0]) * value) / (pieces.at(-1).saving * 1.02), y = (value) => box[3] - ((box[3] - box[1]) * (Math.min(Math.max(value, low), high) - low)) / (high - low || 1);
  let body = frame(box, x, y, roundTicks(0, pieces.at(-1).saving, volume[1], 6), ticks(low, high, 5), `${say("col_saving_until")}, ${esc(volume[2])}`, `${say("col_price")}, ${esc(money[2])}`, volume[1]);
  for (const piece of pieces) {
    const left = x(piece.saving - piece.width), right = x(piece.saving), [top, bottom] = piece.price > 0 ? [y(piece.price), y(0)] : [y(0), y(piece.price)];
    const inside = found.plan && piece.saving <= found.plan.saving * (1 + 1e-9);
    body += `<rect class="piece ${piece.price > 0 ? "costs" : "pays"} ${inside ? "inside" : ""}" data-price="${piece.price}" x="${at(left)}" y="${at(top)}" width="${at(Math.max(right - left - 0.8, 0.8))}" height="${at(Math.max(bottom - top, 1))}"><title>${piece.added.map(pieceName).join(", ")}: ${amount("m3/a", piece.width)}, ${amount("CNY/m3", piece.price)}</title></rect>`;
  }
  body += `<line class="axis" x1="${box[0]}" x2="${box[2]}" y1="${at(y(0))}" y2="${at(y(0))}"/>`;
  if (found.plan && found.plan.saving > 0) {
    const here = x(Math.min(found.plan.saving, pieces.at(-1).saving)), side = here > box[0] + 160 ? "end" : "start";
    body += `<line class="target" x1="${at(here)}" x2="${at(here)}" y1="${box[1] - 6}" y2="${box[3]}"/>` + words(here + (side === "end" ? -8 : 8), box[1] + 6, `${say("the_plan")} ${amount("m3/a", found.plan.saving)}`, "mark strong halo", side);
  }
  return svg("plant-curve", width, height, say("curve_plant_alt", { count: pieces.length, most: amount("m3/a", pieces.at(-1).saving) }), body);
}
const pieceName = (text) => {
  const [, technology, product, end_use] = text.match(/^(\S+) \((.+), (\S+)\)$/) ?? [null, text, "", ""];
  return `${named("technology", technology)}${product ? ` (${named("product", product)}, ${named("end_use", end_use)})` : ""}`;
};

// For each term the sharing ratios at which both sides gain, and the contract that is looked at.
export function contractChart(contract, width, height = 220) {
  const box = [46, 28, width - 12, height - 42], last = Math.max(contract.life, 2);
  const x = (term) => box[0] + 8 + ((box[2] - box[0] - 16) * (term - 1)) / (last - 1), y = (share) => box[3] - (box[3] - box[1]) * share;
  const terms = contract.region.map(([term]) => term);
  let body = frame(box, x, y, terms.filter((term) => terms.length <= 12 || term % 2 === 1), [0, 0.25, 0.5, 0.75, 1], say("contract_term_axis"), say("contract_share_axis"), 1, 100);
  const good = contract.region.filter(([, lower, upper, both]) => both && lower !== null && upper !== null);
  const wide = good.length === 1 ? 7 : 0;
  if (good.length) {
    const above = good.map(([term, , upper]) => [term, upper]), below = [...good].reverse().map(([term, lower]) => [term, lower]);
    const points = wide ? [[x(good[0][0]) - wide, y(good[0][2])], [x(good[0][0]) + wide, y(good[0][2])], [x(good[0][0]) + wide, y(good[0][1])], [x(good[0][0]) - wide, y(good[0][1])]] : [...above, ...below].map(([term, share]) => [x(term), y(share)]);
    body += `<polygon class="both" points="${points.map(([a, b]) => `${at(a)},${at(b)}`).join(" ")}"/>`;
  }
  body += `<circle class="dot" data-term="${contract.term}" cx="${at(x(contract.term))}" cy="${at(y(contract.share))}" r="6"/>`;
  return svg("plant-contract", width, height, say("contract_alt", { share: percent(contract.share, 0), term: contract.term }), body);
}
