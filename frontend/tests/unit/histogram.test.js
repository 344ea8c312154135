import assert from "node:assert/strict";
import { test } from "node:test";
import { HEIGHT, landscape, WIDTH } from "../../histogram.js";

const counts = (change) => Object.assign(new Array(WIDTH).fill(0), change);

test("the most frequent byte reaches the top, and one a quarter as frequent half of it", () => {
  const path = landscape(counts({ 0: 400, 1: 100 }));
  assert.ok(path.startsWith(`M0 ${HEIGHT}V0.0h1V50.0h1V100.0h1`), path);
  assert.equal(path.match(/h1/g).length, WIDTH);
});

test("what is no histogram, or one of an empty file, draws nothing", () => {
  for (const nothing of [undefined, null, "text", [], [1, 2, 3], counts({})]) assert.equal(landscape(nothing), "");
});
