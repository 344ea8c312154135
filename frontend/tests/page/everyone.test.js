import assert from "node:assert/strict";
import { test } from "node:test";
import { browserForThisFile, noise, PHONE } from "./visit.js";

const visiting = browserForThisFile();

/** How far the page, or what is open over it, reaches beyond the window. */
const beyond = (page) =>
  page.evaluate(() => {
    const widths = [document.documentElement, ...document.querySelectorAll("dialog[open], dialog[open] .detail-body")];
    return Math.max(...widths.map((element) => element.scrollWidth - element.clientWidth));
  });

test("on a phone nothing scrolls sideways", visiting(async (visit) => {
  const { page } = visit;
  const name = `${"a-name-without-an-end-".repeat(6)}.bin`;
  assert.equal(await beyond(page), 0, "empty");
  await visit.give([{ name, mimeType: "", buffer: noise(20_000) }]);
  await visit.giveSamples("rocket.jpg");
  await visit.give([{ name: "broken.jpg", mimeType: "image/jpeg", buffer: noise(900) }]);
  await visit.until(name, "Completed");
  await visit.until("rocket.jpg", "Completed");
  await visit.until("broken.jpg", "Failed");
  for (const kind of ["Image", "Motion", "Digest", "Simulate"]) {
    await visit.choose(kind);
    assert.equal(await beyond(page), 0, `the form of ${kind}`);
  }
  await page.getByRole("button", { name: "Run without a file" }).click();
  await visit.card("Simulation").waitFor();
  assert.equal(await beyond(page), 0, "cards");
  for (const card of [name, "rocket.jpg", "broken.jpg"]) {
    await visit.card(card).getByRole("button", { name: "Details" }).click();
    assert.equal(await beyond(page), 0, `details of ${card}`);
    await page.getByRole("button", { name: "Close" }).click();
  }
  await page.getByRole("link", { name: "Fleet" }).click();
  await page.getByRole("row", { name: /Simulate/ }).waitFor();
  assert.equal(await beyond(page), 0, "fleet");
}, { context: { viewport: PHONE, isMobile: true, hasTouch: true } }));

test("a card is an article that tells its name, its status, its progress and what can be done", visiting(async (visit) => {
  const { page } = visit;
  await visit.simulate({ Length: 60 });
  await visit.above("Simulation", 0);
  const card = visit.card("Simulation");
  const bar = card.getByRole("progressbar", { name: "Simulation" });
  assert.match(await bar.getAttribute("aria-valuetext"), /^Processing, \d+%$/);
  await card.getByText("Processing", { exact: true }).waitFor();
  await card.getByRole("button", { name: "Cancel", exact: true }).click();
  await card.getByRole("button", { name: "Requeue", exact: true }).waitFor();
  await card.getByRole("button", { name: "Delete", exact: true }).waitFor();
  assert.equal(await card.getByRole("button", { name: "Cancel", exact: true }).count(), 0);
  await visit.give([{ name: "one.txt", mimeType: "text/plain", buffer: Buffer.from("one") }]);
  await visit.choose("Digest");
  await visit.give([{ name: "two.txt", mimeType: "text/plain", buffer: Buffer.from("two") }]);
  await visit.until("two.txt", "Completed");
  await visit.card("two.txt").getByRole("link", { name: "Download", exact: true }).waitFor();
  const nameless = await page.locator("button, a[href], input, [role=img], [role=progressbar], article, dialog[open]").evaluateAll((all) =>
    all.filter((element) => element.checkVisibility() && !element.ariaLabel && !element.labels?.length && !element.textContent.trim() && !element.getAttribute("aria-labelledby")).map((element) => element.outerHTML),
  );
  assert.deepEqual(nameless, []);
}));

test("everything can be done with the keyboard alone", visiting(async (visit) => {
  const { page } = visit;
  const { keyboard } = page;
  /** Goes on until the focus is at what this name is part of. */
  const tabTo = async (name) => {
    const at = () => page.evaluate(() => `${document.activeElement?.getAttribute("aria-label") ?? ""} ${document.activeElement?.textContent} ${document.activeElement?.getAttribute("name") ?? ""}`);
    for (let steps = 0; steps < 40; steps += 1) {
      await keyboard.press("Tab");
      if ((await at()).includes(name)) return;
    }
    assert.fail(`${name} cannot be reached`);
  };
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  await tabTo("kind");
  for (let steps = 0; steps < 4; steps += 1) await keyboard.press("ArrowRight");
  await tabTo("seconds");
  await keyboard.press("End");
  await tabTo("Run without a file");
  await keyboard.press("Enter");
  await visit.above("Simulation", 0);
  await tabTo("Cancel");
  await keyboard.press("Enter");
  await visit.until("Simulation", "Cancelled");
  await page.waitForFunction(() => document.activeElement?.textContent === "Requeue", undefined, { polling: 50 });
  await tabTo("Details");
  await keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Simulation" }).waitFor();
  await keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  assert.equal(await focused(), "Details", "the focus is back where it was");
  await tabTo("Delete");
  await keyboard.press("Enter");
  await visit.card("Simulation").waitFor({ state: "detached" });
  assert.notEqual(await page.evaluate(() => document.activeElement?.tagName), "BODY", "the focus is not lost with the card");
}));

test("how a task ended is said aloud", visiting(async (visit) => {
  await visit.give([{ name: "one.txt", mimeType: "text/plain", buffer: Buffer.from("one") }]);
  await visit.page.getByRole("status").filter({ hasText: "one.txt completed." }).waitFor({ state: "attached" });
}));

test("all cards share one socket", visiting(async (visit) => {
  const { page } = visit;
  let sockets = 0;
  page.on("websocket", () => (sockets += 1));
  await page.reload();
  await page.locator("#connection[data-state=live]").waitFor();
  await visit.give(["a", "b", "c", "d"].map((name) => ({ name: `${name}.txt`, mimeType: "text/plain", buffer: noise(40_000) })));
  await page.waitForFunction(() => document.querySelectorAll("article[data-status=completed]").length === 4);
  assert.equal(sockets, 1);
}));

test("the choice between light and dark outlasts a reload", visiting(async (visit) => {
  const { page } = visit;
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await ground();
  await page.getByRole("button", { name: "Dark theme" }).click();
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.reload();
  assert.equal(await ground(), dark);
  await page.getByRole("button", { name: "Light theme" }).click();
  assert.equal(await ground(), light);
}, { context: { colorScheme: "light" } }));

test("whoever asked for less motion starts films by hand", visiting(async (visit) => {
  const { page } = visit;
  await visit.choose("Motion");
  await visit.set("Length", 1);
  await visit.set("Frame rate", 10);
  await visit.set("Width", 160);
  await visit.giveSamples("rocket.jpg");
  await visit.until("rocket.jpg", "Completed");
  const film = visit.card("rocket.jpg").locator("video");
  await page.waitForFunction((video) => video.readyState >= 1, await film.elementHandle());
  assert.deepEqual(await film.evaluate((video) => [video.paused, video.controls, video.currentTime]), [true, true, 0]);
}, { context: { reducedMotion: "reduce" } }));
