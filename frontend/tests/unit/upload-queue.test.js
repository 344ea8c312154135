import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem } from "../../api.js";
import { UploadQueue } from "../../upload-queue.js";
import { task } from "./task.js";

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A queue whose uploads are answered by hand. */
function queueOf({ limit = 3, isReadable = async () => true } = {}) {
  const sent = [];
  const accepted = [];
  const unwanted = [];
  const queue = new UploadQueue({
    limit,
    isReadable,
    send: (upload, onProgress, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        sent.push({ key: upload.key, onProgress, resolve: () => resolve(task()), fail: (status) => reject(new Problem(status, "no")) });
      }),
    onChange: () => {},
    onAccepted: (upload) => accepted.push(upload.key),
    onUnwanted: (upload) => unwanted.push(upload.key),
  });
  const add = (key) => {
    const file = /** @type {any} */ ({ name: key, size: 100 });
    queue.add({ key, file, kind: "digest", params: {}, order: { time: 0, index: 0 } });
  };
  return { queue, sent, accepted, unwanted, add };
}

test("three are sent at once and the rest wait in line", async () => {
  const { queue, sent, accepted, add } = queueOf();
  for (const key of ["a", "b", "c", "d", "e"]) add(key);
  assert.deepEqual(sent.map(({ key }) => key), ["a", "b", "c"]);
  assert.equal(queue.get("d")?.state, "queued");
  sent[1].resolve();
  await settled();
  assert.deepEqual(accepted, ["b"]);
  assert.deepEqual(sent.map(({ key }) => key), ["a", "b", "c", "d"]);
  assert.equal(queue.unfinished, 4);
});

test("a lost answer is asked for again under the same key", async () => {
  const { queue, sent, accepted, add } = queueOf();
  add("a");
  sent[0].onProgress(100, 100);
  sent[0].fail(0);
  await settled();
  assert.equal(queue.get("a")?.state, "waiting");
  queue.hurry();
  await settled();
  assert.deepEqual(sent.map(({ key }) => key), ["a", "a"]);
  sent[1].resolve();
  await settled();
  assert.deepEqual(accepted, ["a"]);
});

test("the wait before the next try ends by itself", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { sent, add } = queueOf();
  add("a");
  sent[0].fail(503);
  await settled();
  assert.equal(sent.length, 1);
  t.mock.timers.tick(5000);
  await settled();
  assert.equal(sent.length, 2);
});

test("what the server refuses for good is not sent again", async () => {
  const { queue, sent, add } = queueOf();
  add("a");
  sent[0].fail(413);
  await settled();
  assert.equal(queue.get("a")?.state, "failed");
  assert.equal(queue.get("a")?.problem?.status, 413);
  assert.equal(queue.unfinished, 0);
});

test("a broken server is asked five times, not for ever", async () => {
  const { queue, sent, add } = queueOf();
  add("a");
  for (let n = 0; n < 5; n += 1) {
    sent[n].fail(500);
    await settled();
    queue.hurry();
    await settled();
  }
  assert.equal(sent.length, 5);
  assert.equal(queue.get("a")?.state, "failed");
});

test("a file that can no longer be read fails instead of being sent for ever", async () => {
  const { queue, sent, add } = queueOf({ isReadable: async () => false });
  add("a");
  sent[0].fail(0);
  await settled();
  assert.equal(queue.get("a")?.state, "failed");
});

test("cancelling stops the bytes and lets the next one go", async () => {
  const { queue, sent, accepted, add } = queueOf({ limit: 1 });
  add("a");
  add("b");
  sent[0].onProgress(40, 100);
  queue.cancel("a");
  await settled();
  assert.equal(queue.get("a")?.state, "cancelled");
  assert.deepEqual(sent.map(({ key }) => key), ["a", "b"]);
  assert.deepEqual(accepted, []);
});

test("cancelling one in line means that it is never sent", async () => {
  const { queue, sent, add } = queueOf({ limit: 1 });
  add("a");
  add("b");
  queue.cancel("b");
  sent[0].resolve();
  await settled();
  assert.equal(sent.length, 1);
});

test("cancelling after the last byte cancels the task that comes of it", async () => {
  const { queue, sent, accepted, unwanted, add } = queueOf();
  add("a");
  sent[0].onProgress(100, 100);
  queue.cancel("a");
  sent[0].resolve();
  await settled();
  assert.deepEqual(unwanted, ["a"]);
  assert.deepEqual(accepted, []);
});

test("cancelling during the wait for the next try ends it", async () => {
  const { queue, sent, add } = queueOf();
  add("a");
  sent[0].fail(0);
  await settled();
  queue.cancel("a");
  await settled();
  queue.hurry();
  await settled();
  assert.equal(sent.length, 1);
  assert.equal(queue.get("a")?.state, "cancelled");
});

test("a requeued upload is a new wish with a new key in the old place", async () => {
  const { queue, sent, add } = queueOf();
  add("a");
  sent[0].fail(422);
  await settled();
  queue.requeue("a", "a2");
  assert.equal(queue.get("a"), undefined);
  assert.equal(queue.get("a2")?.state, "uploading");
  assert.equal(queue.get("a2")?.problem, null);
  assert.deepEqual(sent.map(({ key }) => key), ["a", "a2"]);
});

test("a running upload cannot be requeued", () => {
  const { queue, sent, add } = queueOf();
  add("a");
  queue.requeue("a", "a2");
  assert.equal(sent.length, 1);
  assert.equal(queue.get("a2"), undefined);
});
