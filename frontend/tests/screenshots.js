/**
 * Pictures of every state of the page, to look at: light and dark, desktop and phone.
 *
 *     node screenshots.js FOLDER [SCENE...]
 *
 * FOLDER/README.png is the one for the README, once it is small enough:
 * `pngquant 176 --strip -o ../../docs/screenshot.png FOLDER/README.png`.
 */

import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Server } from "./page/server.js";
import { DESKTOP, launch, link, noise, SAMPLES, Visit } from "./page/visit.js";

const SIZES = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } };
const THEMES = /** @type {const} */ (["light", "dark"]);
const PICTURES = ["astronaut.png", "cat-orientation-6.jpg", "coffee.webp", "rocket.jpg"];

const [folder, ...wanted] = process.argv.slice(2);
if (!folder) throw new Error("usage: node screenshots.js FOLDER [SCENE...]");
await mkdir(folder, { recursive: true });

/** Shows what there is now in every size and theme. */
async function shoot({ page }, name, { whole = false } = {}) {
  await page.evaluate(() => document.documentElement.style.setProperty("scrollbar-gutter", "auto"));
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme });
      if (whole && size === "phone") await unroll(page, viewport);
      await settled(page);
      await page.screenshot({ path: path.join(folder, `${name}-${size}-${colorScheme}.png`), scale: "css" });
    }
  }
  await page.setViewportSize(DESKTOP);
  await page.emulateMedia({ colorScheme: "light" });
}

/** Makes the window as high as the page: cards out of sight are not drawn. */
async function unroll(page, { width }) {
  await page.setViewportSize({ width, height: await page.evaluate(() => Math.min(6000, document.documentElement.scrollHeight)) });
}

/** Pictures are decoded, and what moves only once has moved. What is out of sight does neither, so the wait has an end. */
async function settled(page) {
  await page.evaluate(async () => {
    window.scrollTo(0, 0);
    const seen = [...document.images].filter((image) => image.getBoundingClientRect().top < innerHeight);
    const once = document.getAnimations().filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity);
    const still = [...seen.map((image) => image.decode()), ...once.map((animation) => animation.finished)];
    const late = new Promise((resolve) => setTimeout(resolve, 1500));
    await Promise.race([Promise.allSettled(still), late]);
  });
}

/** One of everything that can end. */
async function results(visit) {
  await visit.choose("Image");
  await visit.giveSamples(...PICTURES.slice(0, 3));
  await visit.choose("Motion");
  await visit.set("Width", 320);
  await visit.set("Length", 3);
  await visit.giveSamples("rocket.jpg");
  await visit.choose("Digest");
  await visit.give([await visit.file("measurements.bin", noise(3_400_000))]);
  await visit.simulate({ Length: 1, Steps: 40 });
  for (const name of [...PICTURES, "measurements.bin", "Simulation"]) await visit.until(name, "Completed");
}

const SCENES = {
  async empty(visit) {
    await shoot(visit, "empty", { whole: true });
  },

  async form(visit) {
    for (const kind of ["Image", "Motion", "Simulate"]) {
      await visit.choose(kind);
      await shoot(visit, `form-${kind.toLowerCase()}`, { whole: true });
    }
  },

  async uploading(visit) {
    await link(visit.page, 150);
    await visit.choose("Auto");
    await visit.give([await visit.file("recording.wav", noise(2_400_000)), await visit.file("archive.zip", noise(5_000_000, 2))]);
    await visit.giveSamples("astronaut.png", "coffee.webp");
    await visit.above("recording.wav", 4);
    await shoot(visit, "uploading", { whole: true });
  },

  async processing(visit) {
    await visit.choose("Motion");
    await visit.set("Width", 1920);
    await visit.set("Length", 20);
    await visit.giveSamples("astronaut.png");
    await visit.simulate({ Length: 100, Steps: 40 });
    await visit.above("astronaut.png", 26);
    await visit.choose("Auto");
    await visit.giveSamples("coffee.webp");
    await visit.give([await visit.file("notes.txt", Buffer.from("a line\n".repeat(900)))]);
    await visit.until("notes.txt", "Pending");
    await shoot(visit, "processing", { whole: true });
  },

  async completed(visit) {
    await results(visit);
    await visit.choose("Auto");
    await shoot(visit, "completed", { whole: true });
    for (const name of [...PICTURES.slice(2), "measurements.bin", "Simulation"]) {
      await visit.card(name).getByRole("button", { name: "Details" }).click();
      await shoot(visit, `detail-${name.split(".")[0].toLowerCase()}`);
      await visit.page.keyboard.press("Escape");
    }
  },

  async failed(visit) {
    await visit.give([{ name: "not-a-picture.jpg", mimeType: "image/jpeg", buffer: noise(9000) }]);
    await visit.simulate({ Length: 1, Steps: 5, "Fail at step": 3 });
    await visit.until("Simulation", "Failed");
    await visit.until("not-a-picture.jpg", "Failed");
    await visit.choose("Simulate");
    await visit.simulate({ Length: 60, Steps: 20, "Fail at step": 0 });
    const last = visit.page.getByRole("article", { name: "Simulation" }).first();
    await last.getByRole("button", { name: "Cancel" }).click();
    await last.getByText("Cancelled").waitFor();
    await visit.choose("Auto");
    await shoot(visit, "failed", { whole: true });
    await visit.card("not-a-picture.jpg").getByRole("button", { name: "Details" }).click();
    await shoot(visit, "failed-detail");
  },

  async fleet(visit) {
    await results(visit);
    for (let n = 0; n < 5; n += 1) await visit.simulate({ Length: 40 });
    await visit.page.getByRole("link", { name: "Fleet" }).click();
    await visit.page.getByRole("img", { name: /^Now: 2 running/ }).waitFor();
    await shoot(visit, "fleet", { whole: true });
  },

  /** A larger fleet than one server is: what it would answer. */
  async workers(visit) {
    const now = Date.parse("2026-01-02T12:00:00Z");
    const ago = (seconds) => new Date(now - seconds * 1000).toISOString();
    const kinds = ["motion", "image", "simulate", "digest", "transcribe-speech"];
    const id = (n) => `0190f0a2-7c3e-7d4b-9a51-${(0x9e3779b9 * (n + 3)).toString(16).padStart(12, "0").slice(-12)}`;
    const tasks = (count, seed) =>
      Array.from({ length: count }, (_, n) => ({ id: id(seed + n), kind: kinds[(seed + n) % kinds.length], since: ago(2 + n * n * 7) }));
    const worker = (seed, running, up, beat) => ({
      id: id(seed * 100),
      running,
      tasks: tasks(Math.min(running, 100), seed),
      started_at: ago(up),
      beat_at: ago(beat),
      period_seconds: 10,
    });
    const count = (kind, pending, processing, completed, failed) => ({ kind, pending, processing, completed, failed, cancelled: 0 });
    const answer = {
      now: ago(0),
      window_seconds: 86_400,
      kinds: [count("digest", 2, 4, 9120, 3), count("image", 0, 5, 48_213, 17), count("motion", 31, 14, 1204, 40)],
      oldest_due: ago(4),
      workers: [worker(1, 3, 9_000, 4), worker(2, 18, 200_000, 1), worker(3, 2, 700, 34), worker(4, 0, 12, 2)],
    };
    await visit.page.route("**/api/stats", (route) => route.fulfill({ json: answer }));
    await visit.page.getByRole("link", { name: "Fleet" }).click();
    await visit.page.getByText("and 12 more").waitFor();
    await shoot(visit, "workers", { whole: true });
    await visit.page.getByRole("region", { name: "Workers" }).scrollIntoViewIfNeeded();
    await visit.page.getByRole("button", { name: /Motion/ }).first().hover();
    await visit.page.getByRole("region", { name: "Workers" }).screenshot({ path: path.join(folder, "workers-panel.png") });
  },

  async lost(visit) {
    await visit.simulate({ Length: 60 });
    await visit.above("Simulation", 3);
    await visit.server.kill();
    await visit.page.locator("#connection[data-state=lost]").waitFor();
    await visit.giveSamples("coffee.webp");
    await visit.until("coffee.webp", "Reconnecting");
    await shoot(visit, "lost");
  },

  /** Results, with work going on before them. */
  async readme(visit) {
    await visit.choose("Image");
    await visit.giveSamples(...PICTURES.slice(0, 3));
    await visit.choose("Motion");
    await visit.set("Width", 320);
    await visit.set("Length", 3);
    await visit.giveSamples("rocket.jpg");
    await visit.choose("Digest");
    await visit.give([fileURLToPath(new URL("../style.css", import.meta.url))]);
    for (const name of [...PICTURES, "style.css"]) await visit.until(name, "Completed");
    await visit.choose("Motion");
    await visit.set("Width", 640);
    await visit.set("Length", 20);
    await visit.give([{ name: "espresso.webp", mimeType: "image/webp", buffer: await readFile(`${SAMPLES}coffee.webp`) }]);
    await visit.above("espresso.webp", 25);
    await visit.simulate({ Length: 30, Steps: 40 });
    await visit.above("Simulation", 55);
    await visit.choose("Auto");
    await visit.page.setViewportSize({ width: 1280, height: 796 });
    await settled(visit.page);
    await visit.page.screenshot({ path: path.join(folder, "README.png") });
  },
};

const browser = await launch();
try {
  for (const [name, scene] of Object.entries(SCENES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const server = await Server.start(["--concurrency", "2"]);
    const context = await browser.newContext({ viewport: DESKTOP, deviceScaleFactor: 2 });
    const visit = new Visit(server, context, true);
    try {
      await visit.open();
      await scene(visit);
      console.log(name);
    } finally {
      await context.close();
      await server.stop();
      await visit.forget();
    }
  }
} finally {
  await browser.close();
}
