/** A store that was restored from a backup tells an earlier history: how the page tells that from what merely came late. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { TaskStore } from "../../task-store.js";
import { id, task } from "./task.js";

const at = (revision, status = "processing", more = {}) => task({ revision, status, ...more });
const shown = (store) => [store.get(id(1)).revision, store.get(id(1)).status];

test("an older frame is believed after a newer one of the same connection", () => {
  const store = new TaskStore();
  store.hear(at(2));
  store.hear(at(3, "pending"));
  assert.equal(store.hear(at(2)), true);
  assert.deepEqual(shown(store), [2, "processing"]);
});

test("another status at the same revision is believed too, and a lower tick changes nothing", () => {
  const store = new TaskStore();
  store.hear(at(3, "failed", { tick: 7 }));
  store.hear(at(3, "processing", { tick: 2 }));
  assert.deepEqual(shown(store), [3, "processing"]);
  assert.equal(store.hear(at(3, "processing", { tick: 1 })), false);
  assert.equal(store.get(id(1)).tick, 2);
});

test("a frame that is only behind an answer is late", () => {
  const store = new TaskStore();
  store.hear(at(2));
  store.put(at(4), store.moment);
  assert.equal(store.hear(at(3, "pending")), false);
  assert.deepEqual(shown(store), [4, "processing"]);
});

test("another connection's first frame is not believed, and an answer asked for after it opened settles it", () => {
  const store = new TaskStore();
  store.hear(at(6));
  store.reconnected();
  assert.equal(store.hear(at(3, "pending")), false);
  assert.deepEqual(shown(store), [6, "processing"]);
  assert.equal(store.put(at(3, "pending"), store.moment), true);
  assert.deepEqual(shown(store), [3, "pending"]);
});

test("an older answer is believed if it was asked for after what is known was told", () => {
  const store = new TaskStore();
  store.put(at(5, "completed"));
  assert.equal(store.put(at(2), store.moment), true);
  assert.deepEqual(shown(store), [2, "processing"]);
});

test("an older answer that was asked for before is late", () => {
  const store = new TaskStore();
  store.hear(at(2));
  const asked = store.moment;
  store.hear(at(3, "completed"));
  assert.equal(store.put(at(2), asked), false);
  assert.equal(store.put(at(1, "pending")), false, "as is one that says nothing of when");
  assert.deepEqual(shown(store), [3, "completed"]);
});

test("of two answers that overtake each other the one that was asked for later counts", () => {
  const store = new TaskStore();
  store.hear(at(4));
  const [first, second] = [store.moment, store.moment];
  store.put(at(4), second);
  assert.equal(store.put(at(3, "pending"), first), false);
  assert.deepEqual(shown(store), [4, "processing"]);
});

test("what the connection told while an answer was on its way is not lost", () => {
  const store = new TaskStore();
  store.hear(at(6));
  store.reconnected();
  const asked = store.moment;
  store.hear(at(4, "completed"));
  assert.deepEqual(shown(store), [6, "processing"]);
  store.put(at(3), asked);
  assert.deepEqual(shown(store), [4, "completed"]);
});

test("nothing of the other history stays: links are those of the answer", () => {
  const store = new TaskStore();
  store.put(at(3, "completed", { links: { self: "/t", result: "/t/result", artifacts: { a: "/t/a" } } }));
  store.put(at(2, "processing", { links: { self: "/t", artifacts: {} } }), store.moment);
  assert.deepEqual(store.get(id(1)).links, { self: "/t", artifacts: {} });
});

test("a listing takes the whole page back, and a task that is not in it goes", () => {
  const store = new TaskStore();
  store.hear(at(5, "completed"));
  store.hear(task({ id: id(2) }));
  const knownBefore = new Set([id(1), id(2)]);
  const changed = store.reconcile([at(1, "pending")], { complete: true, knownBefore, asked: store.moment });
  assert.equal(changed, true);
  assert.deepEqual([...store.all()].map((each) => [each.id, each.revision]), [[id(1), 1]]);
});

test("a task that went and came back starts anew", () => {
  const store = new TaskStore();
  store.hear(at(5, "completed"));
  store.remove(id(1));
  store.hear(at(1, "pending"));
  assert.deepEqual(shown(store), [1, "pending"]);
});
