/** The line to the server: a session, the history, a stream that resumes where it broke, and sending. */
import { events } from "./stream.js";

const PAGE_OF_HISTORY = 100;
const SILENCE_MS = 25_000; // the server's heartbeat comes every 10 s
const REQUEST_MS = 15_000;
const UPLOAD_MS = 120_000;
const RETRY_SEND_MS = [0, 800, 2_400];
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const STABLE_MS = 10_000; // a stream that breaks sooner counts as a failed attempt

/** The server understood and refused; `message` is a sentence for the customer or null. */
export class Refused extends Error {}

class Unauthorized extends Error {}

/**
 * Events: `session` (detail: the session, `renewed` when it is not the one stored before), `messages` (detail: array),
 * `history` (all that was missing has been read), `typing` (detail: on, and the name of a person), `adviser` (detail: the name
 * of the person who serves the customer now, or null), `state` (detail: "connecting", "online" or
 * "lost").
 */
export class Connection extends EventTarget {
  #base;
  #storage;
  #session = null;
  #lastSeq = 0;
  #loop = 0; // the number of the running loop; a paused one notices that it is no longer its turn
  #running = false;
  #abort = null;
  #openedAt = Infinity;
  #wake = () => {};
  #whenReady = [];

  /** `base` is the address of the web channel without a slash at the end. */
  constructor(base, storage) {
    super();
    this.#base = base;
    this.#storage = storage;
  }

  get hasSession() {
    return Boolean(this.#storage.read("token"));
  }

  start() {
    if (this.#running) return;
    this.#running = true;
    this.#run(++this.#loop);
  }

  /** `start` goes on from the last message. */
  stop() {
    this.#running = false;
    this.#loop++;
    this.#abort?.abort();
    this.#wake();
  }

  /** Tries at once instead of waiting for the next attempt. */
  hurry() {
    this.start();
    this.#wake();
  }

  /** The network is gone: no need to wait until the silence is noticed. */
  interrupt() {
    this.#abort?.abort();
  }

  /** Stores the message at the server, trying again after a short break; the client id makes a repetition harmless. */
  async send({ client_id, text, payload }) {
    let problem;
    for (const wait of RETRY_SEND_MS) {
      await sleep(wait);
      try {
        return await this.#json("/messages", { method: "POST", keepalive: true, body: { client_id, text, payload } });
      } catch (error) {
        if (error instanceof Refused) throw error;
        if (error instanceof Unauthorized) this.#renew();
        problem = error;
        if (navigator.onLine === false) break;
      }
    }
    throw problem;
  }

  /** Sends a file as a message of its own; throws Refused with words, or what kept it from arriving. */
  async upload(clientId, file) {
    const query = new URLSearchParams({ client_id: clientId, name: file.name });
    return this.#json(`/uploads?${query}`, { method: "POST", file });
  }

  /** Tells something of no lasting worth, as that the customer writes; a failure is no matter. */
  async signal(path, body) {
    if (!this.#session) return false;
    return this.#fetch(path, { method: "POST", body }).then((response) => response.ok, () => false);
  }

  /** Messages before `seq`, oldest first. */
  async earlier(seq) {
    const after = Math.max(0, seq - 1 - PAGE_OF_HISTORY);
    const { messages } = await this.#json(`/messages?after=${after}&limit=${PAGE_OF_HISTORY}`);
    return messages.filter((message) => message.seq < seq);
  }

  async #run(turn) {
    let failures = 0;
    this.#tell("state", "connecting");
    while (turn === this.#loop) {
      try {
        if (!this.#session) await this.#openSession();
        await this.#catchUp();
        this.#tell("history");
        await this.#follow();
      } catch (error) {
        if (error instanceof Unauthorized) this.#session = null;
      }
      if (turn !== this.#loop) return;
      this.#tell("state", "lost");
      if (Date.now() - this.#openedAt > STABLE_MS) failures = 0;
      this.#openedAt = Infinity;
      await this.#pause(failures++);
    }
  }

  async #openSession() {
    const known = this.#storage.read("token");
    const page = location.origin + location.pathname;
    const response = await this.#fetch("/session", { method: "POST", body: { token: known ?? undefined, page } });
    const session = await answerOf(response);
    const renewed = session.token !== known;
    this.#storage.write("token", session.token);
    if (renewed || this.#lastSeq === 0) this.#lastSeq = Math.max(0, session.last_seq - PAGE_OF_HISTORY);
    this.#session = session;
    this.#tell("session", { ...session, renewed });
    this.#whenReady.splice(0).forEach((ready) => ready());
  }

  /** Reads what is missing with plain requests, so that a network which holds back streams still gets its messages. */
  async #catchUp() {
    for (;;) {
      const { messages } = await this.#json(`/messages?after=${this.#lastSeq}&limit=200`);
      this.#receive(messages);
      if (messages.length < 200) return;
    }
  }

  async #follow() {
    const headers = { "Last-Event-ID": String(this.#lastSeq), Accept: "text/event-stream" };
    this.#abort = new AbortController();
    const watchdog = new Watchdog(SILENCE_MS, () => this.#abort.abort());
    try {
      const response = await this.#fetch("/stream", { headers, signal: this.#abort.signal });
      await refuseErrors(response);
      this.#openedAt = Date.now();
      this.#tell("state", "online");
      for await (const event of events(response, () => watchdog.feed())) this.#take(event);
    } finally {
      watchdog.stop();
      this.#tell("typing", { on: false });
    }
  }

  #take({ event, data }) {
    const content = JSON.parse(data);
    if (event === "typing") this.#tell("typing", { on: content.on === true, name: content.name });
    else if (event === "adviser") this.#tell("adviser", content.name ?? null);
    else if (event === "message") this.#receive([content]);
  }

  #receive(messages) {
    this.#lastSeq = Math.max(this.#lastSeq, ...messages.map((message) => message.seq));
    this.#tell("messages", messages);
  }

  #renew() {
    this.#session = null;
    this.#abort?.abort();
    this.#wake();
  }

  async #json(path, options = {}) {
    await this.#ready();
    return answerOf(await this.#fetch(path, options));
  }

  #ready() {
    if (this.#session) return Promise.resolve();
    this.hurry();
    return new Promise((resolve, reject) => {
      this.#whenReady.push(resolve);
      setTimeout(() => reject(new Error("no session")), REQUEST_MS);
    });
  }

  async #fetch(path, { body, file, headers = {}, signal, ...options }) {
    const all = { ...headers };
    if (this.#session) all.Authorization = `Bearer ${this.#session.token}`;
    if (body) all["Content-Type"] = "application/json";
    const limit = new AbortController();
    const timer = signal ? null : setTimeout(() => limit.abort(), file ? UPLOAD_MS : REQUEST_MS);
    try {
      return await fetch(this.#base + path, {
        ...options,
        headers: all,
        body: file ?? (body && JSON.stringify(body)),
        signal: signal ?? limit.signal,
        cache: "no-store",
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits longer after each failure, never in step with other customers. */
  #pause(failures) {
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, longest * (0.5 + Math.random() / 2));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

class Watchdog {
  #milliseconds;
  #bark;
  #timer;

  constructor(milliseconds, bark) {
    this.#milliseconds = milliseconds;
    this.#bark = bark;
    this.feed();
  }

  feed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#bark, this.#milliseconds);
  }

  stop() {
    clearTimeout(this.#timer);
  }
}

async function answerOf(response) {
  await refuseErrors(response);
  return response.json();
}

async function refuseErrors(response) {
  if (response.ok) return;
  if (response.status === 401) throw new Unauthorized();
  if (response.status >= 500) throw new Error(`status ${response.status}`);
  const { message } = await response.json().catch(() => ({}));
  throw new Refused(typeof message === "string" ? message : "");
}

function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
