import assert from "node:assert/strict";
import { test } from "node:test";
import { TaskStore } from "../../task-store.js";
import { id, task } from "./task.js";

function storeOf(...tasks) {
  const store = new TaskStore();
  for (const each of tasks) store.put(each);
  return store;
}

const ids = (store) => [...store.all()].map((each) => each.id).sort();
const known = (store) => new Set(ids(store));

test("an older snapshot changes nothing and tells nobody", () => {
  const store = storeOf(task({ revision: 3 }));
  let told = 0;
  store.subscribe(() => (told += 1));
  assert.equal(store.put(task({ revision: 2, tick: 50 })), false);
  assert.equal(told, 0);
  assert.equal(store.get(id(1)).revision, 3);
});

test("a listener hears of the task as it was and as it is", () => {
  const store = storeOf(task({ revision: 1 }));
  const heard = [];
  store.subscribe((now, before, key) => heard.push([now?.revision ?? null, before?.revision ?? null, key]));
  store.put(task({ revision: 2 }));
  store.remove(id(1));
  store.remove(id(1));
  assert.deepEqual(heard, [[2, 1, id(1)], [null, 2, id(1)]]);
});

test("a task that a complete listing does not name is gone", () => {
  const store = storeOf(task({ id: id(1) }), task({ id: id(2) }), task({ id: id(3) }));
  store.reconcile([task({ id: id(3) }), task({ id: id(1) })], { complete: true, knownBefore: known(store) });
  assert.deepEqual(ids(store), [id(1), id(3)]);
});

test("tasks older than the listing's last one are left alone", () => {
  const store = storeOf(task({ id: id(1) }), task({ id: id(2) }), task({ id: id(4) }));
  store.reconcile([task({ id: id(5) }), task({ id: id(3) })], { complete: false, knownBefore: known(store) });
  assert.deepEqual(ids(store), [id(1), id(2), id(3), id(5)]);
});

test("a task that arrived while the list was asked for is not taken for a deleted one", () => {
  const store = storeOf(task({ id: id(1) }));
  const knownBefore = known(store);
  store.put(task({ id: id(9) }));
  store.reconcile([task({ id: id(1) })], { complete: true, knownBefore });
  assert.deepEqual(ids(store), [id(1), id(9)]);
});

test("an empty listing empties the page", () => {
  const store = storeOf(task({ id: id(1) }));
  assert.equal(store.reconcile([], { complete: true, knownBefore: known(store) }), true);
  assert.equal(store.size, 0);
});

test("a listing that tells nothing new says so", () => {
  const store = storeOf(task({ id: id(1) }));
  assert.equal(store.reconcile([task({ id: id(1) })], { complete: true, knownBefore: known(store) }), false);
});
