/**
 * <zhanting-chat>: the dealer's assistant on any page.
 *
 *   <script type="module" src="/web/static/zhanting-chat.js"></script>
 *   <zhanting-chat brand="青岚汽车" assistant="小岚" accent="#0f6b6b" phone="0500-8800-1001"></zhanting-chat>
 *
 * All attributes are optional: `base` (address of the web channel; the one this file came from), `brand`, `assistant`,
 * `accent` (until the server tells its own), `phone` (offered when the server cannot be reached), `suggestions` (first
 * questions, separated by |), `theme` ("light" or "dark" against the device's setting). Any element of the page with
 * `data-zhanting-ask="我想试驾"` opens the chat and says that sentence; an empty value only opens it.
 */
import { Connection, Refused } from "./connection.js";
import { Conversation, FAILED } from "./conversation.js";
import { Dates } from "./dates.js";
import { el, icon, setText } from "./dom.js";
import { Panel } from "./panel.js";
import { newId, Outbox, Storage } from "./storage.js";
import { accentProperties } from "./theme.js";
import { SUGGESTIONS, WORDS } from "./words.js";

const STYLES = ["./chat.css", "./transcript.css", "./composer.css"].map((file) => new URL(file, import.meta.url).href);
const CHANNEL = new URL("..", import.meta.url).href.replace(/\/$/, "");
const BANNER_AFTER_MS = 700; // a change of server is over before anybody needs to read about it
const ERROR_AFTER_MS = 4_000;
const RESEND_WITHIN_MS = 60_000;
const PAUSE_WHEN_HIDDEN_MS = 60_000; // browsers allow six connections to a server, and every open page holds one
const DOUBLE_CLICK_MS = 1_000;
const WRITING_EVERY_MS = 3_000; // the server forgets who writes after 6 s
const SEEN_AFTER_MS = 300;

class ZhantingChat extends HTMLElement {
  #storage;
  #session;
  #outbox;
  #connection;
  #conversation = new Conversation();
  #panel;
  #launcher;
  #badge = el("span", { class: "badge", hidden: true });
  #news = el("div", { class: "visually-hidden", role: "status" });
  #root = el("div", { class: "root", hidden: true });
  #opener = null;
  #state = "idle";
  #loaded = false;
  #queue = Promise.resolve();
  #timers = {};
  #told = {};
  #stylesMissing = STYLES.length;
  #underway = new Set();
  #asked = { text: "", at: 0 };
  #adviser = null;
  #writing = { on: false, at: 0 };
  #seen = { delivered: 0, read: 0 };
  #listening;
  #scheme = matchMedia("(prefers-color-scheme: dark)");

  connectedCallback() {
    if (!this.#panel) this.#build();
    this.#listen();
    if (this.#connection.hasSession) this.#connection.start();
    if (this.#session.read("open", false)) this.open({ focus: false });
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#connection.stop();
  }

  /** Opens the chat; the focus returns to `opener` when it is closed. */
  open({ focus = true, opener = null } = {}) {
    this.#opener = opener ?? this.#launcher;
    this.#session.write("open", true);
    this.#root.classList.add("open");
    this.#connection.start();
    this.#panel.open({ focus });
    this.#waitForHistory();
    this.#markRead();
  }

  close() {
    this.#session.write("open", false);
    this.#root.classList.remove("open");
    this.#panel.close();
    this.#opener?.focus();
  }

  /** Says `text` in the customer's name; `payload` is what a button stands for. */
  ask(text, payload = undefined) {
    const entry = { client_id: newId(), text, payload, since: Date.now() };
    this.#writing.on = false;
    this.#outbox.keep(entry);
    this.#conversation.queue(entry);
    this.#show({ follow: true, fresh: true });
    this.#deliver(entry);
  }

  #build() {
    const base = (this.getAttribute("base") ?? CHANNEL).replace(/\/$/, "");
    this.#storage = new Storage(`zhanting:${base}`);
    this.#session = new Storage(`zhanting:${base}`, "sessionStorage");
    this.#outbox = new Outbox(this.#storage);
    this.#connection = this.#connect(base);
    this.#panel = new Panel(new Dates(), this.#session, this.#handlers());
    this.#panel.transcript.site = new URL("..", new URL(`${base}/`, document.baseURI)).href;
    const launch = { type: "button", class: "launcher", click: () => this.open() };
    this.#launcher = el("button", launch, icon("chat"), el("span", {}, WORDS.launcher), this.#badge);
    this.#root.append(this.#panel.root, this.#launcher, this.#news);
    this.attachShadow({ mode: "open" }).append(...STYLES.map((href) => this.#style(href)), this.#root);
    this.#describe({});
    this.#restoreOutbox();
    this.#show({ follow: true, fresh: false });
    this.#showUnread();
  }

  /** The chat is shown with its last style sheet: before, it would lie open across the page for a moment. */
  #style(href) {
    const link = el("link", { rel: "stylesheet", href });
    const reveal = () => {
      if (--this.#stylesMissing > 0) return;
      this.#root.hidden = false;
      this.#panel.composer.fit();
      this.#panel.transcript.scrollToEnd();
    };
    link.addEventListener("load", reveal);
    link.addEventListener("error", reveal);
    return link;
  }

  #handlers() {
    return {
      send: (text) => this.ask(text),
      writing: (on) => this.#tellWriting(on),
      file: (file) => this.#connection.upload(newId(), file),
      choose: ({ title, payload }) => this.#choose(title, payload),
      retry: (clientId) => this.#retry(clientId),
      discard: (clientId) => this.#discard(clientId),
      earlier: () => this.#loadEarlier(),
      again: () => this.#tryAgain(),
      close: () => this.close(),
    };
  }

  #connect(base) {
    const connection = new Connection(base, this.#storage);
    connection.addEventListener("session", ({ detail }) => this.#begin(detail));
    connection.addEventListener("messages", ({ detail }) => this.#receive(detail));
    connection.addEventListener("typing", ({ detail }) => this.#panel.showTyping(detail.on, detail.name));
    connection.addEventListener("adviser", ({ detail }) => this.#attend(detail));
    connection.addEventListener("history", () => this.#historyIsHere());
    connection.addEventListener("state", ({ detail }) => this.#changeState(detail));
    return connection;
  }

  #listen() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const connection = this.#connection;
    window.addEventListener("online", () => this.#state !== "idle" && connection.hurry(), { signal });
    window.addEventListener("offline", () => connection.interrupt(), { signal });
    document.addEventListener("visibilitychange", () => this.#changeVisibility(), { signal });
    document.addEventListener("click", (event) => this.#clickedOnPage(event), { signal });
    this.#scheme.addEventListener("change", () => this.#describe({}), { signal });
    const viewport = window.visualViewport;
    viewport?.addEventListener("resize", () => this.#fitViewport(viewport), { signal });
    viewport?.addEventListener("scroll", () => this.#fitViewport(viewport), { signal });
  }

  #clickedOnPage(event) {
    const target = event.target.closest?.("[data-zhanting-ask]");
    if (!target) return;
    event.preventDefault();
    this.open({ opener: target });
    if (target.dataset.zhantingAsk) this.#askOnce(target.dataset.zhantingAsk);
  }

  /** A button of the page that is clicked twice asks once. */
  #askOnce(text) {
    const now = Date.now();
    if (this.#asked.text === text && now - this.#asked.at < DOUBLE_CLICK_MS) return;
    this.#asked = { text, at: now };
    this.ask(text);
  }

  /** The keyboard of a phone covers the lower part of the page; the sheet takes what is left. */
  #fitViewport(viewport) {
    this.#root.style.setProperty("--visible-height", `${viewport.height}px`);
    this.#root.style.setProperty("--visible-top", `${viewport.offsetTop}px`);
  }

  #changeVisibility() {
    clearTimeout(this.#timers.hidden);
    if (this.#state === "idle") return;
    if (document.hidden) this.#timers.hidden = setTimeout(() => this.#connection.stop(), PAUSE_WHEN_HIDDEN_MS);
    else this.#connection.hurry();
    if (!document.hidden) this.#markRead();
  }

  #begin(session) {
    if (session.renewed) {
      this.#conversation = new Conversation();
      this.#panel.transcript.clear();
      this.#storage.write("read", 0);
      this.#seen = { delivered: 0, read: 0 };
      this.#restoreOutbox();
    }
    this.#attend(session.adviser ?? null);
    this.#describe(session);
  }

  /** The person who serves the customer now, or nobody but the assistant. */
  #attend(name) {
    const came = Boolean(name) !== this.#conversation.withPerson;
    this.#adviser = name;
    this.#conversation.withPerson = Boolean(name);
    this.#panel.showAdviser(name);
    if (came && !this.#conversation.isEmpty) this.#show({ follow: false, fresh: false });
  }

  /** A person sees that the customer writes; the assistant has no use for it. */
  #tellWriting(on) {
    const now = Date.now();
    const known = this.#writing.on === on && now - this.#writing.at < WRITING_EVERY_MS;
    if (!this.#adviser || known || (!on && !this.#writing.on)) return;
    this.#writing = { on, at: now };
    this.#connection.signal("/typing", { on });
  }

  /** Tells how far the messages have come and how far they were on the screen, once for several. */
  #tellSeen() {
    clearTimeout(this.#timers.seen);
    this.#timers.seen = setTimeout(async () => {
      const delivered = this.#conversation.lastSeq;
      const read = this.#storage.read("read", 0);
      if (delivered <= this.#seen.delivered && read <= this.#seen.read) return;
      if (await this.#connection.signal("/seen", { delivered, read })) this.#seen = { delivered, read };
    }, SEEN_AFTER_MS);
  }

  #describe(session) {
    const told = (name) => session[name] ?? this.#told[name] ?? this.getAttribute(name) ?? "";
    const accent = session.accent_color ?? told("accent");
    this.#told = { assistant: told("assistant") || WORDS.nameless, brand: told("brand"), accent };
    if (session.time_zone) this.#panel.transcript.dates = new Dates(session.time_zone);
    const listed = this.getAttribute("suggestions");
    const suggestions = listed === null ? SUGGESTIONS : listed.split("|").filter(Boolean);
    this.#panel.describe({ ...this.#told, phone: this.getAttribute("phone") ?? "", suggestions });
    const dark = this.#isDark();
    this.#root.classList.toggle("dark", dark);
    const colours = Object.entries(accentProperties(accent, dark) ?? {});
    colours.forEach(([name, value]) => this.#root.style.setProperty(name, value));
  }

  #isDark() {
    const theme = this.getAttribute("theme");
    return theme === "dark" || (theme !== "light" && this.#scheme.matches);
  }

  #restoreOutbox() {
    for (const entry of this.#outbox.entries()) {
      this.#conversation.queue(entry);
      if (!this.#isRecent(entry)) this.#conversation.fail(entry.client_id);
    }
  }

  /** A message under way when the page was left is sent again; an older one waits for the customer's word. */
  #isRecent(entry) {
    return !entry.failed && Date.now() - entry.since < RESEND_WITHIN_MS;
  }

  #changeState(state) {
    this.#state = state;
    clearTimeout(this.#timers.banner);
    if (state === "online") this.#panel.showReconnecting(false);
    else if (this.#loaded) this.#timers.banner = setTimeout(() => this.#panel.showReconnecting(true), BANNER_AFTER_MS);
    this.#showNotice();
  }

  #historyIsHere() {
    if (this.#loaded) return;
    this.#loaded = true;
    this.#panel.transcript.announce();
    this.#showNotice();
    this.#outbox.entries().filter((entry) => this.#isRecent(entry)).forEach((entry) => this.#deliver(entry));
  }

  #waitForHistory() {
    this.#showNotice();
    clearTimeout(this.#timers.error);
    this.#timers.error = setTimeout(() => this.#showNotice({ late: true }), ERROR_AFTER_MS);
  }

  #tryAgain() {
    this.#panel.showNotice("loading");
    this.#connection.hurry();
    this.#waitForHistory();
  }

  #showNotice({ late = false } = {}) {
    const unreachable = this.#state === "lost" && (late || this.#panel.notice.dataset.state === "error");
    if (!this.#conversation.isEmpty) this.#panel.showNotice("none");
    else if (this.#loaded) this.#panel.showNotice("empty");
    else this.#panel.showNotice(unreachable ? "error" : "loading");
  }

  #receive(messages) {
    const fresh = this.#conversation.add(messages);
    fresh.forEach((message) => message.client_id && this.#outbox.drop(message.client_id));
    if (!fresh.length) return;
    if (fresh.some((message) => message.author !== "customer")) this.#panel.showTyping(false);
    this.#show({ follow: !this.#loaded, fresh: this.#loaded });
    this.#markRead();
  }

  #show(how) {
    this.#panel.show(this.#conversation.items(), how);
    this.#panel.earlier.hidden = !(this.#conversation.firstSeq > 1 && Number.isFinite(this.#conversation.firstSeq));
    this.#showNotice();
  }

  #markRead() {
    if (this.#panel.isOpen && !document.hidden) this.#storage.write("read", this.#conversation.lastSeq);
    this.#showUnread();
    this.#tellSeen();
  }

  #showUnread() {
    const count = this.#conversation.countAfter(this.#storage.read("read", 0));
    const words = count ? WORDS.unread(count) : "";
    setText(this.#badge, count > 99 ? "99+" : String(count));
    this.#badge.hidden = count === 0;
    this.#launcher.setAttribute("aria-label", words ? `${WORDS.openChat}，${words}` : WORDS.openChat);
    setText(this.#news, this.#loaded && !this.#panel.isOpen ? words : "");
  }

  #choose(title, payload) {
    this.ask(title, payload);
    this.#panel.focus(); // the button that was pressed is gone; a phone's keyboard stays closed
  }

  /** One after the other: two quick messages arrive in the order in which they were written. */
  #deliver(entry) {
    if (this.#underway.has(entry.client_id)) return;
    this.#underway.add(entry.client_id);
    this.#queue = this.#queue.then(() => this.#post(entry));
  }

  async #post(entry) {
    try {
      await this.#connection.send(entry);
      this.#outbox.drop(entry.client_id);
      this.#conversation.settle(entry.client_id);
    } catch (error) {
      if (!this.#conversation.isConfirmed(entry.client_id)) this.#failed(entry, error);
    }
    this.#underway.delete(entry.client_id);
    this.#show({ follow: false, fresh: false });
  }

  #failed(entry, error) {
    this.#outbox.keep({ ...entry, failed: true });
    this.#conversation.fail(entry.client_id, error instanceof Refused ? error.message : null);
  }

  #retry(clientId) {
    const entry = this.#conversation.pending.find((one) => one.client_id === clientId && one.state === FAILED);
    if (!entry) return;
    const again = { client_id: clientId, text: entry.text, payload: entry.payload, since: Date.now() };
    this.#outbox.keep(again);
    this.#conversation.queue(again);
    this.#show({ follow: true, fresh: false });
    this.#panel.focus();
    this.#connection.hurry();
    this.#deliver(again);
  }

  #discard(clientId) {
    this.#outbox.drop(clientId);
    this.#conversation.drop(clientId);
    this.#show({ follow: false, fresh: false });
    this.#panel.focus();
  }

  async #loadEarlier() {
    this.#panel.earlier.disabled = true;
    try {
      const messages = await this.#connection.earlier(this.#conversation.firstSeq);
      this.#conversation.add(messages);
      this.#show({ follow: false, fresh: false });
      if (!messages.length) this.#panel.earlier.hidden = true;
    } catch {
      // The button stays, and the banner tells that the line is down.
    } finally {
      this.#panel.earlier.disabled = false;
    }
  }
}

customElements.define("zhanting-chat", ZhantingChat);
