/** The real server, as a process of its own with its data in a folder of its own. */

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** The one that LEYLINE_SERVER_BIN names, else what cargo has built. */
function binary() {
  const target = process.env.CARGO_TARGET_DIR ?? path.join(ROOT, "target");
  const built = ["release", "debug"].map((profile) => path.join(target, profile, "leyline-server"));
  const found = [process.env.LEYLINE_SERVER_BIN, ...built].find((file) => file && existsSync(file));
  if (!found) throw new Error("There is no server to test: cargo build -p leyline-server, or name one in LEYLINE_SERVER_BIN.");
  return found;
}

export class Server {
  #process = null;
  #dir = "";
  #flags;
  #log = [];
  url = "";

  /** @param {string[]} flags */
  constructor(flags = []) {
    this.#flags = flags;
  }

  /** @param {string[]} [flags] beside those for address and data */
  static async start(flags) {
    const server = new Server(flags);
    server.#dir = await mkdtemp(path.join(tmpdir(), "leyline-page-"));
    try {
      await server.#run(0);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  async #run(port) {
    const data = ["--store", `sqlite:${path.join(this.#dir, "leyline.db")}`, "--blobs", `file:${path.join(this.#dir, "blobs")}`];
    const child = spawn(binary(), ["--listen", `127.0.0.1:${port}`, ...data, ...this.#flags], {
      cwd: this.#dir,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    this.url = await new Promise((resolve, reject) => {
      const read = (line) => {
        this.#log.push(line);
        const address = /listening on (http:\/\/[^\s"]+)/.exec(line)?.[1];
        if (address) resolve(address);
      };
      for (const stream of [child.stdout, child.stderr]) createInterface(stream).on("line", read);
      child.once("error", reject);
      child.once("exit", (code, signal) => reject(new Error(`The server ended (${code ?? signal}):\n${this.#log.join("\n")}`)));
    });
  }

  /** kill -9, and only then goes on. */
  async kill() {
    const child = this.#process;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  /** The same data at the same address. */
  async restart() {
    await this.#run(Number(new URL(this.url).port));
  }

  /** Keeps a copy of the data of a server that is down, and gives the way back to it. */
  async backup() {
    const copy = `${this.#dir}-backup`;
    await cp(this.#dir, copy, { recursive: true });
    return async () => {
      await rm(this.#dir, { recursive: true });
      await rename(copy, this.#dir);
    };
  }

  async stop() {
    const child = this.#process;
    if (child && child.exitCode === null && child.signalCode === null) await this.kill();
    for (const dir of [this.#dir, `${this.#dir}-backup`]) await rm(dir, { recursive: true, force: true });
  }

  /** All tasks, as the API has them. */
  async tasks() {
    const answer = await fetch(`${this.url}/api/tasks?limit=100`);
    return (await answer.json()).tasks;
  }
}
