/** A small picture of a file that is still on its way: drawn once, and in this tab only. */

import { isPicture } from "./kinds.js";

/** Larger files are not decoded just for a preview, in bytes. */
const LARGEST = 60_000_000;
/** Width of the drawing, in pixels. */
const WIDTH = 480;
/** Drawings that are kept; older ones are forgotten. */
const LIMIT = 60;

export class Previews {
  /** In the order of drawing. @type {Map<File, HTMLCanvasElement>} */
  #canvases = new Map();
  /** One after the other, so that a hundred photographs do not fill the memory. @type {Promise<void>} */
  #line = Promise.resolve();
  #onReady;

  /** @param {() => void} onReady */
  constructor(onReady) {
    this.#onReady = onReady;
  }

  /** @param {File} file */
  add(file) {
    if (!isPicture(file) || file.size > LARGEST) return;
    this.#line = this.#line.then(() => this.#draw(file)).catch(() => {
      // Not a picture after all; the task will say so.
    });
  }

  /** @param {File} file */
  get(file) {
    return this.#canvases.get(file) ?? null;
  }

  /** @param {File} file */
  async #draw(file) {
    const bitmap = await createImageBitmap(file, { resizeWidth: WIDTH, resizeQuality: "medium" });
    const canvas = document.createElement("canvas");
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    bitmap.close();
    canvas.setAttribute("aria-hidden", "true");
    this.#canvases.set(file, canvas);
    const [oldest] = this.#canvases.keys();
    if (this.#canvases.size > LIMIT) this.#canvases.delete(oldest);
    this.#onReady();
  }
}
