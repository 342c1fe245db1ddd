// Charts as SVG text, drawn at the width of their card. Each has a title and a description for those who cannot see it.
import { at, frame, linePath, stepPath, svg, words } from "./drawing.js";
import { apart, faded, fallOf, linesNow, pathOf } from "./lines.js";
import { now } from "./now.js";
import { amount, axisNumber, digits, percent, quantity, roundTicks, ticks } from "./numbers.js";
import { esc, isZh, named, say, termed } from "./words.js";

const SECTOR_COLOURS = { 0: "var(--s0)", 1: "var(--s1)", 2: "var(--s2)", 3: "var(--s3)", 4: "var(--s4)", 5: "var(--s5)", 6: "var(--s6)", 7: "var(--s7)" };
export const sectorColour = (place) => SECTOR_COLOURS[place % 8];
export function curveChart(width, height = 290) {
  const { board, curve } = now;
  if (!curve || !curve.target.length || !board.levers) return `<div class="blank" style="height:${height}px"></div>`;
  const target = board.levers.saving_target;
  const head = board.infeasible ? null : board.board?.headline;
  const box = [52, 30, width - 14, height - 44];
  const most = Math.max(curve.attainable ?? 0, target) * 1.04;
  const price = head ? head.shadow_price : 0;
  const late = curve.price[curve.target.findIndex((one) => one >= curve.target.at(-1) * 0.9)] ?? 1;
  const high = Math.max(price > late ? price * 1.12 : price * 1.5, late, 0.5);
  const x = (value) => box[0] + ((box[2] - box[0]) * value) / most;
  const y = (value) => box[3] - ((box[3] - box[1]) * Math.min(value, high * 3)) / high;
  const volume = now.page.units["hm3/a"][0];
  const steps = curve.target.map((one, n) => [x(one), y(n ? curve.price[n] : 0)]);
  const line = stepPath([[x(0), y(0)], ...steps]);
  const area = `${line}V${box[3]}H${box[0]}Z`;
  const label = say("curve_alt", { target: amount("hm3/a", target), price: amount("CNY/m3", price), most: amount("hm3/a", curve.attainable) });
  let body = frame(box, x, y, roundTicks(0, most * 0.99, volume[1], 6), ticks(0, high, 4), `${termed("saving_target")}, ${esc(volume[2])}`, `${termed("shadow_price")}, ${esc(now.page.units["CNY/m3"][0][2])}`, volume[1]);
  body += `<clipPath id="plot"><rect x="${box[0]}" y="${box[1] - 2}" width="${box[2] - box[0]}" height="${box[3] - box[1] + 4}"/></clipPath><g clip-path="url(#plot)"><path class="area" d="${area}"/><path class="curve" d="${line}"/></g>`;
  if (curve.attainable) {
    const edge = x(curve.attainable);
    body += `<line class="edge" x1="${at(edge)}" x2="${at(edge)}" y1="${box[1]}" y2="${box[3]}"/>`;
    body += words(Math.min(edge + 30, box[2]), box[1] - 10, `${say("attainable")} ${quantity("hm3/a", curve.attainable, 2)[0]}`, "note halo", "end");
  }
  const pin = board.pinned;
  if (pin) body += `<circle class="pin-dot" cx="${at(x(pin.counted_saving))}" cy="${at(y(pin.shadow_price))}" r="5"/>`;
  const here = x(Math.min(target, most));
  const side = here > box[0] + 140 ? "end" : "start";
  const off = side === "end" ? -8 : 8;
  body += `<line class="target" data-mark="target" data-value="${target}" x1="${at(here)}" x2="${at(here)}" y1="${box[1] - 6}" y2="${box[3]}"/>`;
  if (head) {
    body += `<line class="price" x1="${box[0]}" x2="${at(here)}" y1="${at(y(price))}" y2="${at(y(price))}"/><circle class="dot" cx="${at(here)}" cy="${at(y(price))}" r="5"/>`;
    const above = Math.max(y(price) - 12, box[1] + 44);
    body += words(here + off, above - 16, `${say("target")} ${quantity("hm3/a", target, 2)[0]}`, "mark halo", side) + words(here + off, above, amount("CNY/m3", price), "mark strong halo", side);
  }
  return svg("curve", width, height, label, body);
}

const LEVELS = ["end_use", "site", "supply"], OPACITIES = [1, 0.62, 0.34];
export const PARTS = ["turnover", "market"];

// What the programme of a plan saves by level; one piece where a level gives back what an earlier stage had.
function programmeParts(levels, programme) {
  if (levels.some((one) => one < 0)) return [["programme", programme, 1]];
  return levels.map((saving, level) => ["level_" + LEVELS[level], saving, OPACITIES[level]]);
}

export function sectorChart(width) {
  const sectors = now.board.board.sectors;
  const row = 60, height = sectors.length * row;
  const isFrozen = now.board.levers.baseline === "frozen"; // then what is saved is seen against all that is taken
  const most = Math.max(...sectors.map((s) => (isFrozen ? s.reference : s.reference - s.planned)), 1e-9);
  const full = width - 4;
  let body = "";
  const told = sectors.map((sector, place) => {
    const top = place * row + 4, fall = fallOf("sector", place, sector), all = sector.reference - sector.planned;
    const wide = (volume) => (full * volume) / most;
    const name = named("sector", sector.label), value = `${amount("hm3/a", all)} · ${percent(all / sector.reference)}`;
    const room = full - value.length * 6.7 - 10, long = name.length * (isZh() ? 12 : 6.6) > room ? ` textLength="${at(Math.max(room, 40))}" lengthAdjust="spacingAndGlyphs"` : "";
    body += `<text x="0" y="${top + 12}" class="name"${long}>${name}</text>` + words(full, top + 12, value, "value", "end");
    if (isFrozen) body += `<rect class="track" x="0" y="${top + 19}" width="${at(wide(sector.reference))}" height="14" rx="2"/>`;
    let from = 0;
    const piece = (key, volume, look) => {
      if (wide(volume) > 0.05) body += `<rect data-part="${key}" data-value="${volume}" x="${at(from)}" y="${top + 19}" width="${at(wide(volume))}" height="14" ${look}><title>${say(key)}: ${amount("hm3/a", volume)}</title></rect>`;
      from += wide(Math.max(volume, 0));
    };
    for (const part of PARTS) piece(part, fall[part], `class="by-${part}"`);
    for (const [key, volume, opacity] of programmeParts(sector.levels, fall.programme)) piece(key, volume, `fill="${sectorColour(place)}" fill-opacity="${opacity}"`);
    if (fall.anyway !== null && wide(fall.anyway) <= full) body += `<line class="anyway-mark${faded("market")}" data-anyway="${fall.anyway}" x1="${at(wide(fall.anyway))}" x2="${at(wide(fall.anyway))}" y1="${top + 16}" y2="${top + 36}"><title>${say("anyway_mark")}: ${amount("hm3/a", fall.anyway)}</title></line>`;
    return `${named("sector", sector.label)} ${amount("hm3/a", all)}`;
  });
  return svg("sectors", width, height, say("sectors_alt", { list: told.join("; ") }), body);
}

export function pathChart(width, height = 236) {
  const { path } = now.board.board, lines = linesNow();
  const [from, to] = now.page.years;
  const volume = now.page.units["hm3/a"][0];
  const room = Math.min(isZh() ? 118 : 132, width * 0.36);
  const box = [54, 30, width - room, height - 28];
  const reference = lines[0].level, end = path.reference.length - 1;
  const drawn = lines.map(({ name, level }) => ({ name, level, values: name === "planned" ? path.planned : pathOf(path.reference, reference - level) }));
  const all = drawn.flatMap((one) => one.values);
  const spread = Math.max(...all) - Math.min(...all) || 1;
  const low = Math.max(Math.min(...all) - spread * 0.12, 0), high = Math.max(...all) + spread * 0.08;
  const x = (n) => box[0] + 10 + ((box[2] - box[0] - 10) * n) / Math.max(end, 1);
  const y = (value) => box[3] - ((box[3] - box[1]) * (value - low)) / (high - low);
  const line = (values) => linePath(values.map((value, n) => [x(n), y(value)]));
  const back = [...path.planned].reverse().map((value, n) => `L${at(x(end - n))},${at(y(value))}`).join("");
  let body = "";
  for (const tick of roundTicks(low, high, volume[1], 4)) body += `<line class="grid" x1="${box[0]}" x2="${box[2]}" y1="${at(y(tick))}" y2="${at(y(tick))}"/>` + words(box[0] - 8, y(tick) + 4, axisNumber(tick * volume[1]), "tick", "end");
  const every = Math.ceil((34 * end) / Math.max(box[2] - box[0] - 10, 1)) || 1; // years that have room, the last one among them
  path.reference.forEach((_, n) => { if ((end - n) % every === 0) body += words(x(n), box[3] + 18, String(from + n), "tick", "middle"); });
  const start = { market: "market", turnover: "turnover" }[now.board.levers.baseline] ?? "reference";
  const free = (drawn.find((one) => one.name === start) ?? drawn[0]).values;
  body += `<path class="area" d="${line(free)}${back}Z"/>`;
  const beside = apart(drawn.map(({ values }) => y(values[end]) + 4), 15, box[1] + 4, box[3] + 2);
  drawn.forEach(({ name, level, values }, n) => {
    body += `<path class="way way-${name}${faded(name)}" data-line="${name}" data-value="${level}" d="${line(values)}"/>`;
    if (Math.abs(beside[n] - y(values[end]) - 4) > 3) body += `<path class="lead" d="M${at(box[2])},${at(y(values[end]))}L${at(box[2] + 7)},${at(beside[n] - 4)}"/>`;
    body += words(box[2] + 10, beside[n], `${say("line_" + name)} <tspan class="strong">${quantity("hm3/a", level, 2)[0]}</tspan>`, `way-name of-${name} halo${faded(name)}`);
  });
  body += words(0, 12, `${say("withdrawal")}, ${esc(volume[2])} · ${say("not_from_zero")}`, "unit");
  const list = drawn.map(({ name, level }) => `${say("line_" + name)} ${amount("hm3/a", level)}`).join("; ");
  return svg("path", width, height, say("path_alt", { from, to, list }), body);
}

const short = (share) => (Number.isFinite(share) ? digits(share * 100, share >= 0.0995 ? 0 : 1) : "–");

// What the fall of a province is made of, in words; nothing where only a programme brings it.
function madeUp(place, province) {
  const fall = fallOf("province", place, province);
  const parts = [...PARTS, "programme"].filter((part) => part === "programme" || fall[part] > 0);
  if (parts.length > 1) return "; " + parts.map((part) => `${say(part)} ${amount("hm3/a", fall[part])}`).join(", ");
  return fall.anyway > 0 ? `; ${say("anyway_mark")} ${amount("hm3/a", fall.anyway)}` : "";
}

// A strip under a tile: what turnover, the market and the programme bring, as shares of what all of them do.
function strip(place, province, left, top, wide) {
  if (now.board.levers.baseline === "frozen") return "";
  const fall = fallOf("province", place, province), all = fall.turnover + fall.market + Math.max(fall.programme, 0);
  if (!(all > 1e-6)) return "";
  let from = left;
  return [...PARTS, "programme"].map((part) => {
    const share = (wide * Math.max(fall[part], 0)) / all, x = from;
    from += share;
    return share > 0.3 ? `<rect class="by-${part}" data-part="${part}" data-value="${fall[part]}" x="${at(x)}" y="${at(top)}" width="${at(share)}" height="4"/>` : "";
  }).join("");
}

// How deep each province's withdrawal is cut, and the shade that stands for it.
function shades() {
  const { provinces } = now.board.board;
  const depth = (p) => (p.reference > 0 ? p.saving / p.reference : 0);
  const depths = provinces.map(depth).filter((one) => one > 1e-9);
  const most = Math.max(...depths, 1e-9), least = Math.min(...depths, most);
  const saved = provinces.reduce((sum, p) => sum + p.saving, 0), taken = provinces.reduce((sum, p) => sum + p.reference, 0);
  const shade = (p) => (0.6 * (depth(p) <= 1e-9 ? 0 : most > least * 1.001 ? 0.12 + (0.88 * (depth(p) - least)) / (most - least) : 0.6)).toFixed(3);
  const ofSaving = (p) => (saved > 1e-6 ? p.saving / saved : NaN), ofTaken = (p) => p.reference / taken;
  const tip = (p) => tipOf(p) + madeUp(provinces.indexOf(p), p);
  const tipOf = (p) => say("province_tip", { name: named("province", p.label), saving: amount("hm3/a", p.saving), depth: percent(depth(p)), saved: percent(ofSaving(p)), taken: percent(ofTaken(p)) });
  const scale = (start, up = 0) => {
    if (!depths.length) return "";
    const boxes = [0.12, 0.34, 0.56, 0.78, 1].map((share, n) => `<rect class="tile-fill" x="${at(start + n * 26)}" y="${up + 26}" width="25" height="10" fill-opacity="${(share * 0.6).toFixed(3)}"/>`).join("");
    return words(start, up + 16, say("map_scale"), "note") + boxes + words(start, up + 52, percent(least), "tick") + words(start + 129, up + 52, percent(most), "tick", "end");
  };
  const best = [...provinces].sort((a, b) => b.saving - a.saving).slice(0, 5);
  const list = best.map((p) => `${named("province", p.label)} ${amount("hm3/a", p.saving)}`).join("; ");
  return { shade, tip, scale, ofSaving, ofTaken, list };
}

export function mapChart(width) {
  const { tiles } = now.page;
  const spots = now.board.board.provinces.filter((p) => tiles[p.label]);
  const columns = Math.max(...spots.map((p) => tiles[p.label][0])), first = Math.min(...spots.map((p) => tiles[p.label][0]));
  const rows = Math.max(...spots.map((p) => tiles[p.label][1])), top = Math.min(...spots.map((p) => tiles[p.label][1]));
  const gap = 3, wide = Math.min((width + gap) / (columns - first + 1) - gap, 104), tall = now.board.levers.baseline === "frozen" ? 52 : 58;
  const start = Math.max((width - (wide + gap) * (columns - first + 1) + gap) / 2, 0);
  const { shade, tip, scale, ofSaving, ofTaken, list } = shades();
  let body = "";
  for (const p of spots) {
    const left = start + (tiles[p.label][0] - first) * (wide + gap), up = (tiles[p.label][1] - top) * (tall + gap);
    const name = named("province", p.label);
    body += `<g data-province="${esc(p.label)}"><title>${tip(p)}</title><rect class="tile" x="${at(left)}" y="${at(up)}" width="${at(wide)}" height="${tall}" rx="4"/><rect class="tile-fill" x="${at(left)}" y="${at(up)}" width="${at(wide)}" height="${tall}" rx="4" fill-opacity="${shade(p)}"/>`;
    const long = name.length * (isZh() ? 12 : 8.4) > wide - 10 ? ` textLength="${at(wide - 11)}" lengthAdjust="spacingAndGlyphs"` : "";
    const shares = `${short(ofSaving(p))} | ${short(ofTaken(p))} %`;
    body += `<text x="${at(left + 6)}" y="${at(up + 15)}" class="tile-name"${long}>${name}</text>` + words(left + 6, up + 31, quantity("hm3/a", p.saving, isZh() ? 2 : 1)[0], "tile-value") + words(left + 6, up + 45, shares, "tile-share") + strip(now.board.board.provinces.indexOf(p), p, left + 6, up + 50, wide - 12) + "</g>";
  }
  return svg("map", width, (rows - top + 1) * (tall + gap), say("map_alt", { list }), body + scale(start));
}

// The outline that a deployer turned on; never exported.
export function outlineChart(width) {
  const { outline } = now.page, { shade, tip, scale, list } = shades();
  const by = width / outline.width, height = Math.round(outline.height * by);
  const body = now.board.board.provinces.map((p) => `<g data-outline="${esc(p.label)}"><title>${tip(p)}</title><path class="tile edge-of" d="${outline.paths[p.label]}"/><path class="tile-fill" d="${outline.paths[p.label]}" fill-opacity="${shade(p)}"/></g>`).join("");
  return svg("outline", width, height, say("outline_alt", { list }), `<g transform="scale(${by.toFixed(5)})">${body}</g>${scale(4, height - 58)}`);
}

export function investmentBars(width, height = 78) {
  const { path } = now.board.board;
  const values = path.investment.slice(1), most = Math.max(...values, 1e-9), from = now.page.years[0] + 1;
  const wide = (width - 66) / values.length;
  const body = values.map((value, n) => {
    const tall = (height - 34) * (value / most);
    return `<rect class="pillar" x="${at(60 + n * wide)}" y="${at(height - 16 - tall)}" width="${at(wide - 8)}" height="${at(tall)}" rx="2"><title>${from + n}: ${amount("MCNY", value)}</title></rect>`;
  }).join("") + words(0, 12, `${say("investment_a_year")}: ${amount("MCNY", values[0])}`, "unit") + `<line class="axis" x1="54" x2="${width - 12}" y1="${height - 16}" y2="${height - 16}"/>`;
  return svg("investment", width, height, `${say("investment_a_year")}: ${amount("MCNY", values[0])}`, body);
}
