/** Every way in for a file: the button, a drop anywhere on the page, and paste. */

/** @typedef {(files: File[]) => void} OnFiles */

/**
 * @param {object} options
 * @param {HTMLInputElement} options.input
 * @param {HTMLElement} options.page shows while something is dragged over it
 * @param {OnFiles} options.onFiles
 * @param {(text: string) => void} options.onRefused
 */
export function listenForFiles({ input, page, onFiles, onRefused }) {
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    // The same file can be chosen again.
    input.value = "";
    if (files.length > 0) onFiles(files);
  });
  listenForDrops({ page, onFiles, onRefused });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    onFiles(files.map(named));
  });
}

/** @param {{ page: HTMLElement, onFiles: OnFiles, onRefused: (text: string) => void }} options */
function listenForDrops({ page, onFiles, onRefused }) {
  // Entering a child is told before leaving its parent, so a count says whether the pointer is still inside.
  let depth = 0;
  const show = () => page.toggleAttribute("data-dropping", depth > 0);
  document.addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    depth += 1;
    show();
  });
  document.addEventListener("dragleave", (event) => {
    if (!carriesFiles(event)) return;
    depth = Math.max(0, depth - 1);
    show();
  });
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
  });
  document.addEventListener("drop", (event) => {
    depth = 0;
    show();
    if (!carriesFiles(event)) return;
    event.preventDefault();
    const { files, folders } = sorted(event.dataTransfer);
    if (folders > 0) onRefused(folders === 1 ? "A folder cannot be uploaded." : "Folders cannot be uploaded.");
    if (files.length > 0) onFiles(files);
  });
}

/** @param {DragEvent} event */
function carriesFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/**
 * Folders look like files until they are read.
 *
 * @param {DataTransfer | null} transfer
 */
function sorted(transfer) {
  const files = [];
  let folders = 0;
  for (const item of transfer?.items ?? []) {
    if (item.kind !== "file") continue;
    if (item.webkitGetAsEntry?.()?.isDirectory) folders += 1;
    else {
      const file = item.getAsFile();
      if (file) files.push(file);
    }
  }
  return { files, folders };
}

/**
 * Every picture from a clipboard is called `image.png`, so the time tells them apart.
 *
 * @param {File} file
 */
function named(file) {
  if (file.name && file.name !== "image.png") return file;
  const time = new Date().toTimeString().slice(0, 8).replaceAll(":", ".");
  const end = file.type.split("/")[1] ?? "bin";
  return new File([file], `Pasted ${time}.${end}`, { type: file.type });
}
