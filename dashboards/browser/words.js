// What is on the screen, words and numbers. All text from outside goes through esc().
const now = { page: {}, board: null, last: null, curve: null, reasons: null, words: null, ways: null, panel: null, open: {}, widths: {}, search: "" };
const esc = (text) => String(text ?? "").replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
const say = (key, values = {}) =>
  esc(now.page.texts?.[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const named = (dim, label) => esc(now.page.names?.[dim]?.[label] ?? label);
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const termed = (name) => esc(capital(now.page.terms?.[name] ?? name));
const isZh = () => now.page.language === "zh";

// At most four digits, whole numbers from a thousand on; minus as a sign of its own.
function digits(value, most = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const places = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3;
  const kept = Math.min(places, most);
  const text = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: kept, maximumFractionDigits: kept });
  return (value < 0 && Number(text.replace(/,/g, "")) !== 0 ? "−" : "") + text;
}

// [number, unit] of a canonical value in the unit that suits its size and the language.
function quantity(kind, value, most = 3) {
  const steps = now.page.units?.[kind] ?? [[0, 1, kind]];
  const fit = [...steps].reverse().find(([from]) => Math.abs(value ?? 0) >= from) ?? steps[0];
  return [digits(value === null ? null : value * fit[1], most), esc(fit[2])];
}
const amount = (kind, value, most = 3) => {
  const [number, unit] = quantity(kind, value, most);
  return unit === "%" ? number + "%" : `${number} ${unit}`;
};
const percent = (share, most = 1) => (Number.isFinite(share) ? digits(share * 100, most) + "%" : "–");
const signed = (text, value) => (value > 0 ? "+" + text : text);

// Round steps for an axis.
function ticks(low, high, count = 4) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= rough * 0.999) ?? power;
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-6; at += step) found.push(Math.abs(at) < step * 1e-6 ? 0 : at);
  return found;
}
const axisNumber = (value) => {
  const size = Math.abs(value);
  return value.toLocaleString("en-US", { maximumFractionDigits: size >= 100 || size === 0 ? 0 : size >= 1 ? 1 : 2 }).replace("-", "−");
};

// Makes the live element look like the new HTML and keeps what has the focus.
function patch(element, html) {
  const made = document.createElement("template");
  made.innerHTML = html;
  morph(element, made.content);
}
function morph(live, made) {
  const wanted = [...made.childNodes];
  wanted.forEach((next, place) => {
    const here = live.childNodes[place];
    if (!here) return live.appendChild(next);
    if (here.nodeType !== next.nodeType || here.nodeName !== next.nodeName) return live.replaceChild(next, here);
    if (here.nodeType === 3) {
      if (here.data !== next.data) here.data = next.data;
      return null;
    }
    for (const { name, value } of next.attributes) if (here.getAttribute(name) !== value) here.setAttribute(name, value);
    for (const { name } of [...here.attributes]) if (!next.hasAttribute(name) && name !== "open") here.removeAttribute(name);
    return morph(here, next);
  });
  while (live.childNodes.length > wanted.length) live.removeChild(live.lastChild);
}
