/** A small picture of a file that is still on its way: drawn once, in this tab only, forgotten when the result is there. */

import { isPicture } from "./kinds.js";

/** Larger files are not decoded just for a preview, in bytes. */
const LARGEST = 60_000_000;
/** Width of the drawing, in pixels. */
const WIDTH = 480;
/** At most so many drawings at once. */
const LIMIT = 60;

export class Previews {
  /** @type {Map<string, HTMLCanvasElement>} */
  #canvases = new Map();
  /** One after the other, so that a hundred photographs do not fill the memory. @type {Promise<void>} */
  #line = Promise.resolve();
  #onReady;

  /** @param {(key: string) => void} onReady */
  constructor(onReady) {
    this.#onReady = onReady;
  }

  /**
   * @param {string} key
   * @param {File} file
   */
  add(key, file) {
    if (!isPicture(file) || file.size > LARGEST || this.#canvases.size >= LIMIT) return;
    this.#line = this.#line.then(() => this.#draw(key, file)).catch(() => {
      // Not a picture after all; the task will say so.
    });
  }

  /** @param {string} key */
  get(key) {
    return this.#canvases.get(key) ?? null;
  }

  /** @param {string} key */
  drop(key) {
    this.#canvases.delete(key);
  }

  /**
   * @param {string} key
   * @param {File} file
   */
  async #draw(key, file) {
    const bitmap = await createImageBitmap(file, { resizeWidth: WIDTH, resizeQuality: "medium" });
    const canvas = document.createElement("canvas");
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    bitmap.close();
    canvas.setAttribute("aria-hidden", "true");
    this.#canvases.set(key, canvas);
    this.#onReady(key);
  }
}
