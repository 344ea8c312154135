/** The workers of the fleet: what each runs, for how long, and whether it is still heard of. */

import { h, setAttribute, setText } from "./element.js";
import { ago, count, duration } from "./format.js";
import { icon } from "./icons.js";
import { kindLabel, KINDS } from "./kinds.js";
import { isSilent, LISTED, longestRunning } from "./stats.js";

/** @typedef {import("./stats.js").Running} Running */
/** @typedef {import("./stats.js").Stats} Stats */
/** @typedef {import("./stats.js").Worker} Worker */

/** Between two looks at the clock, in milliseconds. */
const TICK = 1000;

/** The end of an id is what differs; its start is a time. */
const short = (/** @type {string} */ id) => id.replaceAll("-", "").slice(-8);

/**
 * A length of time without tenths, which nobody can read while they run.
 *
 * @param {number} milliseconds
 */
const whole = (milliseconds) => duration(milliseconds).replace(/\.\d s$/, " s");

export class Workers {
  /** @type {Map<string, WorkerRow>} */
  #rows = new Map();
  #list;
  #onTask;
  #nobody = h("li", { class: "quiet", text: "No worker is alive. Tasks wait until one starts." });
  /** How far the store's clock is ahead of that of the page's timers. */
  #ahead = 0;

  /**
   * @param {HTMLElement} list
   * @param {(id: string) => void} onTask
   */
  constructor(list, onTask) {
    this.#list = list;
    this.#onTask = onTask;
    setInterval(() => this.#tick(), TICK);
  }

  /** @param {Stats} stats */
  show({ now, workers }) {
    this.#ahead = Date.parse(now) - performance.now();
    const rows = workers.map((worker) => this.#row(worker));
    keepOnly(this.#rows, workers);
    place(this.#list, rows.length > 0 ? rows.map(({ element }) => element) : [this.#nobody]);
    this.#tick();
  }

  /** @param {Worker} worker */
  #row(worker) {
    const row = this.#rows.get(worker.id) ?? new WorkerRow(worker.id, this.#onTask);
    this.#rows.set(worker.id, row);
    row.update(worker);
    return row;
  }

  #tick() {
    if (document.hidden || !this.#list.checkVisibility()) return;
    const now = performance.now() + this.#ahead;
    for (const row of this.#rows.values()) row.tick(now);
  }
}

class WorkerRow {
  #busy = h("span", { class: "worker-busy" });
  #up = h("span");
  #beat = h("span", { class: "worker-beat" });
  #tasks = h("ul", { class: "worker-tasks" });
  #more = h("li", { class: "worker-more" });
  /** @type {Map<string, { element: HTMLElement, time: HTMLElement }>} */
  #lines = new Map();
  #onTask;
  /** @type {Worker | null} */
  #worker = null;

  /**
   * @param {string} id
   * @param {(id: string) => void} onTask
   */
  constructor(id, onTask) {
    this.#onTask = onTask;
    this.element = h(
      "li",
      { class: "worker" },
      h("span", { class: "worker-pulse", "aria-hidden": "true" }),
      h("span", { class: "worker-name", title: id, text: short(id) }),
      this.#busy,
      h("p", { class: "worker-facts" }, this.#up, this.#beat),
      this.#tasks,
    );
  }

  /** @param {Worker} worker */
  update(worker) {
    this.#worker = worker;
    setText(this.#busy, worker.running === 0 ? "idle" : `${count(worker.running)} running`);
    const shown = longestRunning(worker.tasks, LISTED);
    const lines = shown.map((task) => this.#line(task));
    keepOnly(this.#lines, shown);
    const rest = worker.running - shown.length;
    if (rest > 0) setText(this.#more, `and ${count(rest)} more`);
    place(this.#tasks, [...lines.map(({ element }) => element), ...(rest > 0 ? [this.#more] : [])]);
    this.#tasks.hidden = worker.running === 0;
  }

  /** @param {Running} task */
  #line({ id, kind }) {
    const known = this.#lines.get(id);
    if (known) return known;
    const time = h("span", { class: "worker-task-time" });
    const name = h("span", { class: "worker-task-kind", text: kindLabel(kind) });
    const button = h("button", { class: "worker-task", type: "button", title: id, on: { click: () => this.#onTask(id) } });
    button.append(icon(KINDS[kind]?.icon ?? "other"), name, h("span", { class: "worker-task-id", text: short(id) }), time);
    const line = { element: h("li", {}, button), time };
    this.#lines.set(id, line);
    return line;
  }

  /** @param {number} now by the store's clock, in milliseconds since the epoch */
  tick(now) {
    const worker = this.#worker;
    if (!worker) return;
    const silent = isSilent(worker, now);
    const beat = silent ? `last beat ${whole(now - Date.parse(worker.beat_at))} ago` : `beat ${ago(worker.beat_at, now)}`;
    setText(this.#up, `up ${whole(now - Date.parse(worker.started_at))} · `);
    setText(this.#beat, beat);
    setAttribute(this.element, "data-silent", silent ? "yes" : null);
    for (const { id, since } of worker.tasks) {
      const line = this.#lines.get(id);
      if (line) setText(line.time, whole(now - Date.parse(since)));
    }
  }
}

/**
 * @param {Map<string, unknown>} map by id
 * @param {{ id: string }[]} items
 */
function keepOnly(map, items) {
  const ids = new Set(items.map(({ id }) => id));
  for (const id of map.keys()) if (!ids.has(id)) map.delete(id);
}

/**
 * Makes the children of a list these and no others. Those that stay are left in peace, so that the focus stays too; from one
 * that goes it passes to its neighbour.
 *
 * @param {HTMLElement} list
 * @param {HTMLElement[]} elements
 */
function place(list, elements) {
  const kept = new Set(elements);
  for (const child of [...list.children]) {
    if (kept.has(/** @type {HTMLElement} */ (child))) continue;
    const neighbour = child.nextElementSibling ?? child.previousElementSibling;
    if (child.contains(document.activeElement)) neighbour?.querySelector("button")?.focus({ preventScroll: true });
    child.remove();
  }
  for (const [index, element] of elements.entries()) {
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  }
}
