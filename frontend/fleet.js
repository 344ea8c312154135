/** The second view: what the whole service is doing. Asked for every few seconds while somebody looks. */

import { stats } from "./api.js";
import { endingsChart, loadChart } from "./chart.js";
import { h, setText } from "./element.js";
import { count, duration, percent } from "./format.js";
import { kindLabel } from "./kinds.js";
import { endedPerMinute, history, successRate, totals } from "./stats.js";
import { Workers } from "./workers.js";

/** @typedef {import("./stats.js").Sample} Sample */
/** @typedef {import("./stats.js").Stats} Stats */

/** Between two questions, in milliseconds. */
const PACE = 2500;
/** Samples that are kept: more than the charts show. */
const KEPT = 200;

const TILES = /** @type {const} */ ([
  ["running", "Running"],
  ["waiting", "Waiting"],
  ["pace", "Ended per minute"],
  ["success", "Succeeded"],
]);

export class Fleet {
  /** @type {Sample[]} */
  #samples = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #shown = false;
  #asking = false;
  #options;
  #workers;
  /** @type {Record<string, HTMLElement>} */
  #numbers = {};

  /**
   * @param {object} options
   * @param {HTMLElement} options.view
   * @param {Record<"tiles" | "endings" | "load" | "kinds" | "workers" | "note", HTMLElement>} options.parts
   * @param {() => Iterable<import("./snapshot.js").Task>} options.tasks
   * @param {(id: string) => void} options.onTask
   */
  constructor(options) {
    this.#options = options;
    this.#workers = new Workers(options.parts.workers, options.onTask);
    for (const [name, label] of TILES) {
      const number = h("dd", { text: "–" });
      this.#numbers[name] = number;
      options.parts.tiles.append(h("div", { class: "number" }, h("dt", { text: label }), number));
    }
    document.addEventListener("visibilitychange", () => this.#ask());
  }

  /** @param {boolean} shown */
  show(shown) {
    this.#shown = shown;
    this.#ask();
  }

  async #ask() {
    clearTimeout(this.#timer);
    if (!this.#shown || document.hidden || this.#asking) return;
    this.#asking = true;
    try {
      this.#take(await stats());
      setText(this.#options.parts.note, "");
      this.#options.view.dataset.state = "live";
    } catch (problem) {
      setText(this.#options.parts.note, `${/** @type {Error} */ (problem).message} Trying again.`);
      this.#options.view.dataset.state = "stale";
    } finally {
      this.#asking = false;
    }
    this.#timer = setTimeout(() => this.#ask(), PACE);
  }

  /** @param {Stats} answer */
  #take(answer) {
    const now = Date.now();
    const sum = totals(answer);
    this.#samples = [...this.#samples.slice(-KEPT), { time: now, totals: sum }];
    const buckets = history(this.#samples, this.#options.tasks(), now);
    const success = successRate(sum);
    setText(this.#numbers.running, count(sum.processing));
    setText(this.#numbers.waiting, count(sum.pending));
    setText(this.#numbers.pace, count(endedPerMinute(buckets)));
    setText(this.#numbers.success, success === null ? "–" : percent(success));
    const { endings, load, kinds } = this.#options.parts;
    endings.replaceChildren(endingsChart(buckets));
    load.replaceChildren(loadChart(buckets));
    kinds.replaceChildren(kindsTable(answer));
    this.#workers.show(answer);
  }
}

/** @type {["processing" | "pending" | "completed" | "failed" | "cancelled", string][]} */
const COLUMNS = [
  ["processing", "Running"],
  ["pending", "Waiting"],
  ["completed", "Completed"],
  ["failed", "Failed"],
  ["cancelled", "Cancelled"],
];

/** @param {Stats} stats */
function kindsTable({ kinds, window_seconds }) {
  if (kinds.length === 0) return h("p", { class: "quiet", text: "No tasks yet." });
  const span = duration((window_seconds ?? 0) * 1000).replace(/ 00 (min|s)$/, "");
  const head = COLUMNS.map(([, label]) => h("th", { scope: "col", text: label }));
  const rows = kinds.map((kind) => {
    const cells = COLUMNS.map(([name]) => h("td", { "data-zero": kind[name] === 0 ? "yes" : null, text: count(kind[name]) }));
    const some = COLUMNS.filter(([name]) => kind[name] > 0);
    const parts = some.map(([name]) => h("i", { "data-part": name, vars: { "--part": kind[name] } }));
    const name = h("th", { scope: "row" }, kindLabel(kind.kind), h("span", { class: "parts", "aria-hidden": "true" }, ...parts));
    return h("tr", {}, name, ...cells);
  });
  return h(
    "table",
    { class: "kinds-table" },
    h("caption", { text: window_seconds ? `Ended tasks of the last ${span}` : "" }),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { class: "hidden", text: "Kind" })), ...head)),
    h("tbody", {}, ...rows),
  );
}
