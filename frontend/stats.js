/** The numbers of the fleet: totals of one moment, and the last minutes from what was sampled and from what tasks tell. */

import { isTerminal } from "./snapshot.js";

/** @typedef {import("./snapshot.js").Task} Task */

/**
 * @typedef {object} KindStats
 * @property {string} kind
 * @property {number} pending
 * @property {number} processing
 * @property {number} completed within the window, as are the next two
 * @property {number} failed
 * @property {number} cancelled
 */

/**
 * @typedef {object} Running a task that runs on a worker
 * @property {string} id
 * @property {string} kind
 * @property {string} since when this attempt began
 *
 * @typedef {object} Worker
 * @property {string} id
 * @property {number} running
 * @property {Running[]} tasks the first of those
 * @property {string} started_at
 * @property {string} beat_at
 * @property {number} period_seconds how often it promised to beat
 */

/** @typedef {{ now: string, kinds: KindStats[], window_seconds: number, workers: Worker[] }} Stats all times are the store's */
/** @typedef {{ pending: number, processing: number, completed: number, failed: number, cancelled: number }} Totals */
/** @typedef {{ time: number, totals: Totals }} Sample `time` in milliseconds since the epoch */
/** @typedef {{ time: number, completed: number, failed: number, running: number, waiting: number }} Bucket */

/** How many buckets a chart has, and how long each is in milliseconds: five minutes in all. */
export const BUCKETS = 60;
export const BUCKET = 5000;
/** Between two samples further apart than this, something else happened; in milliseconds. */
const GAP = 4 * BUCKET;

/** How many tasks of a worker are shown, unless one line more shows all. */
export const LISTED = 6;

/**
 * Those that have run for longest: what somebody who looks for trouble looks for. One more than `limit` is no more than the
 * line that would stand for it.
 *
 * @param {Running[]} tasks
 * @param {number} limit
 */
export function longestRunning(tasks, limit) {
  const sorted = [...tasks].sort((a, b) => Date.parse(a.since) - Date.parse(b.since) || (a.id < b.id ? -1 : 1));
  return sorted.slice(0, sorted.length === limit + 1 ? limit + 1 : limit);
}

/**
 * Whether a worker has missed a beat for sure. It may be cut off or dead; the others find out.
 *
 * @param {Worker} worker
 * @param {number} now by the store's clock
 */
export function isSilent({ beat_at, period_seconds }, now) {
  return now - Date.parse(beat_at) > 2 * period_seconds * 1000;
}

/**
 * @param {Pick<Stats, "kinds">} stats
 * @returns {Totals}
 */
export function totals({ kinds }) {
  const sum = { pending: 0, processing: 0, completed: 0, failed: 0, cancelled: 0 };
  for (const kind of kinds) {
    for (const name of /** @type {(keyof Totals)[]} */ (Object.keys(sum))) sum[name] += Number(kind[name]) || 0;
  }
  return sum;
}

/**
 * The share of ended tasks that were completed, or null when none ended. Cancelled ones are nobody's fault.
 *
 * @param {Totals} totals
 */
export function successRate({ completed, failed }) {
  return completed + failed > 0 ? completed / (completed + failed) : null;
}

/**
 * The last minutes. Where the fleet was sampled, the samples count; before that, the tasks that this page knows tell when
 * they were waiting, running and done.
 *
 * @param {Sample[]} samples in the order of time
 * @param {Iterable<Task>} tasks
 * @param {number} now
 * @returns {Bucket[]}
 */
export function history(samples, tasks, now) {
  const end = Math.ceil(now / BUCKET) * BUCKET;
  const first = end - BUCKETS * BUCKET;
  /** @type {Bucket[]} */
  const buckets = Array.from({ length: BUCKETS }, (_, index) => ({
    time: first + index * BUCKET,
    completed: 0,
    failed: 0,
    running: 0,
    waiting: 0,
  }));
  const at = (/** @type {number} */ time) => buckets[Math.floor((time - first) / BUCKET)];
  const covered = addSamples(samples, at);
  const sampled = new Set(samples.map(({ time }) => at(time)));
  addTasks([...tasks], buckets.filter((bucket) => !sampled.has(bucket)), at, covered);
  return buckets;
}

/**
 * @param {Sample[]} samples
 * @param {(time: number) => Bucket | undefined} at
 * @returns {(time: number) => boolean} whether the samples speak for a time
 */
function addSamples(samples, at) {
  /** @type {[number, number][]} */
  const stretches = [];
  for (const [index, sample] of samples.entries()) {
    const bucket = at(sample.time);
    if (bucket) Object.assign(bucket, { running: sample.totals.processing, waiting: sample.totals.pending });
    const before = samples[index - 1];
    if (!before || sample.time - before.time > GAP) continue;
    stretches.push([before.time, sample.time]);
    if (!bucket) continue;
    // The window slides, so what is counted may also fall.
    bucket.completed += Math.max(0, sample.totals.completed - before.totals.completed);
    bucket.failed += Math.max(0, sample.totals.failed - before.totals.failed);
  }
  return (time) => stretches.some(([from, to]) => time > from && time <= to);
}

/**
 * @param {Task[]} tasks
 * @param {Bucket[]} buckets
 * @param {(time: number) => Bucket | undefined} at
 * @param {(time: number) => boolean} covered
 */
function addTasks(tasks, buckets, at, covered) {
  const open = buckets.filter(({ time }) => !covered(time + BUCKET / 2) && !covered(time + BUCKET - 1));
  for (const task of tasks) {
    const created = Date.parse(task.created_at);
    const started = task.started_at ? Date.parse(task.started_at) : Infinity;
    const ended = isTerminal(task) && task.finished_at ? Date.parse(task.finished_at) : Infinity;
    for (const bucket of open) {
      const moment = bucket.time + BUCKET - 1;
      if (created <= moment && moment < Math.min(started, ended)) bucket.waiting += 1;
      if (started <= moment && moment < ended) bucket.running += 1;
    }
    const bucket = ended < Infinity && !covered(ended) ? at(ended) : undefined;
    if (bucket && task.status === "completed") bucket.completed += 1;
    if (bucket && task.status === "failed") bucket.failed += 1;
  }
}

/**
 * Tasks that ended in the last minute.
 *
 * @param {Bucket[]} buckets
 */
export function endedPerMinute(buckets) {
  return buckets.slice(-Math.round(60_000 / BUCKET)).reduce((sum, { completed, failed }) => sum + completed + failed, 0);
}

/**
 * The top of an axis: the next round number, so that the scale does not change with every value.
 *
 * @param {number} highest
 */
export function axisTop(highest) {
  if (highest <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(highest));
  const step = [1, 2, 4, 6, 8, 10].find((factor) => factor * power >= highest) ?? 10;
  return step * power;
}
