// The Runs page: a store of a batch, sliced, and what holds in it.
import { at, frame, linePath, svg, words } from "./drawing.js";
import { now } from "./now.js";
import { amount, percent, plainNumber, quantity, roundTicks, ticks } from "./numbers.js";
import { chartButtons, option } from "./pieces.js";
import { esc, named, say, termed } from "./words.js";

const CLASSES = { no_regret: "good", conditional: "plain" };
const DRAWN = ["runs-spread", "runs-against", "runs-reach"];
const wide = (name, title, body, note = "", tag = "") => `<section class="card wide" data-card="${name}" aria-label="${title}"><header><h2>${title}</h2>${tag}<span class="tools">${DRAWN.includes(name) ? chartButtons(name) : ""}</span></header><div class="body" data-body="${name}">${body}</div>${note ? `<footer>${note}</footer>` : ""}</section>`;
function inputName(name) {
  const [base, label] = name.replace(/^factor:/, "").split(" of ");
  const known = { penetration_gap: "penetration_max" }[base] ?? base;
  const [lever, of] = known.split("__");
  const dims = ["technology", "sector", "product", "province"].find((dim) => now.page.names?.[dim]?.[label ?? of]);
  return termed(lever) + (label ?? of ? ` · ${dims ? named(dims, label ?? of) : esc(label ?? of)}` : "");
}
const picker = (what, values, chosen, show) => `<select data-runs="${what}" aria-label="${say("runs_" + what)}">${values.map((value) => option(value, show(value), chosen)).join("")}</select>`;
const unitOf = (found, name) => found.figures.find(([one]) => one === name)?.[1] ?? "";

function spreadChart(found, width, height = 230) {
  const { edge, count } = found.bars, kind = unitOf(found, found.figure);
  if (!count.length) return `<p class="quiet">${say("runs_no_plan")}</p>`;
  const [, factor, unit] = (now.page.units[kind] ?? [[0, 1, kind]])[0];
  const box = [46, 26, width - 12, height - 40], most = Math.max(...count), low = edge[0], high = edge.at(-1) > low ? edge.at(-1) : low + 1;
  const x = (value) => box[0] + ((box[2] - box[0]) * (value - low)) / (high - low), y = (value) => box[3] - ((box[3] - box[1]) * value) / most;
  let body = frame(box, x, y, roundTicks(low, high, factor, 6), ticks(0, most, 4).filter(Number.isInteger), `${termed(found.figure)}, ${esc(unit)}`, say("runs_count"), factor);
  count.forEach((n, place) => {
    const right = edge[place + 1] > edge[place] ? x(edge[place + 1]) : box[2];
    body += `<rect class="pillar" x="${at(x(edge[place]) + 0.5)}" y="${at(y(n))}" width="${at(Math.max(right - x(edge[place]) - 1, 1))}" height="${at(box[3] - y(n))}"/>`;
  });
  return svg("runs-spread", width, height, say("runs_spread_alt", { figure: termed(found.figure), count: found.count }), body);
}

function againstChart(found, width, height = 280) {
  const { x: across, y: values, line } = found.cloud, kind = unitOf(found, found.figure);
  const words_ = across.some((one) => typeof one === "string"), spots = words_ ? across.map((_, n) => n) : across.map(Number);
  const known = values.filter((value) => value !== null);
  if (!known.length) return `<p class="quiet">${say("runs_no_plan")}</p>`;
  const [, factor, unit] = (now.page.units[kind] ?? [[0, 1, kind]])[0];
  const box = [58, 28, width - 14, height - 44];
  const [low, high] = [Math.min(...spots), Math.max(...spots)], [down, up] = [Math.min(...known, 0), Math.max(...known)];
  const x = (value) => box[0] + 6 + ((box[2] - box[0] - 12) * (value - low)) / (high - low || 1), y = (value) => box[3] - ((box[3] - box[1]) * (value - down)) / (up - down || 1);
  const marks = words_ ? spots : ticks(low, high, 6);
  let body = frame(box, x, y, words_ ? [] : marks, roundTicks(down, up, factor, 4), inputName(found.across), `${termed(found.figure)}, ${esc(unit)}`, 1, factor);
  if (words_) marks.forEach((n) => { body += words(x(n), box[3] + 18, esc(across[n]), "tick", "middle"); });
  if (line) body += `<path class="curve" d="${linePath(spots.map((spot, n) => [x(spot), values[n] === null ? null : y(values[n])]))}"/>`;
  spots.forEach((spot, n) => {
    if (values[n] === null) body += `<path class="lost" d="M${at(x(spot)) - 4},${box[3] - 4}l8,-8m0,8l-8,-8"><title>${say("runs_lost")}</title></path>`;
    else body += `<circle class="run-dot" cx="${at(x(spot))}" cy="${at(y(values[n]))}" r="${line ? 4 : 2.6}"/>`;
  });
  return svg("runs-against", width, height, say("runs_against_alt", { figure: termed(found.figure), across: inputName(found.across), count: known.length }), body);
}

function reachChart(robust, width, height = 240) {
  const volume = now.page.units["hm3/a"][0], box = [52, 28, width - 14, height - 44];
  const low = robust.aim[0], high = robust.aim.at(-1);
  const x = (value) => box[0] + ((box[2] - box[0]) * (value - low)) / (high - low || 1), y = (value) => box[3] - (box[3] - box[1]) * value;
  let body = frame(box, x, y, roundTicks(low, high, volume[1], 6), [0, 0.25, 0.5, 0.75, 1], `${say("runs_aim")}, ${esc(volume[2])}`, say("runs_reach_axis"), volume[1], 100);
  body += `<line class="edge" x1="${box[0]}" x2="${box[2]}" y1="${at(y(robust.probability))}" y2="${at(y(robust.probability))}"/>`;
  body += `<path class="curve" d="${linePath(robust.aim.map((aim, n) => [x(aim), y(robust.reach[n])]))}"/>`;
  if (robust.secure !== null) body += `<circle class="dot" cx="${at(x(robust.aim[robust.secure]))}" cy="${at(y(robust.reach[robust.secure]))}" r="5"/>`;
  return svg("runs-reach", width, height, say("runs_reach_alt", { chance: percent(robust.reach[0]), target: amount("hm3/a", robust.target) }), body);
}

function robustCards(robust) {
  const share = percent(robust.probability, 0), own = percent(robust.reach[0]);
  const told = robust.secure === null ? say("runs_secure_none", { share, reach: percent(robust.reach.at(-1)) }) : robust.secure === 0 ? say("runs_secure_already", { share }) : say("runs_secure", { share, aim: amount("hm3/a", robust.aim[robust.secure]), price: amount("MCNY/a", robust.cost[robust.secure] - robust.cost[0]) });
  const reach = wide("runs-reach", say("runs_reach"), `<p class="told">${say("runs_chance", { chance: own, target: amount("hm3/a", robust.target) })} ${told}</p>${reachChart(robust, now.widths["runs-reach"] ?? 560)}`, say("runs_reach_note"));
  const rows = robust.technologies.map(([label, kind, used, points]) => `<tr><th scope="row">${named("technology", label)}</th><td><span class="pill ${CLASSES[kind]}">${say("runs_" + kind)}</span></td><td class="n">${percent(used, 0)}<div class="bar-of"><div style="width:${(100 * used).toFixed(1)}%;background:var(--accent)"></div></div></td>${points.map((point) => `<td class="n">${quantity("hm3/a", point, 2)[0]}</td>`).join("")}</tr>`).join("");
  const unit = esc(now.page.units["hm3/a"][0][2]);
  const table = wide("runs-technologies", say("runs_technologies"), `<div class="scroll tall"><table class="plain"><thead><tr><th scope="col">${termed("technology")}</th><th scope="col"></th><th scope="col" class="n">${say("runs_used")}</th>${["5 %", "50 %", "95 %"].map((point) => `<th scope="col" class="n">${point} · ${unit}</th>`).join("")}</tr></thead><tbody>${rows}</tbody></table></div>`, say("runs_technologies_note", { never: robust.never }));
  const first = robust.rows.map((row) => `<tr><th scope="row">${termed(row.name)} <span class="quiet">${esc(row.labels.split("/").map(labelName).join(" · "))}</span></th><td>${plainNumber(row.low)} – ${plainNumber(row.high)}</td><td><span class="pill ${esc(row.basis)}">${say("basis_" + row.basis)}</span></td><td class="n">${amount("MCNY/a", row.cost_at_low)}</td><td class="n">${amount("MCNY/a", row.cost_at_high)}</td></tr>`).join("");
  const check = wide("runs-rows", say("runs_rows"), `<div class="scroll"><table class="plain"><thead><tr><th scope="col">${say("figure")}</th><th scope="col">${say("range")}</th><th scope="col">${say("basis")}</th><th scope="col" class="n">${say("runs_at_low")}</th><th scope="col" class="n">${say("runs_at_high")}</th></tr></thead><tbody>${first}</tbody></table></div>`, say("runs_rows_note"));
  return reach + table + check;
}
const labelName = (label) => {
  const dim = ["technology", "product", "end_use", "sector", "province"].find((one) => now.page.names?.[one]?.[label]);
  return dim ? now.page.names[dim][label] : label;
};

export function runsPage() {
  const found = now.runs;
  if (!found) return `<p class="quiet updating">${say("updating")}</p>`;
  if (!found.stores.length) return `<section class="card wide" data-card="runs" aria-label="${say("page_runs")}"><header><h2>${say("page_runs")}</h2></header><p class="told">${say(found.folder ? "runs_empty" : "runs_no_folder")}</p><pre tabindex="0">waterplan batch design.toml -o runs/first.zarr\nwaterplan dashboard --runs runs</pre></section>`;
  const chosen = picker("store", found.stores, found.store, esc);
  if (found.fault || !found.figures) return `<section class="card wide" data-card="runs" aria-label="${say("page_runs")}"><header><h2>${say("page_runs")}</h2>${chosen}</header><p class="told" role="alert">${say(found.fault || "runs_gone")}</p></section>`;
  const states = Object.entries(found.states).map(([state, n]) => `<span class="pill">${say("runs_state_" + state)} ${n.toLocaleString("en-US")}</span>`).join(" ");
  const reasons = found.reasons.length ? `<ul class="reasons">${found.reasons.map(([why, n]) => `<li>${n} × ${esc(why)}</li>`).join("")}</ul>` : "";
  const lines = found.headline.map(([name, unit, ...points]) => `<tr><th scope="row">${termed(name)}</th>${points.map((point) => `<td class="n">${amount(unit, point)}</td>`).join("")}</tr>`).join("");
  const head = wide("runs", esc(found.title) || say("page_runs"), `<div class="filters">${chosen}<span>${states}</span></div>${reasons}<div class="scroll"><table class="plain"><thead><tr><th scope="col">${say("figure")}</th>${["5 %", "25 %", "50 %", "75 %", "95 %"].map((point) => `<th scope="col" class="n">${point}</th>`).join("")}</tr></thead><tbody>${lines}</tbody></table></div>`, say("runs_note"));
  const figure = picker("figure", found.figures.map(([name]) => name), found.figure, termed);
  const spread = wide("runs-spread", say("runs_spread"), `<div class="filters">${figure}</div>${spreadChart(found, now.widths["runs-spread"] ?? 560)}`);
  const fixed = Object.entries(found.fixed).map(([dim, values]) => `<label class="slice"><span>${inputName(dim)}: <strong>${esc(values[found.at[dim]])}</strong></span><input type="range" min="0" max="${values.length - 1}" step="1" value="${found.at[dim]}" data-runs-at="${esc(dim)}" aria-label="${inputName(dim)}" aria-valuetext="${esc(values[found.at[dim]])}"/></label>`).join("");
  const against = found.inputs.length ? wide("runs-against", say("runs_against"), `<div class="filters">${picker("across", found.inputs, found.across, inputName)}${fixed}</div>${againstChart(found, now.widths["runs-against"] ?? 560)}`, say(found.cloud.line ? "runs_line_note" : "runs_cloud_note")) : "";
  return `<div class="runs-grid">${head}${spread}${against}${found.robust ? robustCards(found.robust) : ""}</div>`;
}
