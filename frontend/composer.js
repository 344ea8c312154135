/** The choice of what to do, and the small form of its parameters. */

import { h, setText, setVars } from "./element.js";
import { icon } from "./icons.js";
import { AUTO, choice, CHOICES, defaults, KINDS } from "./kinds.js";

/** @typedef {import("./kinds.js").Parameter} Parameter */

const REMEMBERED = "leyline-composer";

export class Composer {
  #chosen = "auto";
  /** @type {Record<string, Record<string, any>>} */
  #params = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, defaults(kind)]));
  #options;

  /**
   * @param {object} options
   * @param {HTMLElement} options.kinds where the kinds go
   * @param {HTMLElement} options.about
   * @param {HTMLElement} options.parameters
   * @param {(kind: string) => void} options.onChoice
   */
  constructor(options) {
    this.#options = options;
    this.#recall();
    options.kinds.append(...CHOICES.map((name) => this.#kind(name)));
    this.#show();
  }

  /**
   * Offers only what the server takes: a build of it may lack a kind.
   *
   * @param {string[]} kinds
   */
  offer(kinds) {
    for (const radio of this.#options.kinds.querySelectorAll("input")) {
      const label = /** @type {HTMLElement} */ (radio.closest("label"));
      label.hidden = radio.value !== "auto" && !kinds.includes(radio.value);
      if (label.hidden && this.#chosen === radio.value) this.choose("auto");
    }
  }

  /** `auto` or a kind. */
  get chosen() {
    return this.#chosen;
  }

  /** @param {string} kind */
  choose(kind) {
    const radio = this.#options.kinds.querySelector(`input[value="${kind}"]`);
    if (radio instanceof HTMLInputElement) radio.checked = true;
    this.#chosen = kind;
    this.#show();
    this.#remember();
  }

  /**
   * The parameters for a kind as they are set now.
   *
   * @param {string} kind
   */
  paramsFor(kind) {
    return { ...(this.#params[kind] ?? {}) };
  }

  /** @param {string} name */
  #kind(name) {
    const { label, icon: sign } = name === "auto" ? AUTO : KINDS[name];
    const radio = h("input", { type: "radio", name: "kind", value: name, on: { change: () => this.choose(name) } });
    radio.checked = name === this.#chosen;
    return h("label", { class: "kind" }, radio, h("span", { class: "kind-face" }, icon(sign), h("span", { text: label })));
  }

  #show() {
    const { about, parameters, onChoice } = this.#options;
    const kind = choice(this.#chosen);
    setText(about, kind.about);
    parameters.replaceChildren(...kind.parameters.map((parameter) => this.#field(parameter)));
    parameters.hidden = kind.parameters.length === 0;
    this.#showNeeded();
    onChoice(this.#chosen);
  }

  /** Shows the parameters that mean something beside the others as they are. */
  #showNeeded() {
    const params = this.#params[this.#chosen];
    for (const [index, { needs }] of choice(this.#chosen).parameters.entries()) {
      const field = /** @type {HTMLElement} */ (this.#options.parameters.children[index]);
      field.hidden = needs !== undefined && params[needs] === null;
    }
  }

  /** @param {Parameter} parameter */
  #field(parameter) {
    return parameter.control === "choice" ? this.#tiles(parameter) : this.#range(parameter);
  }

  /**
   * A slider with its value beside it. One that may be "never" has that as the stop before its least value.
   *
   * @param {Parameter} parameter
   */
  #range({ name, label, control, min = 0, max = 100, step = 1, unit, never }) {
    const params = this.#params[this.#chosen];
    const least = control === "step" ? min - step : min;
    const output = h("output", { class: "field-value" });
    const input = h("input", { type: "range", name, id: `param-${name}`, min: least, max, step });
    const show = () => {
      const value = params[name];
      const text = value === null ? (never ?? "") : unit ? `${value} ${unit}` : String(value);
      setText(output, text);
      input.setAttribute("aria-valuetext", text);
      setVars(input, { "--filled": (Number(input.value) - least) / (max - least) });
    };
    input.value = String(params[name] ?? least);
    input.addEventListener("input", () => {
      const value = Number(input.value);
      params[name] = control === "step" && value < min ? null : value;
      show();
      this.#showNeeded();
      this.#remember();
    });
    show();
    return h("div", { class: "field" }, h("label", { for: input.id, text: label }), output, input);
  }

  /** @param {Parameter} parameter */
  #tiles({ name, label, choices = [] }) {
    const params = this.#params[this.#chosen];
    const tiles = choices.map(([value, text]) => {
      const choose = () => {
        params[name] = value;
        this.#remember();
      };
      const radio = h("input", { type: "radio", name, value, on: { change: choose } });
      radio.checked = params[name] === value;
      return h(
        "label",
        { class: "tile", title: text },
        radio,
        h("span", { class: "tile-face" }, icon(value), h("span", { class: "hidden", text })),
      );
    });
    return h("fieldset", { class: "field tiles" }, h("legend", { text: label }), h("div", { class: "tiles-row" }, ...tiles));
  }

  #remember() {
    try {
      localStorage.setItem(REMEMBERED, JSON.stringify({ chosen: this.#chosen, params: this.#params }));
    } catch {
      // Private windows may have no storage; then the choice lasts as long as the page.
    }
  }

  #recall() {
    try {
      const remembered = JSON.parse(localStorage.getItem(REMEMBERED) ?? "null");
      if (!remembered) return;
      if (CHOICES.includes(remembered.chosen)) this.#chosen = remembered.chosen;
      for (const [kind, known] of Object.entries(this.#params)) {
        for (const { name, value } of KINDS[kind].parameters) {
          const before = remembered.params?.[kind]?.[name];
          // What an earlier version of the page stored may be anything.
          if (typeof before === typeof value || (value === null && typeof before === "number")) known[name] = before;
        }
      }
    } catch {
      // Nothing usable was remembered.
    }
  }
}
