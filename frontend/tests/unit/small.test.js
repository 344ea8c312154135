import assert from "node:assert/strict";
import { test } from "node:test";
import { idempotencyKey, Problem, problemOf } from "../../api.js";
import { backoff } from "../../backoff.js";
import { ago, bytes, duration, percent } from "../../format.js";
import { defaults, kindFor, KINDS } from "../../kinds.js";
import { endingsText } from "../../notices.js";
import { facts } from "../../result-digest.js";
import { NOW, task } from "./task.js";

test("the wait doubles up to its cap and is spread at random", () => {
  const longest = (attempt) => backoff(attempt, { random: () => 1 });
  assert.deepEqual([0, 1, 2, 10, 1000].map(longest), [300, 600, 1200, 5000, 5000]);
  assert.equal(backoff(0, { random: () => 0 }), 75);
  assert.notEqual(backoff(4), backoff(4));
});

test("sizes read as people write them", () => {
  assert.deepEqual([0, 999, 1000, 1_250_000, 200_000_000, 4.2e9].map(bytes), ["0 B", "999 B", "1.0 KB", "1.3 MB", "200 MB", "4.2 GB"]);
});

test("times read as people say them", () => {
  assert.deepEqual([400, 12_000, 185_000, 7_800_000].map(duration), ["0.4 s", "12 s", "3 min 05 s", "2 h 10 min"]);
  assert.equal(ago("2026-11-24T10:00:00Z", NOW + 35_000), "45 s ago");
  assert.equal(ago("2026-11-24T10:05:00Z", NOW), "just now");
});

test("a hundred percent means done", () => {
  assert.deepEqual([0, 0.29, 0.999, 1].map(percent), ["0%", "29%", "99%", "100%"]);
});

test("auto picks by the file, a choice holds for every file", () => {
  assert.equal(kindFor("auto", { type: "image/png" }), "image");
  assert.equal(kindFor("auto", { type: "image/svg+xml" }), "digest");
  assert.equal(kindFor("auto", { type: "" }), "digest");
  assert.equal(kindFor("motion", { type: "" }), "motion");
});

test("every default lies within its own bounds and on a step", () => {
  for (const [kind, { parameters }] of Object.entries(KINDS)) {
    for (const { name, control, min = 0, max = 0, step = 1, value, choices } of parameters) {
      if (control === "choice") assert.ok(choices?.some(([choice]) => choice === value), `${kind}.${name}`);
      else if (value !== null) assert.ok(value >= min && value <= max && (value - min) % step === 0, `${kind}.${name}`);
    }
    assert.equal(Object.keys(defaults(kind)).length, parameters.length);
  }
});

test("problem details become a sentence, whatever the body is", () => {
  assert.equal(problemOf(422, '{"title":"T","detail":"the kind is not known"}', null).message, "The kind is not known");
  assert.equal(problemOf(503, '{"title":"Busy"}', "2").retryAfter, 2000);
  assert.equal(problemOf(502, "<html>", null).message, "The server answered with status 502.");
  assert.equal(problemOf(502, "null", "Wed, 21 Oct 2026 07:28:00 GMT").retryAfter, null);
});

test("only what may go better next time is tried again", () => {
  const temporary = [0, 400, 403, 408, 409, 413, 422, 429, 500, 502, 503, 507].filter((status) => new Problem(status, "").isTemporary);
  assert.deepEqual(temporary, [0, 408, 429, 500, 502, 503]);
});

test("keys differ, with and without a secure context", (t) => {
  assert.notEqual(idempotencyKey(), idempotencyKey());
  t.mock.getter(globalThis, "crypto", () => ({ getRandomValues: (array) => array.fill(7) }));
  assert.equal(idempotencyKey(), "07".repeat(16));
});

test("many endings are one sentence", () => {
  const ended = (title, status) => ({ title, status });
  assert.equal(endingsText([ended("a.png", "completed")]), "a.png completed.");
  const four = [ended("a", "completed"), ended("b", "failed"), ended("c", "completed"), ended("d", "completed")];
  assert.equal(endingsText(four), "4 tasks ended: 3 completed, 1 failed.");
});

test("a digest is told by names and readable values", () => {
  const value = { size: 2000, sha256: "ab", crc32: "01", entropy: 7.4567, lines: 1234, printable: 0.5, zeros: 0, distinct_bytes: 256, content_type: "a/b" };
  const rows = Object.fromEntries(facts(task({ output: { value, artifacts: [] } })));
  assert.equal(rows["SHA-256"], "ab");
  assert.equal(rows.Entropy, "7.46 bits/byte");
  assert.equal(rows.Lines, "1,234");
  assert.equal(rows.Printable, "50%");
});
