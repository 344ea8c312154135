import assert from "node:assert/strict";
import { test } from "node:test";
import { cardState, UPLOAD_SHARE } from "../../card-state.js";
import { Problem } from "../../api.js";
import { NOW, task, upload } from "./task.js";

const ofTask = (change, now = NOW) => cardState({ task: task(change), upload: null }, now);
const ofUpload = (change) => cardState({ task: null, upload: upload(change) }, NOW);

test("a card is named by its file, or by its kind where there is none", () => {
  assert.equal(ofTask().title, "report.pdf");
  assert.equal(ofTask({ input: null, kind: "simulate" }).title, "Simulation");
  assert.equal(ofTask({ input: null, kind: "face-swap" }).title, "Face swap");
});

test("every status has its word and its actions", () => {
  const seen = (status) => {
    const { statusText, actions } = ofTask({ status });
    return [statusText, actions.filter((action) => action !== "details").join()];
  };
  assert.deepEqual(seen("pending"), ["Pending", "cancel"]);
  assert.deepEqual(seen("processing"), ["Processing", "cancel"]);
  assert.deepEqual(seen("completed"), ["Completed", "download,delete"]);
  assert.deepEqual(seen("failed"), ["Failed", "requeue,delete"]);
  assert.deepEqual(seen("cancelled"), ["Cancelled", "requeue,delete"]);
});

test("upload and work share one bar that never falls from one to the other", () => {
  const values = [
    ofUpload({ state: "queued" }),
    ofUpload({ state: "uploading", loaded: 2000 }),
    ofUpload({ state: "uploading", loaded: 4000 }),
    ofTask({ status: "pending" }),
    ofTask({ status: "processing", progress: { fraction: 0 } }),
    ofTask({ status: "processing", progress: { fraction: 0.5 } }),
    ofTask({ status: "completed", progress: { fraction: 1 } }),
  ].map(({ bar }) => bar.value);
  assert.deepEqual(values, [0, 12, 25, 25, 25, 62, 100]);
});

test("without a file the whole bar is the work", () => {
  const { bar } = ofTask({ input: null, status: "processing", progress: { fraction: 0.4 } });
  assert.equal(bar.split, 0);
  assert.equal(bar.value, 40);
});

test("an unknown fraction has no value", () => {
  const { bar } = ofTask({ status: "processing" });
  assert.equal(bar.value, null);
  assert.equal(bar.work, null);
  assert.equal(bar.text, "Processing");
});

test("a failed task's bar stands where the work stopped", () => {
  const { bar } = ofTask({ status: "failed", progress: { fraction: 0.5 } });
  assert.equal(bar.value, Math.floor((UPLOAD_SHARE + (1 - UPLOAD_SHARE) * 0.5) * 100));
  assert.equal(ofTask({ status: "failed" }).bar.value, 25);
});

test("a screen reader hears the stage and its own share", () => {
  assert.equal(ofUpload({ state: "uploading", loaded: 1000 }).bar.text, "Uploading, 25%");
  assert.equal(ofTask({ status: "processing", progress: { fraction: 0.999 } }).bar.text, "Processing, 99%");
  assert.equal(ofTask({ status: "completed" }).bar.text, "Completed");
});

test("work is told by the processor's sentence, else by stage and count", () => {
  const detail = (progress) => ofTask({ status: "processing", attempt: 1, progress }).detail;
  assert.equal(detail({ message: "Reading", phase: "read" }), "Reading");
  assert.equal(detail({ phase: "encode", done: 64, total: 120, unit: "frames" }), "Encode 64/120");
  assert.equal(detail({ phase: "hash", done: 1_500_000, total: 3_000_000, unit: "bytes" }), "Hash 1.5/3.0 MB");
  assert.equal(detail({ done: 7, unit: "pages" }), "7 pages");
  assert.equal(detail({}), "Starting");
});

test("a later attempt is told", () => {
  assert.equal(ofTask({ status: "processing", attempt: 2, progress: { phase: "hash" } }).detail, "Hash · attempt 2");
});

test("a task that waits for its next attempt counts down", () => {
  const waiting = ofTask({ attempt: 1, run_at: "2026-11-24T10:00:18Z" });
  assert.equal(waiting.detail, "Next attempt in 8 s");
  assert.equal(waiting.ticking, true);
  assert.equal(ofTask({ attempt: 1 }).ticking, false);
});

test("a rescued task says why it waits again", () => {
  assert.equal(ofTask({ rescues: 1 }).detail, "Picked up again after a restart");
});

test("a failed task shows its message and code", () => {
  const failure = { code: "image-truncated", message: "The picture ends in the middle." };
  assert.deepEqual(ofTask({ status: "failed", failure }).message, { code: failure.code, text: failure.message });
  assert.notEqual(ofTask({ status: "failed", failure: null }).message?.text, "");
});

test("a refused upload shows the server's sentence and can be sent again", () => {
  const problem = new Problem(413, "The file is larger than 1 GiB.");
  const { statusText, message, actions } = ofUpload({ state: "failed", problem });
  assert.equal(statusText, "Failed");
  assert.equal(message?.text, "The file is larger than 1 GiB.");
  assert.deepEqual(actions, ["requeue", "delete"]);
});

test("a lost connection is told quietly, and the upload can still be cancelled", () => {
  const { statusText, detail, message, actions } = ofUpload({ state: "waiting", problem: new Problem(0, "x") });
  assert.equal(statusText, "Reconnecting");
  assert.equal(detail, "Waiting for the server");
  assert.equal(message, null);
  assert.deepEqual(actions, ["cancel"]);
});

test("an empty file has a bar like any other", () => {
  assert.equal(ofUpload({ state: "uploading", total: 0, file: { name: "empty", size: 0 } }).bar.value, 0);
});

test("the same snapshot at the same time makes the same card", () => {
  const change = { status: "processing", progress: { fraction: 0.3, phase: "hash" } };
  assert.deepEqual(ofTask(change), ofTask(change));
});
