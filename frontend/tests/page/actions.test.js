import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { browserForThisFile, link, noise, SAMPLES } from "./visit.js";

const visiting = browserForThisFile();
const named = (visit, card, name) => visit.card(card).getByRole("button", { name, exact: true });

test("a running task can be cancelled, requeued and deleted", visiting(async (visit) => {
  await visit.simulate({ Length: 60 });
  await visit.above("Simulation", 0);
  await named(visit, "Simulation", "Cancel").click();
  await visit.until("Simulation", "Cancelled");
  assert.equal((await visit.server.tasks())[0].status, "cancelled");
  await named(visit, "Simulation", "Requeue").click();
  await visit.above("Simulation", 0);
  await visit.until("Simulation", "Processing");
  await named(visit, "Simulation", "Cancel").click();
  await visit.until("Simulation", "Cancelled");
  await named(visit, "Simulation", "Delete").click();
  await visit.card("Simulation").waitFor({ state: "detached" });
  assert.deepEqual(await visit.server.tasks(), []);
  await visit.page.getByRole("heading", { name: /Drop a file/ }).waitFor();
}));

test("an upload can be cancelled, and no task comes of it", visiting(async (visit) => {
  const slow = await link(visit.page, 200);
  await visit.give([await visit.file("film.bin", noise(3_000_000))]);
  await visit.above("film.bin", 2);
  await named(visit, "film.bin", "Cancel").click();
  await visit.until("film.bin", "Cancelled");
  assert.deepEqual(await visit.server.tasks(), []);
  await slow.free();
  await named(visit, "film.bin", "Requeue").click();
  await visit.until("film.bin", "Completed");
}));

test("a failed task says why, and a requeued one gets another run", visiting(async (visit) => {
  await visit.simulate({ Length: 1, Steps: 4, "Fail at step": 2, "Attempts that fail": 3 });
  await visit.until("Simulation", "Failed");
  const [{ failure, attempt }] = await visit.server.tasks();
  assert.equal(attempt, 3);
  assert.notEqual(failure.message, "");
  await visit.card("Simulation").getByText(failure.message).waitFor();
  await named(visit, "Simulation", "Requeue").click();
  await visit.until("Simulation", "Completed");
  assert.equal(await visit.value("Simulation"), 100);
}));

test("a picture that ends in the middle fails with a sentence for people", visiting(async (visit) => {
  const whole = await readFile(`${SAMPLES}rocket.jpg`);
  await visit.give([{ name: "half.jpg", mimeType: "image/jpeg", buffer: whole.subarray(0, 20_000) }]);
  await visit.until("half.jpg", "Failed");
  const [{ failure }] = await visit.server.tasks();
  await visit.card("half.jpg").getByText(failure.message).waitFor();
  await named(visit, "half.jpg", "Requeue").waitFor();
}));

test("what another tab has done already is no error", visiting(async (visit) => {
  const { server, page } = visit;
  await visit.simulate({ Length: 1 });
  await visit.until("Simulation", "Completed");
  const [{ id }] = await server.tasks();
  // The hint is on its way while the button is pressed.
  await Promise.all([fetch(`${server.url}/api/tasks/${id}`, { method: "DELETE" }), named(visit, "Simulation", "Delete").click().catch(() => {})]);
  await visit.card("Simulation").waitFor({ state: "detached" });
  assert.equal(await page.locator(".notice").count(), 0);
  // Chromium itself notes every 404 in the console.
  visit.complaints = visit.complaints.filter((text) => !/status of 404/.test(text));
}));

test("filters show what they say and count what there is", visiting(async (visit) => {
  const { page } = visit;
  await visit.giveSamples("rocket.jpg");
  await visit.until("rocket.jpg", "Completed");
  await visit.simulate({ Length: 60 });
  await visit.above("Simulation", 0);
  const shown = () => page.getByRole("article").getByRole("heading").allInnerTexts();
  await page.getByRole("radio", { name: /^Active/ }).check();
  await visit.card("rocket.jpg").waitFor({ state: "detached" });
  assert.deepEqual(await shown(), ["Simulation"]);
  await page.getByRole("radio", { name: /^Completed 1/ }).check();
  await visit.card("Simulation").waitFor({ state: "detached" });
  assert.deepEqual(await shown(), ["rocket.jpg"]);
  await page.getByRole("radio", { name: /^Stopped/ }).check();
  await page.getByRole("heading", { name: "Nothing here right now" }).waitFor();
}));

test("older tasks come when they are asked for", visiting(async (visit) => {
  const { page, server } = visit;
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ kind: "simulate", params: { seconds: 0.01, steps: 1 } });
  for (let n = 0; n < 60; n += 1) {
    const answer = await fetch(`${server.url}/api/tasks`, { method: "POST", headers, body });
    assert.equal(answer.status, 202, await answer.text());
  }
  await page.reload();
  await page.getByRole("article").nth(47).waitFor();
  assert.equal(await page.getByRole("article").count(), 48);
  await page.getByRole("button", { name: "Show older tasks" }).click();
  await page.getByRole("article").nth(59).waitFor();
  await page.getByRole("button", { name: "Show older tasks" }).waitFor({ state: "hidden" });
}));
