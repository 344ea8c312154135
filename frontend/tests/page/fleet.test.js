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
  await page.getByRole("region", { name: "Workers" }).getByText(/^1 running · up/).waitFor();
}, { flags: ["--concurrency", "1"] }));

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
