// A message that is too long for one goes in parts; the server puts them together.
const PART_SIGNS = 100_000;

/** @param {import("./now.js").Message} message @returns {import("./now.js").Message[]} */
export function inParts(message, most = PART_SIGNS) {
  const text = JSON.stringify(message);
  if (text.length <= most) return [message];
  const of = Math.ceil(text.length / most), { seq } = message;
  return Array.from({ length: of }, (_, at) => ({ type: "part", at, of, seq, text: text.slice(at * most, (at + 1) * most) }));
}
