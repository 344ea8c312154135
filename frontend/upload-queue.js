/** All uploads of this page: a few at a time, the rest in line, and sent again under the same key when the network fails. */

import { backoff } from "./backoff.js";
import { Problem } from "./api.js";

/** @typedef {import("./snapshot.js").Task} Task */

/**
 * @typedef {object} Upload
 * @property {string} key the Idempotency-Key: the same for every try, so a lost answer makes no second task
 * @property {File | null} file null for work that needs none
 * @property {string} kind
 * @property {Record<string, any>} params
 * @property {{ time: number, index: number }} order where it stands in the list
 * @property {"queued" | "uploading" | "waiting" | "failed" | "cancelled"} state `waiting` for the next try
 * @property {number} loaded bytes sent
 * @property {number} total bytes to send
 * @property {number} tries that failed since something last went well
 * @property {Problem | null} problem why the last try failed
 */

/** How often a broken server (not an absent or busy one) is asked again. */
const BROKEN_TRIES = 5;

export class UploadQueue {
  /** @type {Map<string, Upload>} */
  #uploads = new Map();
  /** @type {Map<string, AbortController>} */
  #running = new Map();
  /** Ends the wait of every upload that waits for its next try. */
  #hurry = new AbortController();
  #options;

  /**
   * @param {object} options
   * @param {number} [options.limit] uploads at once
   * @param {(upload: Upload, onProgress: (loaded: number, total: number) => void, signal: AbortSignal) => Promise<Task>}
   *   options.send
   * @param {(file: File) => Promise<boolean>} options.isReadable
   * @param {(upload: Upload) => void} options.onChange also when the upload has left the queue
   * @param {(upload: Upload, task: Task) => void} options.onAccepted
   * @param {(upload: Upload, task: Task) => void} options.onUnwanted the server took what was just cancelled
   */
  constructor(options) {
    this.#options = { limit: 3, ...options };
  }

  /** @param {Pick<Upload, "key" | "file" | "kind" | "params" | "order">} request */
  add(request) {
    const total = request.file?.size ?? 0;
    /** @type {Upload} */
    const upload = { ...request, state: "queued", loaded: 0, total, tries: 0, problem: null };
    this.#uploads.set(upload.key, upload);
    this.#options.onChange(upload);
    this.#next();
  }

  /** @param {string} key */
  get(key) {
    return this.#uploads.get(key);
  }

  /** Uploads that would be lost with the page. */
  get unfinished() {
    return [...this.#uploads.values()].filter(({ state }) => state !== "failed" && state !== "cancelled").length;
  }

  /**
   * Stops an upload. One whose bytes are all sent may have been accepted already, so it is left to end and the task is
   * cancelled then.
   *
   * @param {string} key
   */
  cancel(key) {
    const upload = this.#uploads.get(key);
    if (!upload) return;
    const sent = upload.state === "uploading" && upload.total > 0 && upload.loaded >= upload.total;
    upload.state = "cancelled";
    if (!sent) this.#running.get(key)?.abort(new DOMException("cancelled", "AbortError"));
    this.#options.onChange(upload);
    this.#next();
  }

  /**
   * Puts a failed or cancelled upload in line again, under a key of its own: it is a new wish.
   *
   * @param {string} key
   * @param {string} newKey
   */
  requeue(key, newKey) {
    const upload = this.#uploads.get(key);
    if (!upload || (upload.state !== "failed" && upload.state !== "cancelled")) return;
    this.discard(key);
    this.add({ ...upload, key: newKey });
  }

  /** @param {string} key */
  discard(key) {
    const upload = this.#uploads.get(key);
    if (!upload) return;
    this.#uploads.delete(key);
    this.#running.get(key)?.abort(new DOMException("discarded", "AbortError"));
    this.#options.onChange(upload);
  }

  /** The server answers again: whoever waits tries now. */
  hurry() {
    this.#hurry.abort();
    this.#hurry = new AbortController();
  }

  #next() {
    for (const upload of this.#uploads.values()) {
      if (this.#running.size >= this.#options.limit) return;
      if (upload.state === "queued") this.#run(upload);
    }
  }

  /** @param {Upload} upload */
  async #run(upload) {
    const abort = new AbortController();
    this.#running.set(upload.key, abort);
    try {
      const task = await this.#sendUntilAnswered(upload, abort.signal);
      this.#uploads.delete(upload.key);
      if (upload.state === "cancelled") this.#options.onUnwanted(upload, task);
      else this.#options.onAccepted(upload, task);
    } catch (problem) {
      if (upload.state !== "cancelled" && !abort.signal.aborted) {
        upload.state = "failed";
        upload.problem = problem instanceof Problem ? problem : new Problem(0, String(problem));
        this.#options.onChange(upload);
      }
    } finally {
      this.#running.delete(upload.key);
      this.#next();
    }
  }

  /**
   * @param {Upload} upload
   * @param {AbortSignal} signal
   */
  async #sendUntilAnswered(upload, signal) {
    for (;;) {
      if (upload.state !== "cancelled") Object.assign(upload, { state: "uploading", loaded: 0 });
      this.#options.onChange(upload);
      try {
        return await this.#options.send(upload, (loaded, total) => this.#progress(upload, loaded, total), signal);
      } catch (problem) {
        if (!(problem instanceof Problem) || !problem.isTemporary || upload.state === "cancelled") throw problem;
        if (upload.file && !(await this.#options.isReadable(upload.file))) {
          throw new Problem(0, "The file has changed or can no longer be read. Choose it again.");
        }
        upload.tries += 1;
        upload.problem = problem;
        if (problem.status === 500 && upload.tries >= BROKEN_TRIES) throw problem;
      }
      signal.throwIfAborted();
      upload.state = "waiting";
      this.#options.onChange(upload);
      await this.#pause(upload.problem?.retryAfter ?? backoff(upload.tries - 1), signal);
    }
  }

  /**
   * @param {Upload} upload
   * @param {number} loaded
   * @param {number} total
   */
  #progress(upload, loaded, total) {
    if (loaded > upload.loaded) upload.tries = 0;
    Object.assign(upload, { loaded, total });
    this.#options.onChange(upload);
  }

  /**
   * @param {number} milliseconds
   * @param {AbortSignal} signal
   */
  #pause(milliseconds, signal) {
    const hurry = this.#hurry.signal;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(end, milliseconds);
      hurry.addEventListener("abort", end, { once: true });
      signal.addEventListener("abort", stop, { once: true });
      /** @this {unknown} */
      function end() {
        clearTimeout(timer);
        signal.removeEventListener("abort", stop);
        hurry.removeEventListener("abort", end);
        resolve(undefined);
      }
      function stop() {
        clearTimeout(timer);
        hurry.removeEventListener("abort", end);
        reject(signal.reason);
      }
    });
  }
}
