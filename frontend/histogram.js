/** How often each byte occurs, as bars: those of byte 0 at the left, of 255 at the right. */

/** Of the grid that it is drawn on: a unit for each byte. */
export const WIDTH = 256;
export const HEIGHT = 100;
/** Bytes that share a bar, and the gap behind it. */
const SHARED = 4;
const GAP = 1;

/**
 * By the square root, so that rare bytes are seen beside common ones.
 *
 * @param {unknown} counts
 * @returns {string} an SVG path, empty where there is nothing to draw
 */
export function bars(counts) {
  if (!Array.isArray(counts) || counts.length !== WIDTH) return "";
  const sums = Array.from({ length: WIDTH / SHARED }, (_, index) => {
    return counts.slice(index * SHARED, (index + 1) * SHARED).reduce((sum, number) => sum + number, 0);
  });
  const most = Math.max(...sums);
  if (!(most > 0)) return "";
  const rise = (/** @type {number} */ number) => (HEIGHT * Math.sqrt(number / most)).toFixed(1);
  return sums
    .map((number, index) => (number > 0 ? `M${index * SHARED} ${HEIGHT}v-${rise(number)}h${SHARED - GAP}V${HEIGHT}z` : ""))
    .join("");
}
