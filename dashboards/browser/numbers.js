// Numbers and units as they are shown.
import { now } from "./now.js";
import { esc } from "./words.js";

// At most four digits, whole numbers from a thousand on; minus as a sign of its own.
export function digits(value, most = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const places = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3;
  const kept = Math.min(places, most);
  const text = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: kept, maximumFractionDigits: kept });
  return (value < 0 && Number(text.replace(/,/g, "")) !== 0 ? "−" : "") + text;
}

// [number, unit] of a canonical value in the unit that suits its size and the language.
export function quantity(kind, value, most = 3) {
  const steps = now.page.units?.[kind] ?? [[0, 1, kind]];
  const fit = [...steps].reverse().find(([from]) => Math.abs(value ?? 0) >= from) ?? steps[0];
  return [digits(value === null ? null : value * fit[1], most), esc(fit[2])];
}
export const amount = (kind, value, most = 3) => {
  const [number, unit] = quantity(kind, value, most);
  return unit === "%" ? number + "%" : `${number} ${unit}`;
};
export const percent = (share, most = 1) => (Number.isFinite(share) ? digits(share * 100, most) + "%" : "–");
export const signed = (text, value) => (value > 0 ? "+" + text : text);

// Round steps for an axis.
export function ticks(low, high, count = 4) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= rough * 0.999) ?? power;
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-6; at += step) found.push(Math.abs(at) < step * 1e-6 ? 0 : at);
  return found;
}
export const axisNumber = (value) => {
  const size = Math.abs(value);
  return value.toLocaleString("en-US", { maximumFractionDigits: size >= 100 || size === 0 ? 0 : size >= 1 ? 1 : 2 }).replace("-", "−");
};
// Ticks that are round in the unit shown.
export const roundTicks = (low, high, factor, count) => ticks(low * factor, high * factor, count).map((tick) => tick / factor);
export const fewDigits = (value) => (value === null ? "–" : value.toLocaleString("en-US", { maximumFractionDigits: Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 1 ? 2 : 3 }).replace("-", "−"));
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
export function plainNumber(value) {
  if (value === null) return "–";
  if (Math.abs(value) < 1e7) return value.toLocaleString("en-US", { maximumSignificantDigits: 4 }).replace("-", "−");
  const power = Math.floor(Math.log10(Math.abs(value)));
  return `${digits(value / 10 ** power, 2)}×10${[...String(power)].map((digit) => RAISED[digit]).join("")}`;
}
export const plainUnit = (unit) => (unit === "1" ? "" : esc(unit.replace(/m3/g, "m³")));
