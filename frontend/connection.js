/** The small word in the corner that says whether the page is in touch with the server. */

import { setText } from "./element.js";

/** A loss shorter than this is nobody's concern, in milliseconds. */
const PATIENCE = 1500;

export class Connection {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #element;
  #word;

  /**
   * @param {HTMLElement} element
   * @param {HTMLElement} word
   */
  constructor(element, word) {
    this.#element = element;
    this.#word = word;
  }

  /** @param {boolean} open */
  show(open) {
    if (open) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#set("live", "Live");
    } else {
      this.#timer ??= setTimeout(() => this.#set("lost", "Reconnecting"), PATIENCE);
    }
  }

  /**
   * @param {string} state
   * @param {string} word
   */
  #set(state, word) {
    this.#element.dataset.state = state;
    setText(this.#word, word);
  }
}
