/** What `motion` made: a film that plays while it can be seen. */

import { artifactLink } from "./api.js";
import { h } from "./element.js";

/** @typedef {import("./snapshot.js").Task} Task */

/** @param {Task} task */
function film(task) {
  return task.output?.artifacts.find(({ content_type }) => content_type.startsWith("video/")) ?? null;
}

/** @param {Task} task */
function poster(task) {
  return task.output?.artifacts.find(({ content_type }) => content_type.startsWith("image/")) ?? null;
}

/** @param {Task} task */
export function fits(task) {
  return film(task) !== null;
}

/** Films out of sight rest; whoever asked for less motion starts each one by hand. */
const inSight = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const video = /** @type {HTMLVideoElement} */ (target);
      if (!isIntersecting) video.pause();
      else if (!matchMedia("(prefers-reduced-motion: reduce)").matches) video.play().catch(() => {});
    }
  },
  { threshold: 0.5 },
);

/** @param {Task} task */
export function player(task) {
  const { width, height } = task.output?.value ?? {};
  const still = poster(task);
  const video = h("video", {
    class: "picture",
    src: artifactLink(task, /** @type {any} */ (film(task)).name),
    poster: still ? artifactLink(task, still.name) : null,
    width,
    height,
    controls: true,
    loop: true,
    playsinline: true,
    preload: "metadata",
    "aria-label": `Film made from ${task.input?.name ?? "a picture"}`,
  });
  // The attribute alone does not mute an element that a script has made.
  video.muted = true;
  inSight.observe(video);
  return video;
}

/** @param {Task} task @returns {[string, string][]} */
export function facts(task) {
  const { width, height, frames, fps, seconds } = task.output?.value ?? {};
  /** @type {[string, string][]} */
  const rows = [];
  if (width && height) rows.push(["Size", `${width} × ${height} px`]);
  if (seconds) rows.push(["Length", `${seconds} s`]);
  if (frames) rows.push(["Frames", fps ? `${frames}, ${fps} a second` : String(frames)]);
  return rows;
}
