/** The one WebSocket: open while the page is, and opened again after every loss. */

import { backoff } from "./backoff.js";

/** How long a handshake may take, in milliseconds. */
const PATIENCE = 10_000;

/** @typedef {"connecting" | "open" | "lost"} SocketState */

export class Socket {
  /** @type {WebSocket | null} */
  #socket = null;
  #failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #options;

  /**
   * @param {object} options
   * @param {() => string} options.address
   * @param {(frame: any) => void} options.onFrame
   * @param {(state: SocketState) => void} options.onState
   */
  constructor(options) {
    this.#options = options;
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  open() {
    clearTimeout(this.#timer);
    this.#options.onState("connecting");
    const socket = new WebSocket(this.#options.address());
    this.#socket = socket;
    const late = setTimeout(() => socket.close(), PATIENCE);
    socket.addEventListener("open", () => {
      clearTimeout(late);
      this.#options.onState("open");
    });
    socket.addEventListener("message", (event) => {
      // A server that accepts and drops at once must not be hammered: only a frame proves that it works.
      this.#failures = 0;
      const frame = parse(event.data);
      if (frame && this.#socket === socket) this.#options.onFrame(frame);
    });
    socket.addEventListener("close", () => {
      clearTimeout(late);
      if (this.#socket === socket) this.#lost();
    });
  }

  /** @param {object} message */
  send(message) {
    if (this.isOpen) this.#socket?.send(JSON.stringify(message));
  }

  /** Tries now instead of at the end of the wait; does nothing while connected. */
  hurry() {
    if (this.#socket === null) this.open();
  }

  /** Gives a connection up that is open but silent. */
  restart() {
    const socket = this.#socket;
    if (!socket) return;
    this.#lost();
    socket.close();
  }

  #lost() {
    this.#socket = null;
    this.#options.onState("lost");
    this.#timer = setTimeout(() => this.open(), backoff(this.#failures));
    this.#failures += 1;
  }
}

/** @param {unknown} data */
function parse(data) {
  try {
    const frame = JSON.parse(String(data));
    return frame !== null && typeof frame === "object" ? frame : null;
  } catch {
    return null;
  }
}
