/** Two small charts, drawn by hand. Shapes stretch with the page; words stay outside, where they stay sharp. */

import { h, s } from "./element.js";
import { axisTop } from "./stats.js";

/** @typedef {import("./stats.js").Bucket} Bucket */

const HEIGHT = 100;

/**
 * @param {string} label
 * @param {number} columns
 * @param {...SVGElement} shapes
 */
function canvas(label, columns, ...shapes) {
  const lines = [0, 0.5].map((share) =>
    s("line", { class: "chart-grid", x1: 0, x2: columns, y1: share * HEIGHT, y2: share * HEIGHT }),
  );
  const svg = { class: "chart-shapes", viewBox: `0 0 ${columns} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label };
  return s("svg", svg, ...lines, ...shapes);
}

/**
 * @param {SVGElement} shapes
 * @param {number} top
 */
function framed(shapes, top) {
  return h(
    "div",
    { class: "chart" },
    shapes,
    h("span", { class: "chart-top", "aria-hidden": "true", text: String(top) }),
    h("span", { class: "chart-middle", "aria-hidden": "true", text: String(top / 2) }),
    h("span", { class: "chart-from", "aria-hidden": "true", text: "5 min ago" }),
    h("span", { class: "chart-to", "aria-hidden": "true", text: "now" }),
  );
}

/**
 * Tasks that ended, bucket by bucket: completed below, failed above.
 *
 * @param {Bucket[]} buckets
 */
export function endingsChart(buckets) {
  const top = axisTop(Math.max(...buckets.map(({ completed, failed }) => completed + failed)));
  const scale = HEIGHT / top;
  const bars = buckets.flatMap(({ completed, failed }, index) => {
    const bar = (/** @type {string} */ name, /** @type {number} */ value, /** @type {number} */ under) =>
      s("rect", { class: name, x: index + 0.14, width: 0.72, y: HEIGHT - (under + value) * scale, height: value * scale });
    return [completed > 0 && bar("bar-completed", completed, 0), failed > 0 && bar("bar-failed", failed, completed)];
  });
  const shapes = bars.filter((bar) => bar !== false);
  const completed = buckets.reduce((sum, bucket) => sum + bucket.completed, 0);
  const failed = buckets.reduce((sum, bucket) => sum + bucket.failed, 0);
  const label = `In the last five minutes: ${completed} completed, ${failed} failed.`;
  return framed(canvas(label, buckets.length, ...shapes), top);
}

/**
 * Tasks that run and tasks that wait.
 *
 * @param {Bucket[]} buckets
 */
export function loadChart(buckets) {
  const top = axisTop(Math.max(...buckets.map(({ running, waiting }) => Math.max(running, waiting))));
  const width = buckets.length - 1;
  const points = (/** @type {"running" | "waiting"} */ name) =>
    buckets.map((bucket, index) => `${index},${(HEIGHT - (bucket[name] * HEIGHT) / top).toFixed(2)}`).join(" L");
  const running = points("running");
  const last = buckets[buckets.length - 1];
  const label = `Now: ${last.running} running, ${last.waiting} waiting.`;
  return framed(
    canvas(
      label,
      width,
      s("path", { class: "area-running", d: `M0,${HEIGHT} L${running} L${width},${HEIGHT} Z` }),
      s("path", { class: "line-waiting", d: `M${points("waiting")}` }),
      s("path", { class: "line-running", d: `M${running}` }),
    ),
    top,
  );
}
