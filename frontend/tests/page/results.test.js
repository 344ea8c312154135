import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { browserForThisFile, download, noise, SAMPLES } from "./visit.js";

const visiting = browserForThisFile();
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

test("a picture becomes a thumbnail with its palette", visiting(async (visit) => {
  await visit.giveSamples("astronaut.png");
  await visit.until("astronaut.png", "Completed");
  const card = visit.card("astronaut.png");
  const picture = card.getByRole("img");
  await picture.waitFor();
  const width = await picture.evaluate(async (image) => {
    await image.decode();
    return image.naturalWidth;
  });
  assert.ok(width >= 100, `the thumbnail is ${width} pixels wide`);
  const colours = await card.getByRole("list", { name: "Palette" }).getByRole("listitem").evaluateAll((items) =>
    items.map((item) => getComputedStyle(item).backgroundColor),
  );
  assert.ok(colours.length >= 3 && colours.length <= 6, `${colours.length} colours`);
  assert.equal(new Set(colours).size, colours.length, "no colour comes twice");
  assert.equal(await visit.value("astronaut.png"), 100);
}));

test("a photograph that lies on its side is shown upright", visiting(async (visit) => {
  await visit.giveSamples("cat-orientation-6.jpg");
  await visit.until("cat-orientation-6.jpg", "Completed");
  const [width, height] = await visit.card("cat-orientation-6.jpg").getByRole("img").evaluate(async (image) => {
    await image.decode();
    return [image.naturalWidth, image.naturalHeight];
  });
  assert.ok(width > height, `${width} × ${height}`);
}));

test("a photograph becomes a film that plays", visiting(async (visit) => {
  await visit.choose("Motion");
  await visit.page.getByRole("radio", { name: "Pan left" }).check();
  await visit.set("Length", 2);
  await visit.set("Frame rate", 10);
  await visit.set("Width", 320);
  await visit.giveSamples("rocket.jpg");
  await visit.until("rocket.jpg", "Completed");
  const film = visit.card("rocket.jpg").locator("video");
  const handle = await film.elementHandle();
  await visit.page.waitForFunction((video) => video.currentTime > 0.4 && !video.paused, handle);
  const { width, error } = await film.evaluate((video) => ({ width: video.videoWidth, error: video.error?.message ?? null }));
  assert.equal(error, null);
  assert.equal(width, 320);
}));

test("any other file becomes a table of what it is", visiting(async (visit) => {
  const bytes = noise(300_000);
  await visit.give([{ name: "data.bin", mimeType: "application/octet-stream", buffer: bytes }]);
  await visit.until("data.bin", "Completed");
  const table = visit.card("data.bin").getByRole("table", { name: /Digest/ });
  const rows = await table.getByRole("row").evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));
  const facts = Object.fromEntries(rows);
  assert.equal(facts["SHA-256"], sha256(bytes));
  assert.equal(facts.Size, "300 KB");
  assert.match(facts.Entropy, /^(8\.00|7\.9\d) bits\/byte$/);
}));

test("a simulation needs no file", visiting(async (visit) => {
  await visit.simulate({ Length: 1, Steps: 5 });
  await visit.until("Simulation", "Completed");
  assert.match(await visit.card("Simulation").innerText(), /5\s*steps/);
}));

test("an empty file is a file", visiting(async (visit) => {
  await visit.give([{ name: "empty.txt", mimeType: "text/plain", buffer: Buffer.alloc(0) }]);
  await visit.until("empty.txt", "Completed");
  assert.match(await visit.card("empty.txt").innerText(), /0 B/);
}));

test("every download is what was stored, byte for byte", visiting(async (visit) => {
  await visit.giveSamples("coffee.webp");
  await visit.until("coffee.webp", "Completed");
  const card = visit.card("coffee.webp");
  const [task] = await visit.server.tasks();
  const stored = Object.fromEntries(task.output.artifacts.map(({ name, sha256 }) => [name, sha256]));

  const result = await download(visit.page, card.getByRole("link", { name: "Download", exact: true }));
  assert.ok(Object.values(stored).includes(sha256(result.bytes)), "the result is one of the artifacts");

  await card.getByRole("button", { name: "Details" }).click();
  const dialog = visit.page.getByRole("dialog", { name: "coffee.webp" });
  for (const [name, digest] of Object.entries(stored)) {
    const file = await download(visit.page, dialog.getByRole("link", { name }));
    assert.equal(file.name, name);
    assert.equal(sha256(file.bytes), digest);
  }
  const original = await download(visit.page, dialog.getByRole("link", { name: "coffee.webp" }));
  assert.equal(original.name, "coffee.webp");
  assert.deepEqual(original.bytes, await readFile(`${SAMPLES}coffee.webp`));
}));

test("the parameters of the form reach the processor", visiting(async (visit) => {
  await visit.choose("Image");
  await visit.set("Thumbnail", 64);
  await visit.set("Palette", 3);
  await visit.giveSamples("rocket.jpg");
  await visit.until("rocket.jpg", "Completed");
  const [{ output }] = await visit.server.tasks();
  assert.equal(Math.max(output.value.thumbnail.width, output.value.thumbnail.height), 64);
  assert.ok(output.value.palette.length <= 3);
}));
