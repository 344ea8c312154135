/** What `digest` found out: a table. */

import { artifactLink, readFile } from "./api.js";
import { h, s } from "./element.js";
import { bytes, count } from "./format.js";
import { bars, HEIGHT, WIDTH } from "./histogram.js";
import { whenSeen } from "./in-sight.js";

/** @typedef {import("./snapshot.js").Task} Task */

/** @param {Task} task */
export function fits(task) {
  const value = task.output?.value;
  return typeof value?.sha256 === "string" && typeof value?.size === "number";
}

/** @param {number} share */
function share(share) {
  const value = share * 100;
  return `${value === 0 || value >= 10 ? value.toFixed(0) : value.toPrecision(2)}%`;
}

/** @param {Task} task @returns {[string, string][]} */
export function facts(task) {
  const value = task.output?.value ?? {};
  /** @type {[string, string][]} */
  const rows = [["SHA-256", value.sha256]];
  if (value.crc32 !== undefined) rows.push(["CRC-32", String(value.crc32)]);
  rows.push(["Size", bytes(value.size)]);
  if (value.entropy !== undefined) rows.push(["Entropy", `${Number(value.entropy).toFixed(2)} bits/byte`]);
  if (value.lines !== undefined) rows.push(["Lines", count(value.lines)]);
  if (value.printable !== undefined) rows.push(["Printable", portion(value.printable, value.size)]);
  if (value.zeros !== undefined) rows.push(["Zero bytes", portion(value.zeros, value.size)]);
  if (value.distinct_bytes !== undefined) rows.push(["Distinct bytes", `${value.distinct_bytes} of 256`]);
  if (value.content_type) rows.push(["Type", value.content_type]);
  return rows;
}

/**
 * A share is told as one, a count as a share of the size.
 *
 * @param {number} value
 * @param {number} size
 */
function portion(value, size) {
  if (value <= 1 && !(size <= 1)) return share(value);
  return size > 0 ? share(value / size) : count(value);
}

/** What a card has room for. */
const SHORT = ["SHA-256", "Size", "Type", "Entropy", "Lines"];

/**
 * How often each byte occurs, and the facts below it.
 *
 * @param {Task} task
 * @param {boolean} large with every fact
 */
export function view(task, large) {
  return h("div", { class: "digest" }, histogram(task), table(task, large));
}

/**
 * How often each byte occurs, from 0 at the left to 255. The counts are in the report, which is fetched once somebody looks.
 *
 * @param {Task} task
 */
function histogram(task) {
  const report = task.output?.artifacts.find(({ name }) => name === "digest.json");
  if (!report) return null;
  const path = s("path", {});
  const shape = s("svg", { class: "histogram", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" }, path);
  whenSeen(shape, async () => {
    const counts = await readFile(artifactLink(task, report.name)).then((file) => file.histogram, () => null);
    path.setAttribute("d", bars(counts));
  });
  return shape;
}

/**
 * @param {Task} task
 * @param {boolean} large
 */
function table(task, large) {
  const rows = facts(task).filter(([name]) => large || SHORT.includes(name));
  const row = (/** @type {string} */ name, /** @type {string} */ value) =>
    h("tr", {}, h("th", { scope: "row", text: name }), h("td", { text: value, title: value }));
  return h(
    "table",
    {},
    h("caption", { class: "hidden", text: `Digest of ${task.input?.name ?? "the file"}` }),
    h("tbody", {}, ...rows.map(([name, value]) => row(name, value))),
  );
}
