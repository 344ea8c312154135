/**
 * What can be done with a file: the kinds that the example server knows, and the parameters of each.
 *
 * @typedef {object} Parameter
 * @property {string} name
 * @property {string} label
 * @property {"range" | "choice" | "step"} control `step` is a range that can also be "never"
 * @property {number} [min]
 * @property {number} [max]
 * @property {number} [step]
 * @property {string} [unit]
 * @property {string} [never] what the value null is called
 * @property {string} [needs] another parameter; while that is null, this one means nothing and is not shown
 * @property {[string, string][]} [choices] value and label
 * @property {number | string | null} value the default
 *
 * @typedef {object} Kind
 * @property {string} label
 * @property {string} icon
 * @property {string} about one line
 * @property {string} [accept] which files it is for
 * @property {boolean} [fileless] whether it can run without a file
 * @property {Parameter[]} parameters
 */

/** @type {Record<string, Kind>} */
export const KINDS = {
  image: {
    label: "Image",
    icon: "image",
    about: "Thumbnail, web preview, palette and perceptual hash of a picture.",
    accept: "image/*",
    parameters: [
      { name: "thumbnail", label: "Thumbnail", control: "range", min: 16, max: 1024, step: 16, unit: "px", value: 320 },
      { name: "preview", label: "Preview", control: "range", min: 64, max: 4096, step: 64, unit: "px", value: 1600 },
      { name: "quality", label: "JPEG quality", control: "range", min: 1, max: 100, step: 1, value: 82 },
      { name: "colors", label: "Palette", control: "range", min: 2, max: 16, step: 1, unit: "colours", value: 6 },
    ],
  },
  motion: {
    label: "Motion",
    icon: "motion",
    about: "A short film from a photograph: the camera pans or zooms, frame by frame.",
    accept: "image/*",
    parameters: [
      {
        name: "motion",
        label: "Camera",
        control: "choice",
        value: "zoom-in",
        choices: [
          ["zoom-in", "Zoom in"],
          ["zoom-out", "Zoom out"],
          ["pan-left", "Pan left"],
          ["pan-right", "Pan right"],
          ["pan-up", "Pan up"],
          ["pan-down", "Pan down"],
        ],
      },
      { name: "seconds", label: "Length", control: "range", min: 1, max: 20, step: 1, unit: "s", value: 4 },
      { name: "fps", label: "Frame rate", control: "range", min: 10, max: 60, step: 5, unit: "fps", value: 30 },
      { name: "width", label: "Width", control: "range", min: 160, max: 1920, step: 160, unit: "px", value: 1280 },
    ],
  },
  digest: {
    label: "Digest",
    icon: "digest",
    about: "Reads every byte of any file: checksums, entropy and what it is made of.",
    parameters: [],
  },
  simulate: {
    label: "Simulate",
    icon: "simulate",
    about: "Stands in for an AI model: steps of any length, and failures on demand. Needs no file.",
    fileless: true,
    parameters: [
      { name: "seconds", label: "Length", control: "range", min: 1, max: 120, step: 1, unit: "s", value: 10 },
      { name: "steps", label: "Steps", control: "range", min: 1, max: 100, step: 1, value: 20 },
      { name: "fail_at", label: "Fail at step", control: "step", min: 1, max: 100, step: 1, never: "never", value: null },
      { name: "fail_attempts", label: "Attempts that fail", control: "range", min: 1, max: 6, step: 1, value: 3, needs: "fail_at" },
    ],
  },
};

/** What the picker offers: every kind, and first of all the choice by file type. */
export const CHOICES = ["auto", ...Object.keys(KINDS)];

/** @type {Kind} */
export const AUTO = {
  label: "Auto",
  icon: "auto",
  about: "Pictures become an Image task, every other file a Digest.",
  parameters: [],
};

/** @param {string} name */
export function choice(name) {
  return KINDS[name] ?? AUTO;
}

const PICTURES = new Set(["image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp"]);

/** @param {{ type: string }} file */
export function isPicture(file) {
  return PICTURES.has(file.type);
}

/**
 * The kind that a file gets.
 *
 * @param {string} chosen `auto` or a kind
 * @param {{ type: string }} file
 */
export function kindFor(chosen, file) {
  if (chosen !== "auto") return chosen;
  return isPicture(file) ? "image" : "digest";
}

/**
 * A kind's name for people; kinds that this page has not heard of are spelled out.
 *
 * @param {string} kind
 */
export function kindLabel(kind) {
  const known = KINDS[kind];
  if (known) return known.label;
  const words = kind.replace(/[-_.]+/g, " ").trim();
  return words ? words[0].toUpperCase() + words.slice(1) : "Task";
}

/**
 * The parameters of a kind with their defaults.
 *
 * @param {string} kind
 * @returns {Record<string, any>}
 */
export function defaults(kind) {
  return Object.fromEntries(choice(kind).parameters.map((parameter) => [parameter.name, parameter.value]));
}
