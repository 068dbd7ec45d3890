/** The page's line to the server: one stream for the lists and the open conversation; it resumes where it broke. */
import { events } from "/web/static/stream.js";

const SILENCE_MS = 25_000; // the server says something every 10 s
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const STABLE_MS = 10_000; // a stream that breaks sooner counts as a failed attempt

/**
 * Events: `desk`, `conversation`, `message`, `typing`, `ready` (their data as detail), `state` (detail: "connecting",
 * "online" or "lost") and `ended` (the session is over).
 */
export class DeskStream extends EventTarget {
  #conversation = null;
  #after = null;
  #abort = null;
  #loop = 0;
  #wake = () => {};

  constructor() {
    super();
    addEventListener("online", () => this.hurry());
    addEventListener("offline", () => this.#abort?.abort());
  }

  /** Follows a conversation after a sequence number; null for its last messages, or for no conversation. */
  follow(conversation, after = null) {
    this.#conversation = conversation;
    this.#after = after;
    this.#abort?.abort();
    this.#wake();
    this.#run(++this.#loop);
  }

  hurry() {
    this.#wake();
  }

  async #run(turn) {
    let failures = 0;
    this.#tell("state", "connecting");
    while (turn === this.#loop) {
      const began = Date.now();
      try {
        await this.#read(turn);
      } catch (error) {
        if (error.status === 401 || error.status === 403) return this.#tell("ended", {});
      }
      if (turn !== this.#loop) return;
      this.#tell("state", "lost");
      if (Date.now() - began > STABLE_MS) failures = 0;
      await this.#pause(failures++);
    }
  }

  async #read(turn) {
    const query = this.#conversation ? `?conversation=${encodeURIComponent(this.#conversation)}` : "";
    const headers = { Accept: "text/event-stream" };
    if (this.#after !== null) headers["Last-Event-ID"] = String(this.#after);
    const abort = (this.#abort = new AbortController());
    let watchdog = setTimeout(() => abort.abort(), SILENCE_MS);
    const feed = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => abort.abort(), SILENCE_MS);
    };
    try {
      const address = `/api/staff/stream${query}`;
      const response = await fetch(address, { headers, signal: abort.signal, cache: "no-store" });
      if (!response.ok) throw Object.assign(new Error(`status ${response.status}`), { status: response.status });
      this.#tell("state", "online");
      for await (const event of events(response, feed)) {
        if (turn !== this.#loop) return;
        if (event.event === "message") this.#after = Number(event.id);
        this.#tell(event.event, JSON.parse(event.data));
      }
    } finally {
      clearTimeout(watchdog);
    }
  }

  #pause(failures) {
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, longest * (0.5 + Math.random() / 2));
      this.#wake = () => (clearTimeout(timer), resolve());
    });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
