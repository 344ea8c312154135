/** The tasks that this page knows: of each, what the store said last, as far as this page can tell. */

import { isRewound, newest } from "./snapshot.js";

/** @typedef {import("./snapshot.js").Task} Task */

/**
 * @callback Listener
 * @param {Task | null} task null when it is gone
 * @param {Task | null} before what was known before
 * @param {string} id
 * @returns {void}
 */

/** Before everything: of an answer that says nothing of when it was asked for. */
const LONG_AGO = -1;

/**
 * Tellings come over several ways, which overtake each other: of two the newer one counts, by revision and tick. A store
 * that was restored from a backup goes back to a lower revision, which looks like a telling that came late. Two things tell
 * them apart: an answer to a question that was asked after something was known is no older than that, and what a connection
 * tells is in order.
 */
export class TaskStore {
  /** @type {Map<string, Task>} */
  #tasks = new Map();
  /** When each of them was last told, in moments. @type {Map<string, number>} */
  #told = new Map();
  /** What the connection of now told last of each task. @type {Map<string, { task: Task, moment: number }>} */
  #heard = new Map();
  /** @type {Set<Listener>} */
  #listeners = new Set();
  #moment = 0;

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

  /** Rises with everything that is told. To be kept with a question, for the answer to it. */
  get moment() {
    return this.#moment;
  }

  /**
   * Takes an answer of the store in, unless something newer is known. An older one is believed if it was asked for after what
   * is known was told: the store has gone back.
   *
   * @param {Task} answer
   * @param {number} [asked] the moment of the question
   * @returns {boolean} whether anything changed
   */
  put(answer, asked = LONG_AGO) {
    const heard = this.#heard.get(answer.id);
    // What the connection told meanwhile may be what came of it since.
    const said = heard && heard.moment > asked ? newest(answer, heard.task) : answer;
    return this.#take(said, (this.#told.get(answer.id) ?? LONG_AGO) <= asked);
  }

  /**
   * Takes in what the connection tells. An older telling is believed if it is older than what the same connection told before.
   *
   * @param {Task} task
   * @returns {boolean} whether anything changed
   */
  hear(task) {
    const before = this.#heard.get(task.id)?.task;
    this.#heard.set(task.id, { task, moment: this.#moment + 1 });
    return this.#take(task, before !== undefined && isRewound(task, before));
  }

  /** Another connection may lead to another server, which may know less yet. */
  reconnected() {
    this.#heard.clear();
  }

  /**
   * @param {Task} said
   * @param {boolean} isLater whether it was surely said after what is known
   * @returns {boolean} whether anything changed
   */
  #take(said, isLater) {
    this.#moment += 1;
    const known = this.#tasks.get(said.id);
    const isBack = known !== undefined && isRewound(said, known);
    if (isBack && !isLater) return false;
    this.#told.set(said.id, this.#moment);
    // Nothing of an earlier history goes along into this one.
    const task = isBack ? said : newest(known, said);
    if (task === known) return false;
    this.#tasks.set(task.id, task);
    for (const listener of this.#listeners) listener(task, known ?? null, task.id);
    return true;
  }

  /** @param {string} id */
  remove(id) {
    const known = this.#tasks.get(id);
    this.#told.delete(id);
    this.#heard.delete(id);
    if (!known) return;
    this.#tasks.delete(id);
    for (const listener of this.#listeners) listener(null, known, id);
  }

  /**
   * Takes in a listing, which is complete from the newest task down to its last one: a task in that stretch that it does not
   * name has been deleted. The ids rise with time, so they say which tasks are in the stretch.
   *
   * @param {Task[]} tasks newest first
   * @param {{ complete: boolean, knownBefore: Set<string>, asked?: number }} listing `complete` when nothing follows;
   *   `knownBefore`: the ids that were known when the question was asked, since younger ones may be missing without being
   *   gone; `asked`: the moment of the question
   * @returns {boolean} whether anything changed
   */
  reconcile(tasks, { complete, knownBefore, asked }) {
    let changed = false;
    for (const task of tasks) changed = this.put(task, asked) || changed;
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
