/** A browser, a server, and a page that must not complain. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { Server } from "./server.js";

export const SAMPLES = fileURLToPath(new URL("../samples/", import.meta.url));
export const DESKTOP = { width: 1280, height: 860 };
export const PHONE = { width: 360, height: 740 };

/** The longest wait for anything, in milliseconds: far above what it takes, for machines that do much else. */
const PATIENCE = 45_000;

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function executable() {
  const found = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find((file) => file && existsSync(file));
  if (!found) throw new Error("There is no browser to test with: install chromium, or name one in CHROMIUM.");
  return found;
}

export function launch() {
  return chromium.launch({ executablePath: executable(), args: FLAGS });
}

/** What a browser says of a server that is not there. A page cannot keep it from saying so. */
const UNREACHABLE = /net::ERR_(CONNECTION|EMPTY_RESPONSE|SOCKET|NETWORK)|WebSocket connection to .* failed/;

/** One browser for the tests of a file. */
export function browserForThisFile() {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser?.close());

  /**
   * Runs a test with a server and a page of its own.
   *
   * @param {(visit: Visit) => Promise<void>} body
   * @param {{ flags?: string[], outage?: boolean, context?: object, path?: string }} [options] `outage`: the server will be gone for a while
   */
  return (body, { flags, outage = false, context: settings = {}, path: where = "/" } = {}) =>
    async () => {
      const server = await Server.start(flags);
      const context = await browser.newContext({ viewport: DESKTOP, ...settings });
      const visit = new Visit(server, context, outage);
      try {
        await visit.open(where);
        await body(visit);
        assert.deepEqual(visit.complaints, [], "the console stays silent");
      } finally {
        await context.close();
        await server.stop();
        await visit.forget();
      }
    };
}

export class Visit {
  complaints = [];
  /** The main page. */
  page = null;
  #outage;
  #dir = "";

  constructor(server, context, outage) {
    this.server = server;
    this.context = context;
    this.#outage = outage;
  }

  /** Opens the page once more: another tab of the same browser. The first one becomes `page`. */
  async open(where = "/") {
    const page = await this.context.newPage();
    page.setDefaultTimeout(PATIENCE);
    const complain = (text) => {
      if (!(this.#outage && UNREACHABLE.test(text))) this.complaints.push(text);
    };
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && complain(message.text()));
    page.on("pageerror", (error) => complain(String(error.stack)));
    await page.goto(new URL(where, this.server.url).href);
    await page.locator("#connection[data-state=live]").waitFor();
    this.page ??= page;
    return page;
  }

  /** The card of a file. */
  card(name, page = this.page) {
    return page.getByRole("article", { name, exact: true });
  }

  /** Waits until a card says this word. */
  async until(name, word, page = this.page) {
    await this.card(name, page).locator(".status-word", { hasText: new RegExp(`^${word}$`) }).waitFor();
  }

  /** Chooses a kind as one does: by its name in the picker. */
  async choose(kind, page = this.page) {
    await page.getByRole("radio", { name: kind, exact: true }).check();
  }

  /** Sets a parameter of the chosen kind. */
  async set(name, value, page = this.page) {
    await page.getByRole("slider", { name, exact: true }).fill(String(value));
  }

  /** Gives files to the page: paths, or `{ name, mimeType, buffer }`. */
  async give(files, page = this.page) {
    await page.getByLabel(/Drop files/).setInputFiles(files);
  }

  async giveSamples(...names) {
    await this.give(names.map((name) => SAMPLES + name));
  }

  /** A file on the disk: what is too large for the browser's wire. */
  async file(name, bytes) {
    this.#dir ||= await mkdtemp(path.join(tmpdir(), "leyline-files-"));
    const file = path.join(this.#dir, name);
    await writeFile(file, bytes);
    return file;
  }

  /** A simulation of this length. */
  async simulate(params = {}, page = this.page) {
    await this.choose("Simulate", page);
    for (const [name, value] of Object.entries(params)) await this.set(name, value, page);
    await page.getByRole("button", { name: "Run without a file" }).click();
  }

  /** The bar's value in percent, or null while unknown. */
  async value(name, page = this.page) {
    const text = await this.card(name, page).getByRole("progressbar").getAttribute("aria-valuenow");
    return text === null ? null : Number(text);
  }

  /** Waits until the bar stands above a value, and says where it stands. */
  async above(name, least, page = this.page) {
    const bar = await this.card(name, page).getByRole("progressbar").elementHandle();
    await page.waitForFunction(([element, value]) => Number(element.getAttribute("aria-valuenow") ?? -1) > value, [bar, least]);
    return this.value(name, page);
  }

  async forget() {
    if (this.#dir) await rm(this.#dir, { recursive: true, force: true });
  }
}

/** Bytes that no compression makes small, always the same for a seed. */
export function noise(length, seed = 1) {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at + 4 <= length; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes.writeUInt32LE(state, at);
  }
  return bytes;
}

/** Sets how fast the page's link is, in KiB a second each way. */
export async function link(page, rate) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const throughput = rate * 1024;
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 20,
    downloadThroughput: throughput,
    uploadThroughput: throughput,
  });
  return {
    /** The link is as fast as it gets again. */
    async free() {
      await session.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    },
  };
}

/** What a click downloads. */
export async function download(page, locator) {
  const [file] = await Promise.all([page.waitForEvent("download"), locator.click()]);
  const chunks = [];
  for await (const chunk of await file.createReadStream()) chunks.push(chunk);
  return { name: file.suggestedFilename(), bytes: Buffer.concat(chunks) };
}
