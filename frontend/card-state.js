/** What a card shows: a pure function of the task's snapshot (or, before there is one, of the upload) and of the time. */

import { ago, bytes, bytesOf, count, duration, percent, sentence } from "./format.js";
import { kindLabel } from "./kinds.js";

/** @typedef {import("./snapshot.js").Task} Task */
/** @typedef {import("./upload-queue.js").Upload} Upload */

/** @typedef {"cancel" | "requeue" | "delete" | "download" | "details"} Action */

/**
 * @typedef {object} CardState
 * @property {string} title
 * @property {string} kind
 * @property {"queued" | "uploading" | "waiting" | import("./snapshot.js").Status} status
 * @property {string} statusText
 * @property {string} detail one line beside the status
 * @property {{ code: string, text: string } | null} message why it failed
 * @property {Bar} bar
 * @property {Action[]} actions
 * @property {boolean} ticking whether the text changes with the time alone
 */

/**
 * One bar from the first byte to the result.
 *
 * @typedef {object} Bar
 * @property {number} split the share of the bar that belongs to the upload
 * @property {number} upload from 0 to 1
 * @property {number | null} work from 0 to 1, or unknown
 * @property {number | null} value of the whole bar in percent, or null while unknown
 * @property {string} text the stage and its own share, for screen readers
 * @property {string} percent the stage's own share, for the eye
 */

/** The upload's part of the bar. Fixed, since nobody knows beforehand how long the work will take. */
export const UPLOAD_SHARE = 0.25;

/** @type {Record<CardState["status"], string>} */
const WORDS = {
  queued: "Queued",
  uploading: "Uploading",
  waiting: "Reconnecting",
  pending: "Pending",
  processing: "Processing",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};

/**
 * @param {{ task: Task | null, upload: Upload | null }} item
 * @param {number} now milliseconds since the epoch
 * @returns {CardState}
 */
export function cardState({ task, upload }, now) {
  if (task) return taskState(task, now);
  if (upload) return uploadState(upload);
  throw new Error("A card needs a task or an upload.");
}

/**
 * @param {Upload} upload
 * @returns {CardState}
 */
function uploadState(upload) {
  const { file, kind, state, problem } = upload;
  const fraction = upload.total > 0 ? Math.min(1, upload.loaded / upload.total) : 0;
  const ended = state === "failed" || state === "cancelled";
  return {
    title: file?.name ?? filelessTitle(kind),
    kind,
    status: state,
    statusText: state === "uploading" && !file ? "Starting" : WORDS[state],
    detail: uploadDetail(upload, fraction),
    message: state === "failed" ? { code: "", text: problem?.message ?? "The upload failed." } : null,
    bar: bar(file ? UPLOAD_SHARE : 0, fraction, 0, WORDS[state], ended),
    actions: ended ? ["requeue", "delete"] : ["cancel"],
    ticking: false,
  };
}

/**
 * @param {Upload} upload
 * @param {number} fraction
 */
function uploadDetail({ file, state, loaded, total, problem }, fraction) {
  if (state === "waiting") return problem?.status === 0 ? "Waiting for the server" : "The server is busy";
  if (state === "failed") return "Not uploaded";
  if (!file) return "";
  if (state === "queued") return bytes(file.size);
  if (state === "cancelled") return "Not uploaded";
  if (fraction >= 1) return "Storing";
  return bytesOf(Math.min(loaded, total), total);
}

/**
 * @param {Task} task
 * @param {number} now
 * @returns {CardState}
 */
function taskState(task, now) {
  const delayed = task.status === "pending" && task.attempt > 0 && Date.parse(task.run_at) > now;
  const share = task.input ? UPLOAD_SHARE : 0;
  return {
    title: task.input?.name || filelessTitle(task.kind),
    kind: task.kind,
    status: task.status,
    statusText: WORDS[task.status] ?? sentence(task.status),
    detail: taskDetail(task, now, delayed),
    message: task.status === "failed" ? failureOf(task) : null,
    bar: taskBar(task, share),
    actions: ACTIONS[task.status] ?? [],
    ticking: delayed,
  };
}

/** @type {Record<import("./snapshot.js").Status, Action[]>} */
const ACTIONS = {
  pending: ["cancel", "details"],
  processing: ["cancel", "details"],
  completed: ["download", "details", "delete"],
  failed: ["requeue", "details", "delete"],
  cancelled: ["requeue", "details", "delete"],
};

/** @param {string} kind */
function filelessTitle(kind) {
  return kind === "simulate" ? "Simulation" : kindLabel(kind);
}

/**
 * @param {Task} task
 * @param {number} now
 * @param {boolean} delayed
 */
function taskDetail(task, now, delayed) {
  switch (task.status) {
    case "pending":
      if (delayed) return `Next attempt in ${duration(Date.parse(task.run_at) - now).replace(/\.\d/, "")}`;
      return task.rescues > 0 ? "Picked up again after a restart" : "Waiting for a worker";
    case "processing":
      return workDetail(task);
    case "completed":
      return [runTime(task), task.finished_at ? ago(task.finished_at, now) : ""].filter(Boolean).join(" · ");
    case "failed":
      return task.attempt > 1 ? `After ${task.attempt} attempts` : "";
    default:
      return task.finished_at ? ago(task.finished_at, now) : "";
  }
}

/**
 * What is being done: the processor's own sentence, or its stage and count.
 *
 * @param {Task} task
 */
export function workDetail({ progress, attempt }) {
  const stage = [progress.phase && sentence(progress.phase), unitsOf(progress)].filter(Boolean).join(" ");
  const parts = [progress.message || stage].filter(Boolean);
  if (attempt > 1) parts.push(`attempt ${attempt}`);
  return parts.join(" · ") || "Starting";
}

/**
 * Short, since a card is narrow: `1.2/3.4 MB`, `31/600`, and what is counted only where no stage says so.
 *
 * @param {import("./snapshot.js").Progress} progress
 */
function unitsOf({ done, total, unit, phase }) {
  if (done === null || done === undefined) return "";
  if (unit === "bytes") return total ? bytesOf(done, total) : bytes(done);
  const counted = total ? `${count(done)}/${count(total)}` : count(done);
  return unit && !phase ? `${counted} ${unit}` : counted;
}

/** @param {Task} task */
function failureOf(task) {
  return {
    code: task.failure?.code ?? "",
    text: sentence(task.failure?.message || "The task failed and left no message."),
  };
}

/**
 * How long the work took, by the store's clock.
 *
 * @param {Task} task
 */
export function runTime(task) {
  if (!task.started_at || !task.finished_at) return "";
  return duration(Date.parse(task.finished_at) - Date.parse(task.started_at));
}

/**
 * @param {Task} task
 * @param {number} share
 */
function taskBar(task, share) {
  const words = WORDS[task.status] ?? sentence(task.status);
  if (task.status === "completed") return { ...bar(share, 1, 1, words, false), text: words, percent: "" };
  const fraction = task.progress.fraction ?? null;
  if (task.status === "pending") return { ...bar(share, 1, 0, words, false), text: words, percent: "" };
  return bar(share, 1, fraction, words, task.status !== "processing");
}

/**
 * @param {number} split
 * @param {number} upload
 * @param {number | null} work
 * @param {string} words
 * @param {boolean} ended whether it ended short of the goal: then the bar tells how far it came, and nothing moves
 * @returns {Bar}
 */
function bar(split, upload, work, words, ended) {
  const unknown = work === null && !ended;
  const whole = split * upload + (1 - split) * (work ?? 0);
  const stage = upload < 1 && split > 0 ? upload : work;
  const share = stage === null || ended ? "" : percent(stage);
  return {
    split,
    upload,
    work: ended ? (work ?? 0) : work,
    value: unknown ? null : Math.floor(whole * 100 + 1e-9),
    text: share ? `${words}, ${share}` : words,
    percent: share,
  };
}
