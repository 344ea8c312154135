/** The second view: what the whole service is doing. Asked for every few seconds while somebody looks. */

import { stats } from "./api.js";
import { endingsChart, loadChart } from "./chart.js";
import { h, setText } from "./element.js";
import { ago, count, duration, percent } from "./format.js";
import { kindLabel } from "./kinds.js";
import { endedPerMinute, history, successRate, totals } from "./stats.js";

/** @typedef {import("./stats.js").Sample} Sample */
/** @typedef {import("./stats.js").Stats} Stats */
/** @typedef {import("./stats.js").Worker} Worker */

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
  /** @type {Record<string, HTMLElement>} */
  #numbers = {};

  /**
   * @param {object} options
   * @param {HTMLElement} options.view
   * @param {Record<"tiles" | "endings" | "load" | "kinds" | "workers" | "note", HTMLElement>} options.parts
   * @param {() => Iterable<import("./snapshot.js").Task>} options.tasks
   */
  constructor(options) {
    this.#options = options;
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
    const { endings, load, kinds, workers } = this.#options.parts;
    endings.replaceChildren(endingsChart(buckets));
    load.replaceChildren(loadChart(buckets));
    kinds.replaceChildren(kindsTable(answer));
    workers.replaceChildren(...workerList(answer.workers ?? [], now));
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

/**
 * @param {Worker[]} workers
 * @param {number} now
 */
function workerList(workers, now) {
  if (workers.length === 0) return [h("li", { class: "quiet", text: "No worker is alive. Tasks wait until one starts." })];
  return workers.map((worker) => {
    const slots = Math.min(64, Math.max(worker.slots ?? 0, worker.running));
    const squares = Array.from({ length: slots }, (_, index) => h("i", { "data-busy": index < worker.running ? "yes" : null }));
    const running = worker.slots ? `${worker.running} of ${worker.slots} slots busy` : `${count(worker.running)} running`;
    const up = worker.started_at ? `up ${duration(now - Date.parse(worker.started_at)).replace(/\.\d s$/, " s")}` : "";
    const beat = worker.beat_at ? `beat ${ago(worker.beat_at, now)}` : "";
    return h(
      "li",
      { class: "worker" },
      h("span", { class: "worker-pulse", "aria-hidden": "true" }),
      h("span", { class: "worker-name", title: worker.id, text: worker.id.replaceAll("-", "").slice(-8) }),
      h("span", { class: "worker-slots", "aria-hidden": "true" }, ...squares),
      h("span", { class: "worker-facts", text: [running, up, beat].filter(Boolean).join(" · ") }),
    );
  });
}
