/** The wiring: files go in at the composer, tasks come back over the socket, cards show what is known. */

import { Actions } from "./actions.js";
import { createTask, getTask, idempotencyKey, knownKinds, socketAddress } from "./api.js";
import { Board } from "./board.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { Detail } from "./detail.js";
import { listenForFiles } from "./drop-zone.js";
import { byId } from "./element.js";
import { Fleet } from "./fleet.js";
import { Items } from "./items.js";
import { kindFor } from "./kinds.js";
import { Listing } from "./listing.js";
import { Announcer, notify } from "./notices.js";
import { Previews } from "./preview.js";
import { followRoute } from "./route.js";
import { samplePicture } from "./sample.js";
import { isTerminal } from "./snapshot.js";
import { Socket } from "./socket.js";
import { TaskStore } from "./task-store.js";
import { offerThemes } from "./theme.js";
import { UploadQueue } from "./upload-queue.js";
import { isReadable, sendFile } from "./upload.js";
import { Watch } from "./watch.js";

/** Between two looks at whether the socket still tells the truth, in milliseconds. */
const DOUBT = 20_000;

const store = new TaskStore();
const items = new Items();
const say = (/** @type {string} */ text) => notify(byId("notices", HTMLElement), text);
const announcer = new Announcer(byId("announcer", HTMLElement));
const previews = new Previews(() => board.schedule());
const connection = new Connection(byId("connection", HTMLElement), byId("connection-word", HTMLElement));
const detail = new Detail(byId("detail", HTMLDialogElement));

const queue = new UploadQueue({
  send: (upload, onProgress, signal) => {
    const { key, file, kind, params } = upload;
    return file ? sendFile({ key, file, kind, params }, onProgress, signal) : createTask({ key, kind, params });
  },
  isReadable,
  onChange: (upload) => {
    items.setUpload(upload, queue.get(upload.key) === upload);
    board.schedule();
  },
  onAccepted: (upload, task) => {
    items.accept(upload, task);
    store.put(task);
    board.schedule();
  },
  onUnwanted: (upload, task) => {
    items.accept(upload, task);
    store.put(task);
    actions.cancel(task);
  },
});

const actions = new Actions({ store, queue, onDetails: (task) => detail.open(task), onProblem: say });
const listing = new Listing({ store, onChange: () => board.schedule() });
const board = new Board({
  items,
  listing,
  previewOf: (file) => (file ? previews.get(file) : null),
  onAction: (action, item) => actions.do(action, item),
});

store.subscribe((task, before, id) => {
  items.setTask(id, task);
  detail.update(task, id);
  board.schedule();
  if (task && before && !isTerminal(before) && isTerminal(task)) announcer.ended(board.titleOf(task), task.status);
});

let lastFrame = performance.now();
const socket = new Socket({
  address: socketAddress,
  onFrame: (frame) => {
    lastFrame = performance.now();
    watch.frame(frame);
  },
  onState: (state) => {
    if (state === "connecting") return;
    connection.show(state === "open");
    if (state !== "open") return;
    watch.opened();
    queue.hurry();
    // Whatever happened while nobody listened is in the list.
    listing.refresh();
  },
});
const watch = new Watch({ store, send: (message) => socket.send(message), onListChanged: () => listing.refresh() });

const composer = new Composer({
  kinds: byId("kinds", HTMLElement),
  about: byId("kind-about", HTMLElement),
  parameters: byId("parameters", HTMLElement),
  onChoice: (kind) => {
    byId("run", HTMLButtonElement).hidden = kind !== "simulate";
  },
});

/** @param {File[]} files */
function upload(files) {
  const time = items.nextTime();
  files.forEach((file, index) => {
    const key = idempotencyKey();
    const kind = kindFor(composer.chosen, file);
    previews.add(file);
    queue.add({ key, file, kind, params: composer.paramsFor(kind), order: { time, index } });
  });
  location.hash = "#/";
  announcer.say(files.length === 1 ? `Uploading ${files[0].name}.` : `Uploading ${files.length} files.`);
}

function simulate() {
  const order = { time: items.nextTime(), index: 0 };
  queue.add({ key: idempotencyKey(), file: null, kind: "simulate", params: composer.paramsFor("simulate"), order });
}

/**
 * Shows a task that may be on none of the pages that were loaded.
 *
 * @param {string} id
 */
async function openTask(id) {
  const asked = store.moment;
  try {
    if (!store.get(id)) store.put(await getTask(id), asked);
  } catch (problem) {
    return say(/** @type {Error} */ (problem).message);
  }
  const task = store.get(id);
  if (task) detail.open(task);
}

listenForFiles({ input: byId("files", HTMLInputElement), page: document.documentElement, onFiles: upload, onRefused: say });
byId("run", HTMLButtonElement).addEventListener("click", simulate);
byId("try-simulate", HTMLButtonElement).addEventListener("click", simulate);
byId("try-sample", HTMLButtonElement).addEventListener("click", async () => upload([await samplePicture()]));
offerThemes(byId("theme", HTMLButtonElement));

const fleet = new Fleet({
  view: byId("view-fleet", HTMLElement),
  parts: {
    tiles: byId("fleet-numbers", HTMLElement),
    endings: byId("fleet-endings", HTMLElement),
    load: byId("fleet-load", HTMLElement),
    kinds: byId("fleet-kinds", HTMLElement),
    workers: byId("fleet-workers", HTMLElement),
    note: byId("fleet-note", HTMLElement),
  },
  tasks: () => store.all(),
  onTask: openTask,
});
followRoute({ tasks: byId("view-tasks", HTMLElement), fleet: byId("view-fleet", HTMLElement) }, (view) => {
  board.setView(view);
  fleet.show(view === "fleet");
});

window.addEventListener("beforeunload", (event) => {
  // Tasks survive a reload; bytes that the server does not have yet do not.
  if (queue.unfinished > 0) event.preventDefault();
});
window.addEventListener("online", () => {
  socket.hurry();
  queue.hurry();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  socket.hurry();
  listing.refresh();
  board.schedule();
});
setInterval(async () => {
  const silent = performance.now() - lastFrame > DOUBT;
  const waiting = [...store.all()].some((task) => !isTerminal(task));
  if (document.hidden || !silent || !waiting || !socket.isOpen) return;
  // The list is the truth. If it knows what the socket did not tell, the socket is dead without knowing it.
  if (await listing.reload()) socket.restart();
}, DOUBT);

// Where nothing is known of the kinds, all are offered: the server says so of one that it does not take.
knownKinds().then((kinds) => composer.offer(kinds), () => {});
listing.reload();
socket.open();
