/** One upload: a file's way from the disk to the server's 202. */

import { Problem, problemOf, unreachable, uploadAddress } from "./api.js";

/** @typedef {import("./snapshot.js").Task} Task */

/** Without a byte moving for this long, the connection counts as lost; in milliseconds. */
const STALLED = 60_000;

/**
 * Sends a file. By XMLHttpRequest, because fetch cannot tell how much has been sent.
 *
 * @param {{ file: File, kind: string, params: object, key: string }} upload
 * @param {(loaded: number, total: number) => void} onProgress bytes on the wire, all of the form counted
 * @param {AbortSignal} signal
 * @returns {Promise<Task>} rejects with a `Problem`, or with the signal's reason
 */
export function sendFile({ file, kind, params, key }, onProgress, signal) {
  const form = new FormData();
  // The server refuses before the first byte of the file, so it has to know these first.
  form.append("kind", kind);
  form.append("params", JSON.stringify(params));
  form.append("file", file, file.name);

  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    /** @type {ReturnType<typeof setTimeout>} */
    let stalled;
    const moving = () => {
      clearTimeout(stalled);
      stalled = setTimeout(() => request.abort(), STALLED);
    };
    const abort = () => request.abort();

    request.upload.addEventListener("progress", (event) => {
      moving();
      onProgress(event.loaded, event.lengthComputable ? event.total : file.size);
    });
    request.addEventListener("load", () => {
      try {
        resolve(answerOf(request));
      } catch (problem) {
        reject(problem);
      }
    });
    request.addEventListener("error", () => reject(unreachable()));
    request.addEventListener("abort", () => reject(signal.aborted ? signal.reason : unreachable()));
    request.addEventListener("loadend", () => {
      clearTimeout(stalled);
      signal.removeEventListener("abort", abort);
    });
    signal.addEventListener("abort", abort);

    request.open("POST", uploadAddress());
    request.setRequestHeader("Idempotency-Key", key);
    moving();
    request.send(form);
  });
}

/**
 * @param {XMLHttpRequest} request
 * @returns {Task}
 */
function answerOf(request) {
  if (request.status < 200 || request.status > 299) {
    throw problemOf(request.status, request.responseText, request.getResponseHeader("retry-after"));
  }
  try {
    return JSON.parse(request.responseText);
  } catch {
    throw new Problem(request.status, "The server answered with something that is not a task.");
  }
}

/**
 * Whether the file can still be read. It may have been moved or changed since it was chosen, which a browser reports like a
 * lost network.
 *
 * @param {File} file
 */
export async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
