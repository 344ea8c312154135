/** The page's icons: strokes on a grid of 20, in the colour of the text around them. */

import { s } from "./element.js";

/** @type {Record<string, string[]>} */
const PATHS = {
  auto: ["M10 2.5v3", "M10 14.5v3", "M2.5 10h3", "M14.5 10h3", "M10 7.2 12.8 10 10 12.8 7.2 10Z"],
  image: ["M3 4.5h14v11H3z", "m3.5 14 4-4.5 3.2 3.4 2.3-2.2 3.5 3.3", "M13.2 7.6h.01"],
  motion: ["M3 5h14v10H3z", "M6 5v10", "M14 5v10", "M3 8.3h3", "M3 11.7h3", "M14 8.3h3", "M14 11.7h3"],
  digest: ["M7.5 3 6 17", "M14 3l-1.5 14", "M3.5 7.5h13.5", "M3 12.5h13.5"],
  simulate: ["M10 3a7 7 0 1 1-6.4 4.2", "M10 6.5V10l2.5 2", "M3.2 3.6v3.8h3.8"],
  other: ["M5 3h6.5L15 6.5V17H5z", "M11.5 3v3.5H15"],
  download: ["M10 3.5v9", "m6.2 9 3.8 3.8L13.8 9", "M3.5 13.5v3h13v-3"],
  cancel: ["m5.5 5.5 9 9", "m14.5 5.5-9 9"],
  requeue: ["M16 10a6 6 0 1 1-1.9-4.4", "M16.2 3v3.3h-3.3"],
  delete: ["M4 5.5h12", "M8 5.5V3.5h4v2", "m5.5 5.5.7 11h7.6l.7-11", "M8.5 8.7v4.8", "M11.5 8.7v4.8"],
  details: ["M4 4h5", "M4 4v5", "m4 4 4.5 4.5", "M16 16h-5", "M16 16v-5", "m16 16-4.5-4.5"],
  check: ["m4.5 10.5 3.5 3.5 7.5-8"],
  alert: ["M10 5.5v5.5", "M10 14.4h.01"],
  slash: ["m6 14 8-8"],
  "zoom-in": ["M8.5 3.5H3.5v5", "M11.5 3.5h5v5", "M8.5 16.5h-5v-5", "M11.5 16.5h5v-5"],
  "zoom-out": ["M3.5 8.5h5v-5", "M16.5 8.5h-5v-5", "M3.5 11.5h5v5", "M16.5 11.5h-5v5"],
  "pan-left": ["M16 10H4", "m8.5 5.5L4 10l4.5 4.5"],
  "pan-right": ["M4 10h12", "m11.5 5.5 4.5 4.5-4.5 4.5"],
  "pan-up": ["M10 16V4", "M5.5 8.5 10 4l4.5 4.5"],
  "pan-down": ["M10 4v12", "M5.5 11.5 10 16l4.5-4.5"],
};

/**
 * An icon that a screen reader passes over: the text beside it, or the label of its button, says the same.
 *
 * @param {string} name
 */
export function icon(name) {
  const paths = (PATHS[name] ?? PATHS.other).map((d) => s("path", { d }));
  return s("svg", { class: "icon", viewBox: "0 0 20 20", "aria-hidden": "true", focusable: "false" }, ...paths);
}
