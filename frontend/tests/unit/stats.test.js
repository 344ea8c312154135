import assert from "node:assert/strict";
import { test } from "node:test";
import { axisTop, BUCKET, BUCKETS, endedPerMinute, history, isSilent, longestRunning, successRate, totals } from "../../stats.js";
import { id, task } from "./task.js";

const NOW = Date.parse("2026-11-24T10:10:00Z");
const at = (seconds) => new Date(NOW + seconds * 1000).toISOString();
const sample = (seconds, change) => ({
  time: NOW + seconds * 1000,
  totals: { pending: 0, processing: 0, completed: 0, failed: 0, cancelled: 0, ...change },
});
const sum = (buckets, name) => buckets.reduce((total, bucket) => total + bucket[name], 0);

test("totals add up all kinds", () => {
  const kind = (change) => ({ kind: "x", pending: 1, processing: 2, completed: 3, failed: 4, cancelled: 5, ...change });
  const all = totals({ kinds: [kind(), kind({ pending: 9 })] });
  assert.deepEqual(all, { pending: 10, processing: 4, completed: 6, failed: 8, cancelled: 10 });
});

test("cancelled tasks do not spoil the rate of success", () => {
  const rate = (completed, failed) => successRate({ pending: 0, processing: 0, completed, failed, cancelled: 9 });
  assert.equal(rate(3, 1), 0.75);
  assert.equal(rate(0, 0), null);
});

test("between two samples the difference is what ended", () => {
  const buckets = history([sample(-10, { completed: 5 }), sample(-5, { completed: 9, failed: 1 })], [], NOW);
  assert.equal(buckets.length, BUCKETS);
  assert.equal(sum(buckets, "completed"), 4);
  assert.equal(sum(buckets, "failed"), 1);
});

test("a count that falls because the window slides is not counted backwards", () => {
  const buckets = history([sample(-10, { completed: 9 }), sample(-5, { completed: 2 })], [], NOW);
  assert.equal(sum(buckets, "completed"), 0);
});

test("what the samples do not cover is told by the tasks, and nothing is counted twice", () => {
  const ended = (n, seconds) => task({ id: id(n), status: "completed", created_at: at(-200), started_at: at(-199), finished_at: at(seconds) });
  const samples = [sample(-10, { completed: 1 }), sample(-5, { completed: 2 })];
  const buckets = history(samples, [ended(1, -100), ended(2, -7)], NOW);
  assert.equal(sum(buckets, "completed"), 2);
});

test("tasks tell when they waited and when they ran", () => {
  const one = task({ status: "completed", created_at: at(-60), started_at: at(-40), finished_at: at(-20) });
  const buckets = history([], [one], NOW);
  assert.equal(sum(buckets, "waiting"), 20_000 / BUCKET);
  assert.equal(sum(buckets, "running"), 20_000 / BUCKET);
});

test("where there is a sample, the tasks do not add to it", () => {
  const running = task({ status: "processing", created_at: at(-60), started_at: at(-40), finished_at: null });
  const buckets = history([sample(-1, { processing: 1, pending: 2 })], [running], NOW);
  assert.deepEqual([buckets.at(-1).running, buckets.at(-1).waiting], [1, 2]);
});

test("the last minute is the last minute", () => {
  const ended = (n, seconds) => task({ id: id(n), status: "failed", created_at: at(-200), finished_at: at(seconds) });
  assert.equal(endedPerMinute(history([], [ended(1, -30), ended(2, -90)], NOW)), 1);
});

test("of many tasks those that run for longest are shown, and one line more instead of \"and 1 more\"", () => {
  const running = (n, seconds) => ({ id: id(n), kind: "x", since: at(seconds) });
  const tasks = [running(1, -5), running(2, -90), running(3, -90), running(4, -1)];
  const ids = (limit) => longestRunning(tasks, limit).map((each) => each.id);
  assert.deepEqual(ids(2), [id(2), id(3)]);
  assert.deepEqual(ids(3), [id(2), id(3), id(1), id(4)]);
  assert.deepEqual(ids(9), ids(3));
});

test("a worker is silent once it has missed a beat for sure, by the store's clock", () => {
  const worker = { id: id(1), running: 0, tasks: [], started_at: at(-60), beat_at: at(0), period_seconds: 10 };
  assert.equal(isSilent(worker, NOW + 20_000), false);
  assert.equal(isSilent(worker, NOW + 20_001), true);
  assert.equal(isSilent(worker, NOW - 5_000), false);
});

test("an axis ends at a round number with a whole half", () => {
  for (const [highest, top] of [[0, 4], [4, 4], [5, 6], [7, 8], [11, 20], [59, 60], [99, 100], [1001, 2000]]) {
    assert.equal(axisTop(highest), top, String(highest));
    assert.equal(top % 2, 0);
  }
});
