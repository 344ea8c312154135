import assert from "node:assert/strict";
import { test } from "node:test";
import { isNewer, isRewound, isTerminal, newest } from "../../snapshot.js";
import { task } from "./task.js";

const at = (revision, tick) => ({ revision, tick });

test("a higher revision is newer, whatever the ticks", () => {
  assert.equal(isNewer(at(3, 0), at(2, 99)), true);
  assert.equal(isNewer(at(2, 99), at(3, 0)), false);
});

test("within a revision the tick decides", () => {
  assert.equal(isNewer(at(2, 5), at(2, 4)), true);
  assert.equal(isNewer(at(2, 4), at(2, 5)), false);
});

test("an equal snapshot is not newer", () => {
  assert.equal(isNewer(at(2, 5), at(2, 5)), false);
});

test("a lower revision, or another status at the same one, is of another history; a lower tick is not", () => {
  const known = task({ revision: 3, status: "processing", tick: 9 });
  assert.equal(isRewound(task({ revision: 2, status: "pending", tick: 50 }), known), true);
  assert.equal(isRewound(task({ revision: 3, status: "failed" }), known), true);
  assert.equal(isRewound(task({ revision: 3, status: "processing", tick: 1 }), known), false);
  assert.equal(isRewound(task({ revision: 4, status: "pending" }), known), false);
});

test("the newest wins in whichever order snapshots arrive", () => {
  const snapshots = [task({ revision: 1 }), task({ revision: 2, tick: 1 }), task({ revision: 2, tick: 7 }), task({ revision: 3 })];
  const orders = [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]];
  for (const order of orders) {
    const last = order.reduce((known, index) => newest(known, snapshots[index]), undefined);
    assert.equal(last.revision, 3, String(order));
  }
});

test("an older snapshot leaves the known one untouched", () => {
  const known = task({ revision: 4, links: { self: "/x" } });
  assert.equal(newest(known, task({ revision: 3, tick: 9 })), known);
});

test("an event without links keeps the links that are known", () => {
  const known = task({ revision: 1, links: { self: "/p/api/tasks/1" } });
  const event = newest(known, task({ revision: 2 }));
  assert.equal(event.revision, 2);
  assert.equal(event.links.self, "/p/api/tasks/1");
});

test("a task is terminal in exactly three statuses", () => {
  const statuses = ["pending", "processing", "completed", "failed", "cancelled"];
  assert.deepEqual(statuses.filter((status) => isTerminal(task({ status }))), ["completed", "failed", "cancelled"]);
});
