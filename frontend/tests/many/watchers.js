/**
 * Clients as the page has them, without the page: each watches all tasks that there are until they have ended. For tests of many
 * processes, which do something to the servers meanwhile and wait for lines:
 *
 *     open N     every client is connected and knows N tasks
 *     back N     N clients so far had lost their socket, and all are connected again
 *     ended      every client knows the end of every task
 *
 *     node --experimental-websocket watchers.js http://127.0.0.1:3000 8
 */

import { isTerminal } from "../../snapshot.js";
import { Socket } from "../../socket.js";
import { TaskStore } from "../../task-store.js";
import { Watch } from "../../watch.js";

const [base, count] = process.argv.slice(2);
const { tasks } = await (await fetch(new URL("/api/tasks?limit=100", base))).json();

class Client {
  opened = 0;
  isOpen = false;
  #store = new TaskStore();
  #socket;
  #watch;

  constructor() {
    this.#socket = new Socket({
      address: () => new URL("/ws", base).href.replace(/^http/, "ws"),
      onFrame: (frame) => this.#watch.frame(frame),
      onState: (state) => {
        this.isOpen = state === "open";
        if (!this.isOpen) return;
        this.opened += 1;
        this.#watch.opened();
        changed();
      },
    });
    this.#watch = new Watch({ store: this.#store, send: (message) => this.#socket.send(message), onListChanged: () => {} });
    for (const task of tasks) this.#store.put(task);
    this.#store.subscribe(() => changed());
    this.#socket.open();
  }

  get hasEnded() {
    return this.#store.size === tasks.length && [...this.#store.all()].every(isTerminal);
  }
}

const said = new Set();

/** @param {string} line */
function say(line) {
  if (said.has(line)) return;
  said.add(line);
  console.log(line);
}

function changed() {
  // Called while the clients are being made, too.
  if (clients.length < Number(count) || !clients.every((client) => client.isOpen)) return;
  say(`open ${tasks.length}`);
  const lost = clients.filter((client) => client.opened > 1).length;
  if (lost > 0) say(`back ${lost}`);
  if (clients.every((client) => client.hasEnded)) say("ended");
}

/** @type {Client[]} */
const clients = [];
while (clients.length < Number(count)) clients.push(new Client());
