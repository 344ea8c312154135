/** Which tasks the socket watches, and what its frames mean. */

import { isTerminal } from "./snapshot.js";

/** @typedef {import("./snapshot.js").Task} Task */
/** @typedef {import("./task-store.js").TaskStore} TaskStore */

/** The server watches this many tasks for one socket. */
export const WATCH_LIMIT = 256;

/**
 * The tasks worth watching, when there are more than may be watched: what is being worked on, then what is next in line.
 *
 * @param {Iterable<Task>} tasks
 * @param {number} [limit]
 * @returns {string[]} ids
 */
export function worthWatching(tasks, limit = WATCH_LIMIT) {
  const active = [...tasks].filter((task) => !isTerminal(task));
  const rank = (/** @type {Task} */ task) => (task.status === "processing" ? 0 : 1);
  active.sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
  return active.slice(0, limit).map((task) => task.id);
}

export class Watch {
  /** @type {Set<string>} */
  #watched = new Set();
  /** Ids that the server refused to watch; asked for again on the next connection. @type {Set<string>} */
  #refused = new Set();
  /** Revisions at which a task was watched anew although its end had been told. @type {Map<string, number>} */
  #doubted = new Map();
  #scheduled = false;
  #options;

  /**
   * @param {object} options
   * @param {TaskStore} options.store
   * @param {(message: object) => void} options.send
   * @param {() => void} options.onListChanged
   */
  constructor(options) {
    this.#options = options;
    options.store.subscribe((task, before) => {
      const mattered = before !== null && !isTerminal(before);
      const matters = task !== null && !isTerminal(task);
      if (matters !== mattered) this.#schedule();
    });
  }

  /** A new connection knows nothing of the old one's watches. */
  opened() {
    this.#watched.clear();
    this.#refused.clear();
    this.#doubted.clear();
    this.#options.store.reconnected();
    this.#options.send({ list: true });
    this.#update();
  }

  /** @param {any} frame */
  frame(frame) {
    const { store } = this.#options;
    if (typeof frame.id === "string" && typeof frame.revision === "number") {
      // The server forgets a task once it has told the end of it.
      if (isTerminal(frame)) this.#watched.delete(frame.id);
      store.hear(frame);
      const task = store.get(frame.id);
      if (isTerminal(frame) && task && !isTerminal(task)) this.#doubt(task);
    } else if (typeof frame.gone === "string") {
      this.#watched.delete(frame.gone);
      store.remove(frame.gone);
    } else if (frame.error !== undefined && typeof frame.id === "string") {
      this.#watched.delete(frame.id);
      if (frame.error === "task-not-found") store.remove(frame.id);
      else this.#refused.add(frame.id);
    } else if (frame.list_changed !== undefined) {
      this.#options.onListChanged();
    }
  }

  /**
   * The server has told an end, and the page knows that the task goes on: either of them is late, or the store went back.
   * The list knows. Watched anew, once, the task is told as the server has it by now.
   *
   * @param {Task} task
   */
  #doubt({ id, revision }) {
    this.#options.onListChanged();
    if (this.#doubted.get(id) === revision) return;
    this.#doubted.set(id, revision);
    this.#schedule();
  }

  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Ten tasks that arrive together are one message.
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#update();
    });
  }

  #update() {
    const { store, send } = this.#options;
    const wanted = new Set(worthWatching(store.all()).filter((id) => !this.#refused.has(id)));
    const unwatch = [...this.#watched].filter((id) => !wanted.has(id));
    const watch = [...wanted].filter((id) => !this.#watched.has(id));
    // First make room, then fill it.
    if (unwatch.length > 0) send({ unwatch });
    if (watch.length > 0) send({ watch });
    this.#watched = wanted;
  }
}
