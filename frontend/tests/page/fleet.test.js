import assert from "node:assert/strict";
import { test } from "node:test";
import { browserForThisFile } from "./visit.js";

const visiting = browserForThisFile();
const fleet = (page) => page.getByRole("link", { name: "Fleet" }).click();

test("the fleet tells what runs, what waits and who works", visiting(async (visit) => {
  const { page } = visit;
  await visit.simulate({ Length: 1 });
  await visit.until("Simulation", "Completed");
  for (let n = 0; n < 3; n += 1) await visit.simulate({ Length: 60 });
  await page.locator("article[data-status=processing]").waitFor();
  await fleet(page);
  await page.getByRole("img", { name: "Now: 1 running, 2 waiting." }).waitFor();
  await page.getByRole("img", { name: /: 1 completed, 0 failed/ }).waitFor();
  const cells = await page.getByRole("row", { name: /Simulate/ }).getByRole("cell").allInnerTexts();
  assert.deepEqual(cells, ["1", "2", "1", "0", "0"]);
  const workers = page.getByRole("region", { name: "Workers" });
  await workers.getByText("1 running", { exact: true }).waitFor();
  await workers.getByText(/^up .* · beat just now$/).waitFor();
}, { flags: ["--concurrency", "1"] }));

test("a worker's tasks are listed with the time that each has run for, and open from there", visiting(async (visit) => {
  const { page } = visit;
  for (let n = 0; n < 8; n += 1) await visit.simulate({ Length: 60 });
  await page.locator("article[data-status=processing]").nth(7).waitFor();
  await fleet(page);
  const workers = page.getByRole("region", { name: "Workers" });
  await workers.getByText("and 2 more").waitFor();
  const first = workers.getByRole("button", { name: /Simulate/ }).first();
  assert.equal(await workers.getByRole("button").count(), 6);
  const ran = async () => Number.parseInt(await first.locator(".worker-task-time").innerText(), 10);
  const before = await ran();
  await first.focus();
  await page.waitForFunction(([list, seconds]) => Number.parseInt(list.querySelector(".worker-task-time").textContent, 10) > seconds + 3, [
    await workers.elementHandle(),
    before,
  ]);
  assert.equal(await first.evaluate((button) => button === document.activeElement), true, "the focus outlasts every answer");
  const id = await first.getAttribute("title");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByText(id).waitFor();
}, { flags: ["--concurrency", "8"] }));

test("a worker that stopped beating is told from one that lives", visiting(async (visit) => {
  const { page } = visit;
  const answer = (beat) => ({
    now: "2026-01-02T03:10:00Z",
    window_seconds: 86_400,
    kinds: [],
    oldest_due: null,
    workers: [
      { id: "01890a5d-ac96-774b-bcce-b302099a8057", running: 0, tasks: [], started_at: "2026-01-02T03:00:00Z", beat_at: beat, period_seconds: 10 },
    ],
  });
  let beat = "2026-01-02T03:09:58Z";
  await page.route("**/api/stats", (route) => route.fulfill({ json: answer(beat) }));
  await fleet(page);
  const workers = page.getByRole("region", { name: "Workers" });
  await workers.getByText(/^up 10 min 0\d s · beat just now$/).waitFor();
  beat = "2026-01-02T03:09:26Z";
  await workers.getByText(/^up 10 min 0\d s · last beat 3\d s ago$/).waitFor();
  await workers.getByText("idle").waitFor();
  assert.equal(await workers.locator("[data-silent]").count(), 1);
}));

test("the address leads to the fleet, and the numbers go on by themselves", visiting(async (visit) => {
  const { page, server } = visit;
  await page.getByRole("heading", { name: "Fleet", level: 1 }).waitFor();
  await page.getByText("No tasks yet.").waitFor();
  const body = JSON.stringify({ kind: "simulate", params: { seconds: 60 } });
  await fetch(`${server.url}/api/tasks`, { method: "POST", headers: { "content-type": "application/json" }, body });
  await page.getByRole("img", { name: "Now: 1 running, 0 waiting." }).waitFor();
  await page.getByRole("link", { name: "Tasks", exact: true }).click();
  await visit.card("Simulation").waitFor();
}, { path: "/#/fleet" }));

test("numbers of a server that is gone are marked as old", visiting(async (visit) => {
  const { page, server } = visit;
  await fleet(page);
  await page.getByText("No tasks yet.").waitFor();
  await server.kill();
  await page.getByText("The server cannot be reached. Trying again.").waitFor();
  await server.restart();
  await page.getByText("The server cannot be reached. Trying again.").waitFor({ state: "detached" });
  await page.locator("#connection[data-state=live]").waitFor();
}, { outage: true }));
