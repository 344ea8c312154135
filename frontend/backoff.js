/**
 * How long to wait before the next try: doubling, capped, and spread at random so that the pages of many people do not all
 * come back in the same instant.
 *
 * @param {number} attempt tries that failed so far, from 0
 * @param {{ base?: number, cap?: number, random?: () => number }} [options] `base` and `cap` in milliseconds
 * @returns {number} milliseconds, at least a quarter of the full wait
 */
export function backoff(attempt, { base = 300, cap = 5000, random = Math.random } = {}) {
  const full = Math.min(cap, base * 2 ** Math.min(attempt, 30));
  return full * (0.25 + 0.75 * random());
}
