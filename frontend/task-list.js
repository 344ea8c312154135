/** The cards in their order, and what stands in their place when there are none. */

import { cardState } from "./card-state.js";
import { TaskCard } from "./task-card.js";

/** @typedef {import("./card-state.js").CardState} CardState */
/** @typedef {import("./items.js").Item} Item */

/** @typedef {"all" | "active" | "completed" | "failed"} Filter */

/** @type {Record<Filter, (state: CardState) => boolean>} */
const FILTERS = {
  all: () => true,
  active: ({ status }) => !["completed", "failed", "cancelled"].includes(status),
  completed: ({ status }) => status === "completed",
  failed: ({ status }) => status === "failed" || status === "cancelled",
};

export class TaskList {
  /** @type {Map<string, TaskCard>} */
  #cards = new Map();
  #options;

  /**
   * @param {object} options
   * @param {HTMLElement} options.container
   * @param {HTMLElement} options.heading takes the focus when the last card is gone
   * @param {(action: import("./card-state.js").Action, item: Item) => void} options.onAction
   * @param {(file: File | null) => HTMLCanvasElement | null} options.previewOf
   */
  constructor(options) {
    this.#options = options;
  }

  /**
   * Makes the page show these items and no others.
   *
   * @param {Item[]} items in their order
   * @param {Filter} filter
   * @param {number} now
   * @returns {{ counts: Record<Filter, number>, shown: number, ticking: boolean }}
   */
  render(items, filter, now) {
    const counts = { all: 0, active: 0, completed: 0, failed: 0 };
    const shown = [];
    let ticking = false;
    for (const item of items) {
      const state = cardState(item, now);
      ticking ||= state.ticking;
      for (const name of /** @type {Filter[]} */ (Object.keys(FILTERS))) if (FILTERS[name](state)) counts[name] += 1;
      if (FILTERS[filter](state)) shown.push({ item, state });
    }
    this.#dropOthers(new Set(shown.map(({ item }) => item.key)));
    this.#place(shown);
    return { counts, shown: shown.length, ticking };
  }

  /** @param {Set<string>} kept */
  #dropOthers(kept) {
    for (const [key, card] of this.#cards) {
      if (kept.has(key)) continue;
      this.#cards.delete(key);
      this.#passFocusOn(card.element);
      card.element.remove();
    }
  }

  /**
   * A card that goes takes nobody's place on the page with it.
   *
   * @param {HTMLElement} leaving
   */
  #passFocusOn(leaving) {
    if (!leaving.contains(document.activeElement)) return;
    const neighbour = leaving.nextElementSibling ?? leaving.previousElementSibling;
    const control = neighbour?.querySelector(".actions > *");
    const next = control instanceof HTMLElement ? control : this.#options.heading;
    next.focus({ preventScroll: true });
  }

  /** @param {{ item: Item, state: CardState }[]} shown */
  #place(shown) {
    const { container, onAction, previewOf } = this.#options;
    /** @type {Element | null} */
    let place = container.firstElementChild;
    for (const { item, state } of shown) {
      let card = this.#cards.get(item.key);
      if (!card) {
        card = new TaskCard(onAction);
        this.#cards.set(item.key, card);
      }
      card.update(item, state, previewOf(item.file));
      // Only what stands wrong is moved: a film that is moved starts again.
      if (card.element === place) place = place.nextElementSibling;
      else container.insertBefore(card.element, place);
    }
  }
}
