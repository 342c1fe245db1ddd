// What is sent. One move is under way at a time; of each control the newest waits.
import { now } from "./now.js";
import { inParts } from "./parts.js";

const controlOf = ({ lever, label }) => `${lever}.${label ?? ""}`;

/**
 * @typedef {import("./now.js").Send} Send
 * @param {Send} sendMessage
 * @param {(isBusy: boolean) => void} showBusy
 * @returns {{ send: Send, tell: Send, settle: (seq?: number) => void, isHeld: (input: Live) => boolean, hold: (input: Live) => void }}
 * @typedef {import("./now.js").Live} Live
 */
export function outbox(sendMessage, showBusy) {
  let number = 0, busy = 0, held = null;
  const waiting = new Map(), moved = new Map(); // by control: the move that waits, the number of the last that was sent

  const tell = (/** @type {any} */ message) => { for (const part of inParts(message)) sendMessage(part); }; // what no move waits for
  const send = (/** @type {any} */ message) => {
    if (busy && message.lever) return void waiting.set(controlOf(message), message);
    number += 1;
    busy = number;
    showBusy(true);
    tell({ ...message, seq: number });
    if (message.lever) moved.set(controlOf(message), number);
  };
  const settle = (/** @type {number | undefined} */ seq) => { // an answer has come
    if (seq === undefined || seq < busy) return;
    busy = 0;
    showBusy(false);
    const [next] = waiting;
    if (!next) return;
    waiting.delete(next[0]);
    send(next[1]);
  };
  const isHeld = (input) => { // a hand is on it, or the board does not answer its last move yet
    const control = controlOf(input.dataset);
    return input === held || waiting.has(control) || moved.get(control) > now.board.seq;
  };
  return { send, tell, settle, isHeld, hold: (input) => { held = input; } };
}
