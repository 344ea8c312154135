/** The tasks that this page knows: always the newest telling of each. */

import { newest } from "./snapshot.js";

/** @typedef {import("./snapshot.js").Task} Task */

/**
 * @callback Listener
 * @param {Task | null} task null when it is gone
 * @param {Task | null} before what was known before
 * @param {string} id
 * @returns {void}
 */

export class TaskStore {
  /** @type {Map<string, Task>} */
  #tasks = new Map();
  /** @type {Set<Listener>} */
  #listeners = new Set();

  /** @param {Listener} listener */
  subscribe(listener) {
    this.#listeners.add(listener);
  }

  /** @param {string} id */
  get(id) {
    return this.#tasks.get(id);
  }

  get size() {
    return this.#tasks.size;
  }

  all() {
    return this.#tasks.values();
  }

  /**
   * Takes a telling in, unless a newer one is known.
   *
   * @param {Task} candidate
   * @returns {boolean} whether anything changed
   */
  put(candidate) {
    const known = this.#tasks.get(candidate.id);
    const task = newest(known, candidate);
    if (task === known) return false;
    this.#tasks.set(task.id, task);
    for (const listener of this.#listeners) listener(task, known ?? null, task.id);
    return true;
  }

  /** @param {string} id */
  remove(id) {
    const known = this.#tasks.get(id);
    if (!known) return;
    this.#tasks.delete(id);
    for (const listener of this.#listeners) listener(null, known, id);
  }

  /**
   * Takes in a listing, which is complete from the newest task down to its last one: a task in that stretch that it does not
   * name has been deleted. The ids rise with time, so they say which tasks are in the stretch.
   *
   * @param {Task[]} tasks newest first
   * @param {{ complete: boolean, knownBefore: Set<string> }} listing `complete` when nothing follows; `knownBefore`: the ids
   *   that were known when the question was asked, since younger ones may be missing without being gone
   * @returns {boolean} whether anything changed
   */
  reconcile(tasks, { complete, knownBefore }) {
    let changed = false;
    for (const task of tasks) changed = this.put(task) || changed;
    const named = new Set(tasks.map((task) => task.id));
    const last = tasks.at(-1)?.id;
    for (const id of knownBefore) {
      const covered = complete || (last !== undefined && id >= last);
      if (!covered || named.has(id) || !this.#tasks.has(id)) continue;
      this.remove(id);
      changed = true;
    }
    return changed;
  }
}
