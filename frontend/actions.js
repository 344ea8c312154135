/** What the buttons of a card do. */

import { cancelTask, deleteTask, getTask, idempotencyKey, Problem, requeueTask } from "./api.js";

/** @typedef {import("./card-state.js").Action} Action */
/** @typedef {import("./items.js").Item} Item */
/** @typedef {import("./snapshot.js").Task} Task */

export class Actions {
  /** One request at a time for a task, however often a button is pressed. @type {Set<string>} */
  #busy = new Set();
  #options;

  /**
   * @param {object} options
   * @param {import("./task-store.js").TaskStore} options.store
   * @param {import("./upload-queue.js").UploadQueue} options.queue
   * @param {(task: Task) => void} options.onDetails
   * @param {(text: string) => void} options.onProblem
   */
  constructor(options) {
    this.#options = options;
  }

  /**
   * @param {Action} action
   * @param {Item} item
   */
  do(action, { task, upload }) {
    const { queue, onDetails } = this.#options;
    if (upload) {
      if (action === "cancel") queue.cancel(upload.key);
      if (action === "requeue") queue.requeue(upload.key, idempotencyKey());
      if (action === "delete") queue.discard(upload.key);
    } else if (task) {
      if (action === "details") onDetails(task);
      else this.#ask(action, task);
    }
  }

  /** @param {Task} task */
  cancel(task) {
    return this.#ask("cancel", task);
  }

  /**
   * @param {Action} action
   * @param {Task} task
   */
  async #ask(action, task) {
    const { store, onProblem } = this.#options;
    if (this.#busy.has(task.id)) return;
    this.#busy.add(task.id);
    const asked = store.moment;
    try {
      if (action === "cancel") store.put(await cancelTask(task), asked);
      if (action === "requeue") store.put(await requeueTask(task), asked);
      if (action === "delete") {
        await deleteTask(task);
        store.remove(task.id);
      }
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      await this.#recover(task, problem, asked).catch(() => onProblem(problem.message));
    } finally {
      this.#busy.delete(task.id);
    }
  }

  /**
   * The task is not as it was thought to be: another tab was faster, or it has just ended. Its state now is the answer.
   *
   * @param {Task} task
   * @param {Problem} problem
   * @param {number} asked
   */
  async #recover(task, problem, asked) {
    if (problem.status === 404 || problem.status === 410) this.#options.store.remove(task.id);
    else if (problem.status === 409) this.#options.store.put(problem.task ?? (await getTask(task.id)), asked);
    else throw problem;
  }
}
