// What is on the screen: what came last of each kind, and what this tab alone knows.
export const now = { page: {}, board: null, last: null, curve: null, reasons: null, words: null, ways: null, panel: null, open: {}, widths: {}, search: "" };
