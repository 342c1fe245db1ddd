// What is on the screen: what came last of each kind, and what this tab alone knows.

/**
 * @typedef {any} Content what the server tells: its keys are those of the Python side
 * @typedef {any} Live an element on the page: of which kind it is, its selector says
 * @typedef {import("./messages.js").Message} Message
 * @typedef {(message: Message) => void} Send
 *
 * @typedef {object} Now
 * @property {Content} page texts, names, terms, units and levers, once a language
 * @property {Content} board the scenario and its plan
 * @property {Content} last the last plan that there was
 * @property {Content} [curve] what comes after the board: the cost curve,
 * @property {Content} [anyway] what would happen without a programme,
 * @property {Content} [on_top] what a programme has to add to that,
 * @property {Content} [words] why each technology is in or out,
 * @property {Content} [reasons] what the answer rests on,
 * @property {Content} [ways] ways out of a scenario without a plan
 * @property {Content} [compare] what other pages show
 * @property {Content} [rows]
 * @property {Content} [runs]
 * @property {Content} [plant]
 * @property {Content} [commands]
 * @property {Content} panel the table over the page: of which card or figure
 * @property {Record<string, any>} open what is unfolded
 * @property {Record<string, number>} widths of cards, in pixels
 * @property {Content} [form] what was typed of a plant
 * @property {boolean} [formOpen]
 * @property {boolean} [formSending]
 * @property {string} [plantState] of the Benchmark page when it was drawn last
 */

/** @type {Now} */
export const now = { page: {}, board: null, last: null, panel: null, open: {}, widths: {} };
