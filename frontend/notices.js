/** What is said aloud and shown in passing. */

import { h } from "./element.js";

/** How long a notice stays, in milliseconds. */
const STAY = 6000;
/** Endings within this time are told in one sentence, in milliseconds. */
const GATHER = 1200;

/**
 * Shows a notice, which screen readers read when they have finished the sentence they are at.
 *
 * @param {HTMLElement} region
 * @param {string} text
 */
export function notify(region, text) {
  const notice = h("p", { class: "notice", text });
  region.append(notice);
  setTimeout(() => notice.remove(), STAY);
  while (region.childElementCount > 3) region.firstElementChild?.remove();
}

/** Tells how tasks end: one alone by its name, many by their number. Progress is never told; the bars can be asked for it. */
export class Announcer {
  /** @type {{ title: string, status: string }[]} */
  #endings = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #region;

  /** @param {HTMLElement} region */
  constructor(region) {
    this.#region = region;
  }

  /** @param {string} text */
  say(text) {
    this.#region.textContent = text;
  }

  /**
   * @param {string} title
   * @param {string} status
   */
  ended(title, status) {
    this.#endings.push({ title, status });
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.say(endingsText(this.#endings));
      this.#endings = [];
    }, GATHER);
  }
}

/** @param {{ title: string, status: string }[]} endings */
export function endingsText(endings) {
  if (endings.length <= 2) return endings.map(({ title, status }) => `${title} ${status}.`).join(" ");
  /** @type {Record<string, number>} */
  const counts = {};
  for (const { status } of endings) counts[status] = (counts[status] ?? 0) + 1;
  const parts = Object.entries(counts).map(([status, number]) => `${number} ${status}`);
  return `${endings.length} tasks ended: ${parts.join(", ")}.`;
}
