/** Numbers, sizes and times as people read them. Pure: the time of now is an argument. */

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** @param {number} bytes */
export function bytes(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/**
 * `1.2/3.4 MB`, `852 KB/2.4 MB`
 *
 * @param {number} done
 * @param {number} total
 */
export function bytesOf(done, total) {
  const [number, unit] = bytes(done).split(" ");
  const whole = bytes(total);
  return whole.endsWith(` ${unit}`) ? `${number}/${whole}` : `${number} ${unit}/${whole}`;
}

/** @param {number} value */
export function count(value) {
  return value.toLocaleString("en-US");
}

/** @param {number} fraction from 0 to 1 */
export function percent(fraction) {
  return `${Math.floor(fraction * 100 + 1e-9)}%`;
}

/**
 * A length of time: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`.
 *
 * @param {number} milliseconds
 */
export function duration(milliseconds) {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, "0")} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} days`;
}

/**
 * How long ago a time was. A server's clock may be ahead of this one, so the future reads as now.
 *
 * @param {string} time ISO 8601
 * @param {number} now milliseconds since the epoch
 */
export function ago(time, now) {
  const seconds = Math.max(0, (now - Date.parse(time)) / 1000);
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return new Date(time).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

/** @param {string} text */
export function sentence(text) {
  return text ? text[0].toUpperCase() + text.slice(1) : text;
}
