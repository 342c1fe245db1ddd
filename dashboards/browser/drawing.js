// Pieces of charts, as SVG text. What is drawn is rounded to a tenth of a pixel.
import { axisNumber } from "./numbers.js";

export const at = (value) => Math.round(value * 10) / 10;

export function svg(name, width, height, label, body) {
  return `<svg class="chart" data-chart="${name}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}"><title>${label}</title>${body}</svg>`;
}
export const words = (x, y, text, kind = "", anchor = "start") => `<text x="${at(x)}" y="${at(y)}" class="${kind}" text-anchor="${anchor}">${text}</text>`;

export function frame(box, x, y, xTicks, yTicks, xUnit, yUnit, xf = 1, yf = 1) {
  const [left, , right, bottom] = box;
  let body = "";
  for (const tick of yTicks) {
    body += `<line class="grid" x1="${left}" x2="${right}" y1="${at(y(tick))}" y2="${at(y(tick))}"/>`;
    body += words(left - 8, y(tick) + 4, axisNumber(tick * yf), "tick", "end");
  }
  for (const tick of xTicks) body += words(x(tick), bottom + 18, axisNumber(tick * xf), "tick", "middle");
  body += `<line class="axis" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>`;
  body += words(0, 12, yUnit, "unit") + words(right, bottom + 36, xUnit, "unit", "end");
  return body;
}

// A line through points; it is broken where there is no height.
export const linePath = (points) =>
  points.map(([x, y], n) => (y === null ? "" : `${n && points[n - 1][1] !== null ? "L" : "M"}${at(x)},${at(y)}`)).join("");

// A line of steps: from each point up or down to the height of the next, then across to it.
export const stepPath = ([[x, y], ...rest]) => `M${at(x)},${at(y)}${rest.map(([across, up]) => `V${at(up)}H${at(across)}`).join("")}`;
