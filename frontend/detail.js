/** Everything about one task, in a dialog over the page. */

import { artifactLink, linkOf } from "./api.js";
import { cardState, runTime } from "./card-state.js";
import { h, setText } from "./element.js";
import { bytes, percent } from "./format.js";
import { icon } from "./icons.js";
import { kindLabel } from "./kinds.js";
import { palette } from "./result-image.js";
import { resultFacts, resultView } from "./results.js";

/** @typedef {import("./snapshot.js").Task} Task */

export class Detail {
  #dialog;
  #title = h("h2", { class: "detail-title", id: "detail-title", tabindex: -1 });
  #media = h("div", { class: "detail-media" });
  #facts = h("div", { class: "detail-facts" });
  #id = "";
  #shown = "";

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.#dialog = dialog;
    const close = h("button", { class: "icon-button", type: "button", "aria-label": "Close", on: { click: () => dialog.close() } });
    close.append(icon("cancel"));
    dialog.append(h("header", { class: "detail-head" }, this.#title, close), h("div", { class: "detail-body" }, this.#media, this.#facts));
    dialog.addEventListener("click", (event) => {
      // Only the backdrop is the dialog itself; everything inside is a child.
      if (event.target === dialog) dialog.close();
    });
    dialog.addEventListener("close", () => {
      this.#id = "";
      this.#shown = "";
      this.#media.replaceChildren();
    });
  }

  /** @param {Task} task */
  open(task) {
    this.#id = task.id;
    this.update(task);
    this.#dialog.showModal();
    this.#title.focus();
  }

  /**
   * @param {Task | null} task null when it is gone
   * @param {string} [id]
   */
  update(task, id = task?.id) {
    if (!this.#id || id !== this.#id) return;
    if (!task) {
      this.#dialog.close();
      return;
    }
    const state = cardState({ task, upload: null }, Date.now());
    setText(this.#title, state.title);
    const shown = `${task.status} ${task.revision}`;
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#media.replaceChildren(...(task.status === "completed" ? [resultView(task, { large: true })] : []));
      this.#media.hidden = task.status !== "completed";
      this.#facts.replaceChildren(...this.#sections(task, state));
    }
    const live = this.#facts.querySelector("[data-live]");
    if (live) setText(live, [state.statusText, state.bar.percent, state.detail].filter(Boolean).join(" · "));
  }

  /**
   * @param {Task} task
   * @param {import("./card-state.js").CardState} state
   */
  #sections(task, state) {
    const sections = [
      h("p", { class: "detail-status", "data-status": task.status, "data-live": true }),
      state.message && h("p", { class: "detail-failure", text: state.message.text }),
      colours(task),
      // A digest's table is its result already.
      facts("Result", this.#media.querySelector("table") ? [] : task.status === "completed" ? resultFacts(task) : []),
      files(task),
      facts("Run", runFacts(task, state)),
    ];
    return sections.filter((section) => section !== null);
  }
}

/** @param {string} time */
function moment(time) {
  return new Date(time).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/**
 * @param {Task} task
 * @param {import("./card-state.js").CardState} state
 * @returns {[string, string][]}
 */
function runFacts(task, state) {
  /** @type {[string, string][]} */
  const rows = [["Kind", kindLabel(task.kind)]];
  if (state.message?.code) rows.push(["Failure", state.message.code]);
  rows.push(["Accepted", moment(task.created_at)]);
  if (task.started_at) rows.push(["Started", moment(task.started_at)]);
  if (task.finished_at) rows.push(["Ended", moment(task.finished_at)]);
  const took = runTime(task);
  if (took) rows.push(["Took", took]);
  rows.push(["Attempt", `${task.attempt} of ${task.max_attempts}`]);
  if (task.rescues > 0) rows.push(["Rescued", `${task.rescues} ${task.rescues === 1 ? "time" : "times"}`]);
  rows.push(["Task", task.id]);
  return rows;
}

/**
 * @param {string} title
 * @param {[string, string][]} rows
 */
function facts(title, rows) {
  if (rows.length === 0) return null;
  const pairs = rows.map(([name, value]) => h("div", { class: "fact" }, h("dt", { text: name }), h("dd", { text: value })));
  return h("section", { class: "detail-section" }, h("h3", { text: title }), h("dl", {}, ...pairs));
}

/** @param {Task} task */
function colours(task) {
  const list = palette(task);
  if (list.length === 0) return null;
  const swatches = list.map(({ hex, share }) => {
    const name = h("span", { text: hex });
    const copy = async () => {
      const copied = await navigator.clipboard?.writeText(hex).then(() => true, () => false);
      if (!copied) return;
      setText(name, "copied");
      setTimeout(() => setText(name, hex), 1200);
    };
    const props = { class: "colour", type: "button", title: `${percent(share || 0)}, copy`, vars: { "--swatch": hex }, on: { click: copy } };
    return h("li", {}, h("button", props, h("i"), name));
  });
  return h("section", { class: "detail-section" }, h("h3", { text: "Palette" }), h("ul", { class: "colours" }, ...swatches));
}

/** @param {Task} task */
function files(task) {
  const made = (task.output?.artifacts ?? []).map((blob) => file(blob, artifactLink(task, blob.name), ""));
  const original = task.input ? [file(task.input, linkOf(task, "input"), "original")] : [];
  if (made.length + original.length === 0) return null;
  return h("section", { class: "detail-section" }, h("h3", { text: "Files" }), h("ul", { class: "files" }, ...made, ...original));
}

/**
 * @param {import("./snapshot.js").Blob} blob
 * @param {string} href
 * @param {string} note
 */
function file({ name, size, sha256 }, href, note) {
  const link = h("a", { href, download: name, title: `SHA-256 ${sha256}` }, icon("download"), h("span", { text: name }));
  return h("li", {}, link, h("small", { text: [note, bytes(size)].filter(Boolean).join(" · ") }));
}
