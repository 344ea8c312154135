/** What any other processor gave back: its JSON, as it is. */

import { h } from "./element.js";

/** @typedef {import("./snapshot.js").Task} Task */

/** How much of a result is shown, in characters. */
const LONGEST = 4000;

/** @param {Task} task */
export function json(task) {
  const text = JSON.stringify(task.output?.value ?? null, null, 2);
  const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}\n…` : text;
  return h("pre", { class: "json", tabindex: 0, "aria-label": "Result", text: shown });
}

/**
 * The plain members of the result.
 *
 * @param {Task} task
 * @returns {[string, string][]}
 */
export function facts(task) {
  const value = task.output?.value;
  if (value === null || typeof value !== "object" || Array.isArray(value)) return [];
  return Object.entries(value)
    .filter(([, member]) => ["string", "number", "boolean"].includes(typeof member))
    .map(([name, member]) => [name.replaceAll("_", " ").replace(/^./, (c) => c.toUpperCase()), String(member)]);
}
