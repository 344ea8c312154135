/** Which result is shown how. */

import * as digest from "./result-digest.js";
import * as image from "./result-image.js";
import * as json from "./result-json.js";
import * as motion from "./result-motion.js";
import * as simulate from "./result-simulate.js";

/** @typedef {import("./snapshot.js").Task} Task */

/**
 * By what is there rather than by the kind's name, so that a processor this page has never heard of is shown well too.
 *
 * @param {Task} task
 */
function sort(task) {
  if (motion.fits(task)) return "motion";
  if (image.fits(task)) return "image";
  if (digest.fits(task)) return "digest";
  return task.kind === "simulate" ? "simulate" : "json";
}

/**
 * The result itself, to fill a card's stage or (large) the details.
 *
 * @param {Task} task
 * @param {{ large: boolean }} options
 * @returns {HTMLElement}
 */
export function resultView(task, { large }) {
  switch (sort(task)) {
    case "motion":
      return motion.player(task);
    case "image":
      return image.picture(task, large);
    case "digest":
      return digest.view(task, large);
    case "simulate":
      return simulate.steps(task);
    default:
      return json.json(task);
  }
}

/**
 * A strip under the stage, where the result has one.
 *
 * @param {Task} task
 */
export function resultStrip(task) {
  return sort(task) === "image" ? image.swatches(task) : null;
}

/**
 * What is known about the result, as names and values.
 *
 * @param {Task} task
 * @returns {[string, string][]}
 */
export function resultFacts(task) {
  switch (sort(task)) {
    case "motion":
      return motion.facts(task);
    case "image":
      return image.facts(task);
    case "digest":
      return digest.facts(task);
    default:
      return json.facts(task);
  }
}
