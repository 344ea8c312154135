/** The list as the server has it: the first page at the start, older pages on request, and everything again after a hint. */

import { listTasks } from "./api.js";
import { backoff } from "./backoff.js";

/** @typedef {import("./task-store.js").TaskStore} TaskStore */
/** @typedef {import("./api.js").Problem} Problem */

/** Tasks on a page. */
const PAGE = 48;
/** Between two hints that are followed, in milliseconds. */
const PACE = 600;

/**
 * @typedef {object} ListingState
 * @property {boolean} loaded whether an answer has come at all
 * @property {boolean} more whether there are older tasks
 * @property {boolean} loadingMore
 * @property {Problem | null} problem why the last question failed
 */

export class Listing {
  /** @type {ListingState} */
  state = { loaded: false, more: false, loadingMore: false, problem: null };
  #pages = 1;
  #busy = false;
  #again = false;
  #failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #due = Infinity;
  #lastAsked = -Infinity;
  #store;
  #onChange;

  /**
   * @param {object} options
   * @param {TaskStore} options.store
   * @param {() => void} options.onChange
   */
  constructor({ store, onChange }) {
    this.#store = store;
    this.#onChange = onChange;
  }

  /** Something has changed somewhere: ask soon, however often this is said. */
  refresh() {
    this.#schedule(Math.max(120, PACE - (performance.now() - this.#lastAsked)));
  }

  /** Asks now; after an error this does not wait for the next try. */
  async reload() {
    this.#due = Infinity;
    clearTimeout(this.#timer);
    if (this.#busy) {
      this.#again = true;
      return false;
    }
    this.#busy = true;
    this.#lastAsked = performance.now();
    let changed = false;
    try {
      changed = await this.#ask();
      this.#failures = 0;
      this.#set({ loaded: true, loadingMore: false, problem: null });
    } catch (problem) {
      this.#set({ loadingMore: false, problem: /** @type {Problem} */ (problem) });
      this.#schedule(backoff(this.#failures));
      this.#failures += 1;
    } finally {
      this.#busy = false;
    }
    if (this.#again) {
      this.#again = false;
      this.refresh();
    }
    return changed;
  }

  /** Shows one page more. */
  more() {
    this.#pages += 1;
    this.#set({ loadingMore: true });
    return this.reload();
  }

  async #ask() {
    const asked = this.#store.moment;
    const knownBefore = new Set([...this.#store.all()].map((task) => task.id));
    const tasks = [];
    /** @type {string | null} */
    let after = null;
    for (let page = 0; page < this.#pages; page += 1) {
      const answer = await listTasks({ limit: PAGE, after });
      tasks.push(...answer.tasks);
      after = answer.next ?? null;
      if (!after) break;
    }
    this.#set({ more: after !== null });
    return this.#store.reconcile(tasks, { complete: after === null, knownBefore, asked });
  }

  /** @param {number} wait in milliseconds; an earlier appointment stands */
  #schedule(wait) {
    const due = performance.now() + wait;
    if (due >= this.#due) return;
    this.#due = due;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.reload(), wait);
  }

  /** @param {Partial<ListingState>} change */
  #set(change) {
    Object.assign(this.state, change);
    this.#onChange();
  }
}
