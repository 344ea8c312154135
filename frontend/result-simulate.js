/** What `simulate` made: nothing but its steps, each a dot. */

import { h } from "./element.js";
import { runTime } from "./card-state.js";

/** @typedef {import("./snapshot.js").Task} Task */

/** More dots than this say no more. */
const MOST = 100;

/** @param {Task} task */
export function steps(task) {
  const total = Number(task.output?.value?.steps ?? task.progress.total ?? 0);
  const dots = Array.from({ length: Math.min(total, MOST) }, (_, index) => h("i", { vars: { "--index": index } }));
  // About twice as wide as high, as the place for them is.
  const columns = Math.ceil(Math.sqrt(dots.length * 2.2)) || 1;
  return h(
    "div",
    { class: "steps" },
    h("div", { class: "steps-dots", "aria-hidden": "true", vars: { "--columns": columns } }, ...dots),
    h("p", { class: "steps-text" }, h("b", { text: String(total) }), total === 1 ? " step" : " steps", ` in ${runTime(task)}`),
  );
}
