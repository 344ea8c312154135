import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { browserForThisFile, link, noise, SAMPLES } from "./visit.js";

const visiting = browserForThisFile();

/** Files as a drop or a paste brings them, made inside the page. */
async function transferOf(page, files) {
  return page.evaluateHandle((list) => {
    const transfer = new DataTransfer();
    for (const { name, type, bytes } of list) transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
    return transfer;
  }, files);
}

test("ten files at once become ten results, in their order", visiting(async (visit) => {
  const { page } = visit;
  const pictures = ["astronaut.png", "cat-orientation-6.jpg", "coffee.webp", "rocket.jpg"];
  const given = await Promise.all(
    Array.from({ length: 10 }, async (_, n) => {
      const picture = pictures[n];
      const buffer = picture ? await readFile(SAMPLES + picture) : noise(60_000 + n, n + 1);
      return { name: picture ?? `part-${n}.bin`, mimeType: picture ? `image/${picture.split(".")[1].replace("jpg", "jpeg")}` : "", buffer };
    }),
  );
  await visit.give(given);
  await page.getByRole("article").nth(9).waitFor();
  for (const { name } of given) await visit.until(name, "Completed");
  const names = await page.getByRole("article").getByRole("heading").allInnerTexts();
  assert.deepEqual(names, given.map(({ name }) => name), "the cards stand in the order of the files");
  assert.equal((await visit.server.tasks()).length, 10);
}));

test("files can be dropped anywhere on the page", visiting(async (visit) => {
  const { page } = visit;
  const transfer = await transferOf(page, [{ name: "dropped.txt", type: "text/plain", bytes: [104, 105] }]);
  await page.dispatchEvent("h1", "dragenter", { dataTransfer: transfer });
  await page.locator("html[data-dropping]").waitFor();
  await page.dispatchEvent("h1", "drop", { dataTransfer: transfer });
  assert.equal(await page.locator("html[data-dropping]").count(), 0);
  await visit.until("dropped.txt", "Completed");
}));

test("a picture can be pasted and gets a name of its own", visiting(async (visit) => {
  const { page } = visit;
  const bytes = [...(await readFile(`${SAMPLES}rocket.jpg`))];
  const transfer = await transferOf(page, [{ name: "image.png", type: "image/jpeg", bytes }]);
  await page.evaluate((data) => document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data })), transfer);
  const card = page.getByRole("article", { name: /^Pasted .*\.jpeg$/ });
  await card.getByText("Completed", { exact: true }).waitFor();
}));

test("the empty page offers a picture to try", visiting(async (visit) => {
  await visit.page.getByRole("button", { name: "Try a sample picture" }).click();
  await visit.until("hills.jpg", "Completed");
  assert.equal(await visit.page.getByRole("button", { name: "Try a sample picture" }).isVisible(), false);
}));

test("the choice of kind and its parameters outlast a reload", visiting(async (visit) => {
  const { page } = visit;
  await visit.choose("Motion");
  await visit.set("Length", 7);
  await page.reload();
  assert.equal(await page.getByRole("radio", { name: "Motion" }).isChecked(), true);
  assert.equal(await page.getByRole("slider", { name: "Length" }).inputValue(), "7");
}));

test("on a link of 500 KiB/s the upload can be followed", visiting(async (visit) => {
  await link(visit.page, 500);
  await visit.give([await visit.file("slow.bin", noise(1_500_000))]);
  await visit.until("slow.bin", "Uploading");
  const seen = [];
  for (let last = 0; last < 20; ) {
    last = await visit.above("slow.bin", last);
    seen.push(last);
  }
  assert.ok(seen.length >= 3, `the bar stood at ${seen}`);
  assert.match(await visit.card("slow.bin").locator(".status").innerText(), /\/1\.5 MB|Storing|Pending|Processing|Completed/);
  await visit.until("slow.bin", "Completed");
}));

test("a kind that this server does not have is not offered, even if it was chosen before", visiting(async (visit) => {
  const { page } = visit;
  const motion = page.getByRole("radio", { name: "Motion", exact: true });
  await visit.choose("Motion");
  const contract = await (await fetch(`${visit.server.url}/api/openapi.json`)).json();
  const { kind } = contract.components.schemas.UploadForm.properties;
  assert.deepEqual(kind.enum, ["digest", "image", "motion", "simulate", null]);
  kind.enum = ["digest", "image", "simulate", null];
  await page.route("**/api/openapi.json", (route) => route.fulfill({ json: contract }));
  await page.reload();
  await motion.waitFor({ state: "hidden" });
  assert.equal(await page.getByRole("radio", { name: "Auto", exact: true }).isChecked(), true);
  await page.getByRole("radio", { name: "Simulate", exact: true }).waitFor();
}));
