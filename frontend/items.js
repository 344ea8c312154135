/** One item per card: an upload of this page, a task of the server, or the one that has become the other. */

/** @typedef {import("./snapshot.js").Task} Task */
/** @typedef {import("./upload-queue.js").Upload} Upload */

/**
 * @typedef {object} Item
 * @property {string} key names the card for as long as it is on the page
 * @property {File | null} file where this page has sent it itself: what its preview is drawn from
 * @property {Task | null} task
 * @property {Upload | null} upload
 * @property {{ time: number, index: number }} order
 */

/**
 * Newest first. Files that were dropped together stay in the order in which they were given.
 *
 * @param {Item} a
 * @param {Item} b
 */
export function compare(a, b) {
  if (a.order.time !== b.order.time) return b.order.time - a.order.time;
  if (a.order.index !== b.order.index) return a.order.index - b.order.index;
  return a.key < b.key ? 1 : -1;
}

export class Items {
  /** @type {Map<string, Item>} */
  #byUpload = new Map();
  /** @type {Map<string, Item>} */
  #byTask = new Map();
  /** The time of the newest item: the next upload stands before it, whatever the clocks say. */
  #newest = 0;

  /** The order of uploads that are made together. */
  nextTime() {
    this.#newest = Math.max(Date.now(), this.#newest + 1);
    return this.#newest;
  }

  /**
   * @param {Upload} upload
   * @param {boolean} queued whether it is still in the queue
   */
  setUpload(upload, queued) {
    const item = this.#byUpload.get(upload.key);
    if (!queued) this.#byUpload.delete(upload.key);
    else if (item) item.upload = upload;
    else {
      const { key, file, order } = upload;
      this.#byUpload.set(key, { key, file, task: null, upload, order });
    }
  }

  /**
   * The server has taken an upload: its card becomes the task's card. A hint may have brought the task here before the answer
   * did; then the upload's card wins, because people are looking at it.
   *
   * @param {Upload} upload
   * @param {Task} task
   */
  accept(upload, task) {
    const { key, file, order } = upload;
    const item = this.#byUpload.get(key) ?? { key, file, task: null, upload: null, order };
    this.#byUpload.delete(key);
    item.upload = null;
    item.task = this.#byTask.get(task.id)?.task ?? task;
    this.#byTask.set(task.id, item);
  }

  /**
   * @param {string} id
   * @param {Task | null} task
   */
  setTask(id, task) {
    const item = this.#byTask.get(id);
    if (!task) this.#byTask.delete(id);
    else if (item) item.task = task;
    else {
      const time = Date.parse(task.created_at) || 0;
      this.#newest = Math.max(this.#newest, time);
      this.#byTask.set(id, { key: id, file: null, task, upload: null, order: { time, index: 0 } });
    }
  }

  /** @returns {Item[]} newest first */
  sorted() {
    return [...this.#byUpload.values(), ...this.#byTask.values()].sort(compare);
  }
}
