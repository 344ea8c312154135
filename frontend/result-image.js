/** What `image` made: the picture itself, and the colours it is made of. */

import { artifactLink } from "./api.js";
import { h } from "./element.js";
import { percent } from "./format.js";

/** @typedef {import("./snapshot.js").Task} Task */

/**
 * The artifact whose name starts so, whatever its format.
 *
 * @param {Task} task
 * @param {string} start
 */
function artifact(task, start) {
  return task.output?.artifacts.find(({ name }) => name.startsWith(`${start}.`)) ?? null;
}

/** @param {Task} task */
export function fits(task) {
  return artifact(task, "thumbnail") !== null || artifact(task, "preview") !== null;
}

/**
 * The thumbnail, or the preview where the screen has the pixels for it.
 *
 * @param {Task} task
 * @param {boolean} large
 */
export function picture(task, large) {
  const value = task.output?.value ?? {};
  const thumbnail = artifact(task, "thumbnail");
  const preview = artifact(task, "preview");
  const small = thumbnail ?? preview;
  const big = preview ?? thumbnail;
  const sources = [
    [thumbnail, value.thumbnail?.width],
    [preview, value.preview?.width],
  ].flatMap(([found, width]) => (found && width ? [`${artifactLink(task, found.name)} ${width}w`] : []));
  return h("img", {
    class: "picture",
    src: artifactLink(task, /** @type {any} */ (large ? big : small).name),
    srcset: !large && sources.length === 2 ? sources.join(", ") : null,
    sizes: "(max-width: 40rem) 94vw, 20rem",
    width: value.preview?.width,
    height: value.preview?.height,
    alt: `${task.input?.name ?? "Picture"}, as processed`,
    decoding: "async",
    loading: large ? "eager" : "lazy",
  });
}

/** @param {unknown} hex */
function isHex(hex) {
  return typeof hex === "string" && /^#[0-9a-f]{6}$/i.test(hex);
}

/** @param {Task} task @returns {{ hex: string, share: number }[]} */
export function palette(task) {
  const colours = task.output?.value?.palette;
  return Array.isArray(colours) ? colours.filter((colour) => isHex(colour?.hex)) : [];
}

/**
 * The palette as a strip, each colour as wide as its share.
 *
 * @param {Task} task
 */
export function swatches(task) {
  const colours = palette(task);
  if (colours.length === 0) return null;
  return h(
    "ul",
    { class: "swatches", "aria-label": "Palette" },
    ...colours.map(({ hex, share }) =>
      h(
        "li",
        { class: "swatch", title: hex, vars: { "--swatch": hex, "--share": Math.max(0.04, share || 0) } },
        h("span", { class: "hidden", text: `${hex}, ${percent(share || 0)}` }),
      ),
    ),
  );
}

/** @param {Task} task @returns {[string, string][]} */
export function facts(task) {
  const { width, height, format, orientation, phash } = task.output?.value ?? {};
  /** @type {[string, string][]} */
  const rows = [];
  if (width && height) rows.push(["Size", `${width} × ${height} px`]);
  if (format) rows.push(["Format", String(format).toUpperCase()]);
  if (orientation) rows.push(["Orientation", orientation === 1 ? "upright" : `turned (EXIF ${orientation})`]);
  if (phash) rows.push(["Perceptual hash", String(phash)]);
  return rows;
}
