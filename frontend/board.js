/** The first view around its cards: counts, filter, and what is shown while there are no cards. */

import { cardState } from "./card-state.js";
import { byId, setText } from "./element.js";
import { TaskList } from "./task-list.js";

/** @typedef {import("./task-list.js").Filter} Filter */
/** @typedef {import("./items.js").Item} Item */

/** Texts that change with the time alone are looked at this often, in milliseconds; a countdown every second. */
const SLOW = 15_000;
const FAST = 1000;

export class Board {
  #container = byId("cards", HTMLElement);
  #states = byId("states", HTMLElement);
  #older = byId("older", HTMLButtonElement);
  #filters = byId("filters", HTMLElement);
  /** @type {Filter} */
  #filter = "all";
  #scheduled = false;
  #view = "tasks";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #list;
  #options;

  /**
   * @param {object} options
   * @param {import("./items.js").Items} options.items
   * @param {import("./listing.js").Listing} options.listing
   * @param {(file: File | null) => HTMLCanvasElement | null} options.previewOf
   * @param {(action: import("./card-state.js").Action, item: Item) => void} options.onAction
   */
  constructor(options) {
    this.#options = options;
    this.#list = new TaskList({
      container: this.#container,
      heading: byId("tasks-title", HTMLElement),
      onAction: options.onAction,
      previewOf: options.previewOf,
    });
    this.#filters.addEventListener("change", (event) => {
      this.#filter = /** @type {Filter} */ (/** @type {HTMLInputElement} */ (event.target).value);
      this.schedule();
    });
    this.#older.addEventListener("click", () => options.listing.more());
    byId("try-again", HTMLButtonElement).addEventListener("click", () => options.listing.reload());
  }

  /** @param {string} view */
  setView(view) {
    this.#view = view;
    this.schedule();
  }

  /** @param {import("./snapshot.js").Task} task */
  titleOf(task) {
    return cardState({ task, upload: null }, Date.now()).title;
  }

  /** Something changed: draw before the next frame, once. A hidden page has no frames, so it draws by the clock. */
  schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const draw = () => {
      if (!this.#scheduled) return;
      this.#scheduled = false;
      this.#render();
    };
    if (!document.hidden) requestAnimationFrame(draw);
    setTimeout(draw, document.hidden ? 0 : 250);
  }

  #render() {
    clearTimeout(this.#timer);
    const { items, listing } = this.#options;
    const sorted = items.sorted();
    const { counts, shown, ticking } = this.#list.render(sorted, this.#filter, Date.now());
    for (const [name, value] of Object.entries(counts)) {
      setText(byId(`count-${name}`, HTMLElement), value > 0 ? String(value) : "");
    }
    const { loaded, more, loadingMore, problem } = listing.state;
    const empty = sorted.length === 0;
    this.#states.dataset.state = shown > 0 ? "cards" : stateOf({ empty, loaded, problem });
    setText(byId("list-problem", HTMLElement), problem?.message ?? "");
    this.#filters.hidden = empty;
    this.#older.hidden = !more || empty;
    this.#older.disabled = loadingMore;
    setText(this.#older, loadingMore ? "Loading older tasks" : "Show older tasks");
    const name = this.#view === "fleet" ? "Fleet · LeyLine" : "LeyLine";
    document.title = counts.active > 0 ? `(${counts.active}) ${name}` : name;
    this.#timer = setTimeout(() => this.schedule(), ticking ? FAST : SLOW);
  }
}

/** @param {{ empty: boolean, loaded: boolean, problem: Error | null }} listing */
function stateOf({ empty, loaded, problem }) {
  if (!empty) return "filtered";
  if (loaded) return "empty";
  return problem ? "error" : "loading";
}
