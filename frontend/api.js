/** Every address of the server, and every way to ask it. */

import { sentence } from "./format.js";

/** @typedef {import("./snapshot.js").Task} Task */

/** The wait after which an unanswered request counts as a network error, in milliseconds. */
const PATIENCE = 20_000;

/** An answer that is not a success, as RFC 9457 problem details tell of it. Status 0 means that there was no answer. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {string} message
   * @param {{ type?: string, retryAfter?: number | null, task?: Task | null }} [more] `retryAfter` in milliseconds; `task`
   *   as it is, where that is what stands in the way
   */
  constructor(status, message, { type = "about:blank", retryAfter = null, task = null } = {}) {
    super(message);
    this.name = "Problem";
    this.status = status;
    this.type = type;
    this.retryAfter = retryAfter;
    this.task = task;
  }

  /** Whether the same request may succeed later: no answer, too busy, or broken for the moment. */
  get isTemporary() {
    return this.status === 0 || [408, 425, 429, 500, 502, 503, 504].includes(this.status);
  }
}

const UNREACHABLE = "The server cannot be reached.";

export function unreachable() {
  return new Problem(0, UNREACHABLE);
}

/**
 * The problem that an answer tells of, from its body where it has one.
 *
 * @param {number} status
 * @param {string} text
 * @param {string | null} retryAfter the header, in seconds
 */
export function problemOf(status, text, retryAfter) {
  /** @type {any} */
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    // A proxy's own error page: its text is not meant for people.
  }
  const message = sentence(body?.detail || body?.title || `The server answered with status ${status}.`);
  const seconds = Number(retryAfter);
  const wait = retryAfter !== null && Number.isFinite(seconds) ? seconds * 1000 : null;
  return new Problem(status, message, { type: body?.type, retryAfter: wait, task: body?.task });
}

/** @param {string} path relative to the page, so that a page mounted under a prefix works too */
export function address(path) {
  return new URL(path, document.baseURI).href;
}

/** The one WebSocket's address. */
export function socketAddress() {
  const url = new URL("ws", document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/**
 * @param {string} url
 * @param {RequestInit} [init]
 * @returns {Promise<any>} the JSON, or null where there is none
 * @throws {Problem}
 */
async function request(url, init = {}) {
  let response;
  let text;
  try {
    response = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE), ...init });
    text = await response.text();
  } catch {
    throw unreachable();
  }
  if (!response.ok) throw problemOf(response.status, text, response.headers.get("retry-after"));
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(response.status, "The server answered with something that is not JSON.");
  }
}

/**
 * One page of tasks, newest first.
 *
 * @param {{ limit: number, after?: string | null }} query `after`: the `next` of the page before
 * @returns {Promise<{ tasks: Task[], next: string | null }>}
 */
export function listTasks({ limit, after }) {
  const query = new URLSearchParams({ limit: String(limit) });
  if (after) query.set("after", after);
  return request(address(`api/tasks?${query}`));
}

/**
 * @param {string} id
 * @returns {Promise<Task>}
 */
export function getTask(id) {
  return request(address(`api/tasks/${id}`));
}

/**
 * Starts work that needs no file.
 *
 * @param {{ kind: string, params: object, key: string }} task
 * @returns {Promise<Task>}
 */
export function createTask({ kind, params, key }) {
  return request(address("api/tasks"), {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": key },
    body: JSON.stringify({ kind, params }),
  });
}

/**
 * @param {Task} task
 * @returns {Promise<Task>}
 */
export function cancelTask(task) {
  return request(linkOf(task, "cancel"), { method: "POST" });
}

/**
 * @param {Task} task
 * @returns {Promise<Task>}
 */
export function requeueTask(task) {
  return request(linkOf(task, "requeue"), { method: "POST" });
}

/** @param {Task} task */
export function deleteTask(task) {
  return request(task.links?.delete ?? linkOf(task, "self"), { method: "DELETE" });
}

/** @returns {Promise<any>} */
export function stats() {
  return request(address("api/stats"));
}

/**
 * The kinds that this server takes: its contract names them.
 *
 * @returns {Promise<string[]>}
 */
export async function knownKinds() {
  const document = await request(address("api/openapi.json"));
  const kinds = document?.components?.schemas?.UploadForm?.properties?.kind?.enum;
  if (!Array.isArray(kinds)) throw new Problem(200, "The server does not say which kinds it takes.");
  return kinds.filter((kind) => typeof kind === "string");
}

/**
 * A file's JSON. It never changes under its address, so the browser may keep it.
 *
 * @param {string} url
 * @returns {Promise<any>}
 */
export function readFile(url) {
  return request(url, { cache: "default" });
}

export function uploadAddress() {
  return address("api/upload");
}

/**
 * The address of one of a task's resources: the server's link, or the usual path where an event brought none.
 *
 * @param {Task} task
 * @param {"self" | "cancel" | "requeue" | "input" | "result"} name
 */
export function linkOf(task, name) {
  const link = task.links?.[name];
  if (link) return address(link);
  return address(name === "self" ? `api/tasks/${task.id}` : `api/tasks/${task.id}/${name}`);
}

/**
 * The address of an artifact.
 *
 * @param {Task} task
 * @param {string} name
 */
export function artifactLink(task, name) {
  const link = task.links?.artifacts?.[name];
  return link ? address(link) : address(`api/tasks/${task.id}/artifacts/${encodeURIComponent(name)}`);
}

/** A random key that names one request, so that sending it twice does its work once. */
export function idempotencyKey() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  // Plain http on another host is not a secure context, and has no randomUUID.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
