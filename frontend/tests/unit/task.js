/** Tasks and uploads to test with. */

/** @typedef {import("../../snapshot.js").Task} Task */

const NOTHING = { fraction: null, percent: null, done: null, total: null, unit: null, phase: null, message: null };

/** The n-th id, rising with n as ids rise with time. */
export function id(n) {
  return `01900000-0000-7000-8000-${String(n).padStart(12, "0")}`;
}

/**
 * @param {any} [change]
 * @returns {Task}
 */
export function task({ progress, ...change } = {}) {
  return {
    id: id(1),
    kind: "digest",
    status: "pending",
    revision: 1,
    tick: 0,
    attempt: 0,
    max_attempts: 3,
    rescues: 0,
    progress: { ...NOTHING, ...progress },
    input: { name: "report.pdf", size: 4000, sha256: "ab", content_type: "application/pdf" },
    output: null,
    failure: null,
    run_at: "2026-11-24T10:00:00Z",
    created_at: "2026-11-24T10:00:00Z",
    started_at: null,
    finished_at: null,
    updated_at: "2026-11-24T10:00:00Z",
    ...change,
  };
}

/** Ten seconds after the task above was created. */
export const NOW = Date.parse("2026-11-24T10:00:10Z");

/** @param {any} [change] */
export function upload(change = {}) {
  return {
    key: "key-1",
    file: /** @type {any} */ ({ name: "report.pdf", size: 4000 }),
    kind: "digest",
    params: {},
    order: { time: 1, index: 0 },
    state: "queued",
    loaded: 0,
    total: 4000,
    tries: 0,
    problem: null,
    ...change,
  };
}
