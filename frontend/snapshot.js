/**
 * A task as the server tells of it, and which of two tellings is the newer one.
 *
 * @typedef {"pending" | "processing" | "completed" | "failed" | "cancelled"} Status
 *
 * @typedef {object} Progress
 * @property {number | null} fraction from 0 to 1, or unknown
 * @property {number | null} percent whole percent, or unknown
 * @property {number | null} done
 * @property {number | null} total
 * @property {string | null} unit
 * @property {string | null} phase
 * @property {string | null} message
 *
 * @typedef {object} Blob a stored file: the input, or one artifact
 * @property {string} name
 * @property {number} size in bytes
 * @property {string} sha256
 * @property {string} content_type
 *
 * @typedef {object} Output
 * @property {any} value the processor's JSON
 * @property {Blob[]} artifacts
 *
 * @typedef {object} Links
 * @property {string} [self]
 * @property {string} [cancel]
 * @property {string} [requeue]
 * @property {string} [delete]
 * @property {string | null} [input]
 * @property {string | null} [result]
 * @property {Record<string, string>} [artifacts]
 *
 * @typedef {object} Task
 * @property {string} id
 * @property {string} kind
 * @property {Status} status
 * @property {number} revision rises by one with every change of status
 * @property {number} tick rises with every progress within a revision
 * @property {number} attempt
 * @property {number} max_attempts
 * @property {number} rescues
 * @property {Progress} progress
 * @property {Blob | null} input
 * @property {Output | null} output
 * @property {{ code: string, message: string } | null} failure
 * @property {string} run_at
 * @property {string} created_at
 * @property {string | null} started_at
 * @property {string | null} finished_at
 * @property {string} updated_at
 * @property {Links} [links] only in HTTP answers, not in events
 */

/**
 * Whether the run has ended.
 *
 * @param {Pick<Task, "status">} task
 */
export function isTerminal(task) {
  return task.status === "completed" || task.status === "failed" || task.status === "cancelled";
}

/**
 * Whether `candidate` tells more than `known`. Events are complete, so the order is all that matters: first the revision,
 * then the tick. Equal ones are not newer.
 *
 * @param {Pick<Task, "revision" | "tick">} candidate
 * @param {Pick<Task, "revision" | "tick">} known
 */
export function isNewer(candidate, known) {
  if (candidate.revision !== known.revision) return candidate.revision > known.revision;
  return candidate.tick > known.tick;
}

/**
 * Whether the two can't be of one history with `candidate` as the later: the revision never falls, and no status changes
 * without it. A lower tick is no sign: the store is told of progress now and then only.
 *
 * @param {Pick<Task, "revision" | "status">} candidate
 * @param {Pick<Task, "revision" | "status">} known
 */
export function isRewound(candidate, known) {
  if (candidate.revision !== known.revision) return candidate.revision < known.revision;
  return candidate.status !== known.status;
}

/**
 * The newer of the two. Links come with HTTP answers only, so a newer event takes over those that are known.
 *
 * @param {Task | undefined} known
 * @param {Task} candidate
 * @returns {Task}
 */
export function newest(known, candidate) {
  if (!known) return candidate;
  if (!isNewer(candidate, known)) return known.links || !candidate.links ? known : { ...known, links: candidate.links };
  const artifacts = { ...known.links?.artifacts, ...candidate.links?.artifacts };
  const links = candidate.links || known.links ? { ...known.links, ...candidate.links, artifacts } : undefined;
  return links ? { ...candidate, links } : candidate;
}
