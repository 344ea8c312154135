/** How often each byte occurs, as the outline of a landscape: byte 0 at the left, 255 at the right. */

/** Of the grid that it is drawn on: a column for each byte. */
export const WIDTH = 256;
export const HEIGHT = 100;

/**
 * By the square root, so that rare bytes are seen beside common ones.
 *
 * @param {unknown} counts
 * @returns {string} an SVG path, empty where there is nothing to draw
 */
export function landscape(counts) {
  if (!Array.isArray(counts) || counts.length !== WIDTH) return "";
  const most = Math.max(...counts);
  if (!(most > 0)) return "";
  const steps = counts.map((number) => `V${(HEIGHT - HEIGHT * Math.sqrt(number / most)).toFixed(1)}h1`);
  return `M0 ${HEIGHT}${steps.join("")}V${HEIGHT}Z`;
}
