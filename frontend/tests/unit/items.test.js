import assert from "node:assert/strict";
import { test } from "node:test";
import { Items } from "../../items.js";
import { id, task, upload } from "./task.js";

const keys = (items) => items.sorted().map(({ key }) => key);

test("files that were given together keep their order, newer ones stand before older ones", () => {
  const items = new Items();
  const first = items.nextTime();
  items.setUpload(upload({ key: "a", order: { time: first, index: 0 } }), true);
  items.setUpload(upload({ key: "b", order: { time: first, index: 1 } }), true);
  items.setUpload(upload({ key: "c", order: { time: items.nextTime(), index: 0 } }), true);
  assert.deepEqual(keys(items), ["c", "a", "b"]);
});

test("an upload stands first even if the server's clock is ahead", () => {
  const items = new Items();
  items.setTask(id(1), task({ created_at: "2999-01-01T00:00:00Z" }));
  items.setUpload(upload({ key: "a", order: { time: items.nextTime(), index: 0 } }), true);
  assert.deepEqual(keys(items), ["a", id(1)]);
});

test("an accepted upload keeps its card", () => {
  const items = new Items();
  const sent = upload({ key: "a" });
  items.setUpload(sent, true);
  items.accept(sent, task());
  items.setTask(id(1), task({ revision: 2 }));
  const [item] = items.sorted();
  assert.equal(items.sorted().length, 1);
  assert.equal(item.key, "a");
  assert.equal(item.upload, null);
  assert.equal(item.task?.revision, 2);
});

test("a task that a hint brought before the answer is not shown twice", () => {
  const items = new Items();
  const sent = upload({ key: "a" });
  items.setUpload(sent, true);
  items.setTask(id(1), task({ revision: 4 }));
  items.accept(sent, task({ revision: 1 }));
  const [item] = items.sorted();
  assert.deepEqual(keys(items), ["a"]);
  assert.equal(item.task?.revision, 4);
});

test("what is gone is gone", () => {
  const items = new Items();
  items.setTask(id(1), task());
  items.setTask(id(1), null);
  const sent = upload({ key: "a" });
  items.setUpload(sent, true);
  items.setUpload(sent, false);
  assert.deepEqual(keys(items), []);
});
