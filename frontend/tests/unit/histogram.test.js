import assert from "node:assert/strict";
import { test } from "node:test";
import { bars, HEIGHT, WIDTH } from "../../histogram.js";

const counts = (change) => Object.assign(new Array(WIDTH).fill(0), change);

test("the most frequent bytes reach the top, and those a quarter as frequent half of it", () => {
  assert.equal(bars(counts({ 0: 100, 3: 300, 255: 100 })), `M0 ${HEIGHT}v-100.0h3V${HEIGHT}zM252 ${HEIGHT}v-50.0h3V${HEIGHT}z`);
});

test("what is no histogram, or one of an empty file, draws nothing", () => {
  for (const nothing of [undefined, null, "text", [], [1, 2, 3], counts({})]) assert.equal(bars(nothing), "");
});
