// What is on the screen, words and numbers. All text from outside goes through esc().
import { now } from "./now.js";

export const esc = (text) => String(text ?? "").replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
export const say = (key, values = {}) =>
  esc(now.page.texts?.[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
export const named = (dim, label) => esc(now.page.names?.[dim]?.[label] ?? label);
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
export const termed = (name) => esc(capital(now.page.terms?.[name] ?? name));
export const isZh = () => now.page.language === "zh";
