import assert from "node:assert/strict";
import { test } from "node:test";
import { TaskStore } from "../../task-store.js";
import { Watch, WATCH_LIMIT, worthWatching } from "../../watch.js";
import { id, task } from "./task.js";

function watching(...tasks) {
  const store = new TaskStore();
  const sent = [];
  let hints = 0;
  const watch = new Watch({ store, send: (message) => sent.push(message), onListChanged: () => (hints += 1) });
  for (const each of tasks) store.put(each);
  return { store, sent, watch, hints: () => hints };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("only tasks that can still change are watched", () => {
  const tasks = [task({ id: id(1), status: "completed" }), task({ id: id(2) }), task({ id: id(3), status: "failed" })];
  assert.deepEqual(worthWatching(tasks), [id(2)]);
});

test("over the limit, running tasks come first and then those that are next in line", () => {
  const tasks = [task({ id: id(3) }), task({ id: id(1) }), task({ id: id(2), status: "processing" })];
  assert.deepEqual(worthWatching(tasks, 2), [id(2), id(1)]);
});

test("a message never names more ids than the server watches", async () => {
  const { sent, watch } = watching(...Array.from({ length: 300 }, (_, n) => task({ id: id(n) })));
  watch.opened();
  await settled();
  const ids = sent.flatMap((message) => message.watch ?? []);
  assert.equal(ids.length, WATCH_LIMIT);
  assert.ok(JSON.stringify({ watch: ids }).length < 16 * 1024);
});

test("tasks that arrive together are watched by one message", async () => {
  const { store, sent, watch } = watching();
  watch.opened();
  for (let n = 0; n < 10; n += 1) store.put(task({ id: id(n) }));
  await settled();
  assert.equal(sent.filter((message) => message.watch).length, 1);
});

test("a new connection is told everything again", async () => {
  const { sent, watch } = watching(task({ id: id(1) }));
  watch.opened();
  await settled();
  sent.length = 0;
  watch.opened();
  assert.deepEqual(sent, [{ list: true }, { watch: [id(1)] }]);
});

test("a terminal frame is taken in and needs no unwatch", async () => {
  const { store, sent, watch } = watching(task({ id: id(1) }));
  watch.opened();
  await settled();
  sent.length = 0;
  watch.frame(task({ id: id(1), status: "completed", revision: 3 }));
  await settled();
  assert.equal(store.get(id(1)).status, "completed");
  assert.deepEqual(sent, []);
});

test("a requeued task is watched again", async () => {
  const { store, sent, watch } = watching(task({ id: id(1), status: "failed", revision: 3 }));
  watch.opened();
  await settled();
  sent.length = 0;
  store.put(task({ id: id(1), status: "pending", revision: 4 }));
  await settled();
  assert.deepEqual(sent, [{ watch: [id(1)] }]);
});

test("room on the socket goes to the next in line", async () => {
  const { store, sent, watch } = watching(...Array.from({ length: 257 }, (_, n) => task({ id: id(n) })));
  watch.opened();
  await settled();
  sent.length = 0;
  store.put(task({ id: id(0), status: "cancelled", revision: 2 }));
  await settled();
  assert.deepEqual(sent, [{ unwatch: [id(0)] }, { watch: [id(256)] }]);
});

test("an end that is told too late asks for the list, and has the task watched again once", async () => {
  const { store, sent, watch, hints } = watching(task({ id: id(1), status: "processing", revision: 2 }));
  watch.opened();
  store.put(task({ id: id(1), status: "pending", revision: 4 }));
  sent.length = 0;
  for (let n = 0; n < 3; n += 1) {
    watch.frame(task({ id: id(1), status: "failed", revision: 3 }));
    await settled();
  }
  assert.equal(store.get(id(1)).revision, 4);
  assert.deepEqual(sent, [{ watch: [id(1)] }]);
  assert.equal(hints(), 3);
});

test("a task that a restored store takes back to before its end is watched again", async () => {
  const { store, sent, watch } = watching(task({ id: id(1), status: "completed", revision: 3 }));
  watch.opened();
  await settled();
  sent.length = 0;
  store.put(task({ id: id(1), status: "processing", revision: 2 }), store.moment);
  await settled();
  assert.deepEqual(sent, [{ watch: [id(1)] }]);
});

test("a new connection may know less: what it tells first is not believed over what is known", () => {
  const { store, watch } = watching(task({ id: id(1) }));
  watch.opened();
  watch.frame(task({ id: id(1), status: "processing", revision: 4 }));
  watch.opened();
  watch.frame(task({ id: id(1), status: "processing", revision: 2 }));
  assert.equal(store.get(id(1)).revision, 4);
  watch.frame(task({ id: id(1), status: "pending", revision: 1 }));
  assert.equal(store.get(id(1)).revision, 1, "but the server itself saw the store go back");
});

test("a gone frame and an unknown id remove the card", () => {
  const { store, watch } = watching(task({ id: id(1) }), task({ id: id(2) }));
  watch.frame({ gone: id(1) });
  watch.frame({ error: "task-not-found", id: id(2) });
  assert.equal(store.size, 0);
});

test("an id that the socket refused is not asked for again on it", async () => {
  const { store, sent, watch } = watching(task({ id: id(1) }));
  watch.opened();
  watch.frame({ error: "too-many-watched", id: id(1) });
  sent.length = 0;
  store.put(task({ id: id(2) }));
  await settled();
  assert.deepEqual(sent, [{ watch: [id(2)] }]);
  assert.ok(store.get(id(1)));
});

test("a hint asks for the list, and anything else is passed over", () => {
  const { store, watch, hints } = watching();
  watch.frame({ list_changed: 7 });
  for (const frame of [{}, { id: 5 }, { status: "x" }, []]) watch.frame(frame);
  assert.equal(hints(), 1);
  assert.equal(store.size, 0);
});
