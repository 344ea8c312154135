/** A card: an article that always looks as its state says. */

import { linkOf } from "./api.js";
import { h, setAttribute, setText, setVars } from "./element.js";
import { icon } from "./icons.js";
import { choice, kindLabel, KINDS } from "./kinds.js";
import { resultStrip, resultView } from "./results.js";

/** @typedef {import("./card-state.js").CardState} CardState */
/** @typedef {import("./card-state.js").Action} Action */
/** @typedef {import("./items.js").Item} Item */

/** @type {Record<Action, string>} */
const NAMES = { cancel: "Cancel", requeue: "Requeue", delete: "Delete", download: "Download", details: "Details" };

/** @type {Record<CardState["status"], string | null>} */
const SIGNS = {
  queued: null,
  uploading: null,
  waiting: null,
  pending: null,
  processing: null,
  completed: "check",
  failed: "alert",
  cancelled: "slash",
};

let cards = 0;

export class TaskCard {
  #title;
  #kind;
  #stage;
  #percent = h("span", { class: "percent", "aria-hidden": "true" });
  #bar;
  #strip = h("div", { class: "strip" });
  #sign = h("span", { class: "sign" });
  #status = h("b", { class: "status-word" });
  #detail = h("span", { class: "status-detail" });
  #actions = h("div", { class: "actions" });
  #onAction;
  /** What the stage shows now; it is built anew only when this changes. */
  #shown = "";
  #offered = "";
  #kindShown = "";
  /** @type {Item | null} */
  #item = null;

  /** @param {(action: Action, item: Item) => void} onAction */
  constructor(onAction) {
    this.#onAction = onAction;
    cards += 1;
    const id = `card-${cards}`;
    this.#title = h("h2", { class: "card-title", id });
    this.#kind = h("span", { class: "card-kind" });
    this.#stage = h("div", { class: "stage" });
    this.#bar = h(
      "div",
      { class: "line", role: "progressbar", "aria-labelledby": id, "aria-valuemin": 0, "aria-valuemax": 100 },
      h("span", { class: "line-upload" }),
      h("span", { class: "line-work" }),
    );
    this.element = h(
      "article",
      { class: "card", "aria-labelledby": id },
      this.#stage,
      this.#bar,
      this.#strip,
      h(
        "div",
        { class: "card-body" },
        h("header", { class: "card-head" }, this.#title, this.#kind),
        h("p", { class: "status" }, this.#sign, this.#status, this.#detail),
        this.#actions,
      ),
    );
    this.#stage.addEventListener("click", (event) => {
      const onVideo = event.target instanceof HTMLVideoElement;
      if (this.#item?.task && !onVideo) this.#onAction("details", this.#item);
    });
  }

  /**
   * @param {Item} item
   * @param {CardState} state
   * @param {HTMLCanvasElement | null} preview
   */
  update(item, state, preview) {
    this.#item = item;
    setAttribute(this.element, "data-status", state.status);
    setAttribute(this.element, "data-has-task", item.task ? "yes" : "no");
    setText(this.#title, state.title);
    setAttribute(this.#title, "title", state.title);
    this.#showKind(state.kind);
    this.#showStatus(state);
    this.#showBar(state);
    this.#showStage(item, state, preview);
    this.#offer(item, state);
  }

  /** @param {string} kind */
  #showKind(kind) {
    if (kind === this.#kindShown) return;
    this.#kindShown = kind;
    this.#kind.replaceChildren(icon(KINDS[kind] ? choice(kind).icon : "other"), h("span", { text: kindLabel(kind) }));
  }

  /** @param {CardState} state */
  #showStatus({ status, statusText, detail }) {
    if (this.#sign.dataset.sign !== status) {
      this.#sign.dataset.sign = status;
      const sign = SIGNS[status];
      this.#sign.replaceChildren(...(sign ? [icon(sign)] : []));
    }
    setText(this.#status, statusText);
    setText(this.#detail, detail);
    setAttribute(this.#detail, "title", detail || null);
  }

  /** @param {CardState} state */
  #showBar({ bar }) {
    setAttribute(this.#bar, "aria-valuenow", bar.value);
    setAttribute(this.#bar, "aria-valuetext", bar.text);
    setAttribute(this.#bar, "data-unknown", bar.work === null ? "yes" : null);
    setVars(this.element, { "--split": bar.split, "--upload": bar.upload, "--work": bar.work ?? 0 });
    setText(this.#percent, bar.percent);
  }

  /**
   * @param {Item} item
   * @param {CardState} state
   * @param {HTMLCanvasElement | null} preview
   */
  #showStage({ task }, state, preview) {
    const showing = task?.status === "completed" ? `result ${task.revision}` : `${stageName(state)} ${preview ? "preview" : ""}`;
    if (showing === this.#shown) return;
    const waited = this.#shown !== "";
    this.#shown = showing;
    setAttribute(this.#stage, "data-unveil", null);
    if (task?.status === "completed") {
      this.#showResult(task, waited);
      return;
    }
    this.#strip.replaceChildren();
    this.#stage.replaceChildren(
      ...(preview ? [preview] : [h("div", { class: "matrix", "aria-hidden": "true" }, h("i"), h("span", { text: extension(state) }))]),
      state.message ? failure(state.message) : this.#percent,
    );
  }

  /**
   * A result that was waited for is unveiled; one that was there already is simply there. Until a picture has come over the
   * network, the preview stands in for it.
   *
   * @param {import("./snapshot.js").Task} task
   * @param {boolean} waited
   */
  #showResult(task, waited) {
    const view = resultView(task, { large: false });
    const preview = this.#stage.querySelector("canvas");
    const unveil = () => setAttribute(this.#stage, "data-unveil", waited ? "yes" : null);
    if (preview && view instanceof HTMLImageElement) {
      this.#stage.replaceChildren(preview, view);
      view.addEventListener("load", unveil, { once: true });
    } else {
      this.#stage.replaceChildren(view);
      unveil();
    }
    this.#strip.replaceChildren(...[resultStrip(task)].filter((strip) => strip !== null));
  }

  /**
   * @param {Item} item
   * @param {CardState} state
   */
  #offer(item, { actions, title }) {
    const href = item.task ? linkOf(item.task, "result") : "";
    const offered = `${actions} ${href} ${title}`;
    if (offered === this.#offered) return;
    this.#offered = offered;
    const active = document.activeElement;
    const hadFocus = active !== null && this.#actions.contains(active);
    const wanted = hadFocus ? active.getAttribute("data-action") : null;
    const controls = actions.map((action) => this.#control(action, href, title));
    this.#actions.replaceChildren(...controls);
    // The keyboard's place must not be lost when Cancel gives way to Requeue.
    if (hadFocus) (controls.find((control) => control.dataset.action === wanted) ?? controls[0])?.focus();
  }

  /**
   * @param {Action} action
   * @param {string} href
   * @param {string} title
   */
  #control(action, href, title) {
    const content = [icon(action), h("span", { text: NAMES[action] })];
    const props = { class: "action", "data-action": action, title: `${NAMES[action]}: ${title}` };
    if (action === "download") return h("a", { ...props, href, download: "" }, ...content);
    const click = () => this.#item && this.#onAction(action, this.#item);
    return h("button", { ...props, type: "button", on: { click } }, ...content);
  }
}

/** @param {CardState} state */
function stageName({ message, kind, title }) {
  return message ? `failed ${message.code} ${message.text}` : `work ${kind} ${title}`;
}

/** @param {{ code: string, text: string }} message */
function failure({ code, text }) {
  return h("div", { class: "failure" }, icon("alert"), h("p", { class: "failure-text", text }), code && h("code", { text: code }));
}

/**
 * What stands for a file without a picture: the end of its name.
 *
 * @param {CardState} state
 */
function extension({ title, kind }) {
  const end = /\.([A-Za-z0-9]{1,5})$/.exec(title)?.[1];
  return end ? end.toUpperCase() : kindLabel(kind);
}
