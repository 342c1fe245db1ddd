// What is on the screen: what came last of each kind, and what this tab alone knows.

/**
 * @typedef {any} Content what the server tells: its keys are those of the Python side
 * @typedef {any} Live an element on the page: of which kind it is, its selector says
 * @typedef {import("./messages.js").Message} Message
 * @typedef {(message: Message) => void} Send
 */

export const now = {
  /** texts, names, terms, units and levers, once a language @type {Content} */
  page: {},
  /** the scenario and its plan @type {Content} */
  board: null,
  /** the last plan that there was @type {Content} */
  last: null,
  /** what comes after the board @type {Content} */
  curve: null,
  /** @type {Content} */
  words: null,
  /** @type {Content} */
  reasons: null,
  /** @type {Content} */
  ways: null,
  /** what other pages show @type {Content} */
  compare: null,
  /** @type {Content} */
  rows: null,
  /** @type {Content} */
  runs: null,
  /** @type {Content} */
  plant: null,
  /** @type {Content} */
  commands: null,
  /** the table over the page: of which card or figure @type {Content} */
  panel: null,
  /** what is unfolded @type {Record<string, any>} */
  open: {},
  /** of cards, in pixels @type {Record<string, number>} */
  widths: {},
  /** what was typed of a plant @type {Content} */
  form: null,
  formOpen: false,
  formSending: false,
  /** of the Benchmark page when it was drawn last @type {string | undefined} */
  plantState: undefined,
};
