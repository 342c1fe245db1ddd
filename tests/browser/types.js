// What the type check refuses: it fails where a line below is not refused.
import { now } from "../../dashboards/browser/now.js";

/** @type {import("../../dashboards/browser/now.js").Send} */
const send = () => undefined;

send({ type: "move", lever: "water_tax", label: "", value: 1 });
// @ts-expect-error a type that no message has
send({ type: "admin" });
// @ts-expect-error a key that its message does not have
send({ type: "unpin", place: 0, more: 1 });
// @ts-expect-error a value of another kind
send({ type: "unpin", place: "0" });
// @ts-expect-error a value that is not on the list
send({ type: "view", page: "admin" });
// @ts-expect-error a key is missing
send({ type: "open" });
// @ts-expect-error nothing of that name is kept
now.plam = null;
