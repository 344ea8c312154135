import assert from "node:assert/strict";
import { test } from "node:test";
import { browserForThisFile, link, noise } from "./visit.js";

const visiting = browserForThisFile();

test("a reload half-way keeps everything and goes on", visiting(async (visit) => {
  const { page } = visit;
  await visit.giveSamples("coffee.webp");
  await visit.until("coffee.webp", "Completed");
  await visit.simulate({ Length: 20 });
  const before = await visit.above("Simulation", 5);
  await page.reload();
  await visit.card("coffee.webp").getByRole("img").waitFor();
  const after = await visit.above("Simulation", before);
  assert.ok(after < 100, "the work was still going on");
}));

test("two tabs show the same at the same time", visiting(async (visit) => {
  const { page } = visit;
  const other = await visit.open();
  await visit.simulate({ Length: 30 });
  await visit.above("Simulation", 0, other);
  await visit.above("Simulation", 0, page);
  await visit.card("Simulation", other).getByRole("button", { name: "Cancel" }).click();
  await visit.until("Simulation", "Cancelled", page);
  await visit.card("Simulation", page).getByRole("button", { name: "Requeue" }).click();
  await visit.above("Simulation", 0, other);
  await visit.card("Simulation", page).getByRole("button", { name: "Cancel" }).click();
  await visit.until("Simulation", "Cancelled", other);
  await visit.card("Simulation", page).getByRole("button", { name: "Delete" }).click();
  await visit.card("Simulation", page).waitFor({ state: "detached" });
  await visit.card("Simulation", other).waitFor({ state: "detached" });
}));

test("kill -9 in the middle: after the restart the work goes on by itself", visiting(async (visit) => {
  const { page, server } = visit;
  await visit.simulate({ Length: 8, Steps: 50 });
  await visit.above("Simulation", 20);
  await server.kill();
  await page.locator("#connection[data-state=lost]").waitFor();
  assert.equal(await visit.card("Simulation").locator(".status-word").innerText(), "Processing");
  await server.restart();
  await page.locator("#connection[data-state=live]").waitFor({ timeout: 8000 });
  const bar = await visit.card("Simulation").getByRole("progressbar").elementHandle();
  await page.waitForFunction(
    (element) => {
      // Its last state may be lost, so "moves again" means: two values from now on, one above the other.
      const now = Number(element.getAttribute("aria-valuenow") ?? -1);
      const lowest = Math.min(now, Number(element.dataset.lowest ?? Infinity));
      element.dataset.lowest = String(lowest);
      return now > lowest;
    },
    bar,
    { timeout: 10_000 },
  );
  await visit.until("Simulation", "Completed");
  const [{ rescues, output }] = await server.tasks();
  assert.equal(rescues, 1);
  assert.ok(output.value.resumed_at > 0, "what was done before is not done again");
}, { outage: true }));

test("kill -9 in the middle of an upload: it is sent again, and is one task", visiting(async (visit) => {
  const { page, server } = visit;
  const slow = await link(page, 400);
  await visit.give([await visit.file("large.bin", noise(2_000_000))]);
  await visit.above("large.bin", 4);
  await server.kill();
  await visit.until("large.bin", "Reconnecting");
  await server.restart();
  await slow.free();
  await visit.until("large.bin", "Completed");
  const tasks = await server.tasks();
  assert.deepEqual(tasks.map(({ input }) => input.name), ["large.bin"]);
}, { outage: true }));

test("a page that is opened without a server waits and finds it", visiting(async (visit) => {
  const { page, server } = visit;
  await visit.simulate({ Length: 1 });
  await visit.until("Simulation", "Completed");
  await server.kill();
  await page.locator("#connection[data-state=lost]").waitFor();
  await visit.simulate({ Length: 1 });
  await page.getByRole("article", { name: "Simulation" }).first().getByText("Reconnecting").waitFor();
  await server.restart();
  await page.waitForFunction(() => [...document.querySelectorAll(".status-word")].filter((word) => word.textContent === "Completed").length === 2);
}, { outage: true }));

test("a page that stays open goes back with a database that was restored from a backup", visiting(async (visit) => {
  const { page, server } = visit;
  await visit.simulate({ Length: 12, Steps: 60 });
  await visit.above("Simulation", 10);
  await server.kill();
  const restore = await server.backup();
  await server.restart();
  await visit.until("Simulation", "Completed");
  await visit.simulate({ Length: 120 });
  const cards = page.getByRole("article", { name: "Simulation" });
  await page.locator("article[data-status=processing]").waitFor();
  await server.kill();
  await restore();
  await server.restart();
  await page.locator("article[data-status=completed]").waitFor({ state: "detached" });
  assert.equal(await cards.count(), 1, "what the backup does not know is gone");
  await visit.until("Simulation", "Processing");
  await visit.until("Simulation", "Completed");
  const [{ revision }] = await server.tasks();
  assert.equal(revision, 5, "as high as before");
}, { outage: true }));
