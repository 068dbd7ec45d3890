/** The left column: what waits, what is mine, everything, what is over; with search. */
import { el, setText } from "/web/static/dom.js";
import { api } from "./api.js";
import { CHANNELS, REASONS, span, STATES } from "./desk-words.js";

const SEARCH_AFTER_MS = 250;
const TICK_MS = 15_000;
const EMPTY = {
  waiting: "没有人在排队。新的客户会出现在这里，并有提示音。",
  mine: "您手上没有对话。可以在“排队”里接一个。",
  all: "还没有对话。",
  closed: "最近 14 天没有结束或交回的对话。更早的可以搜索。",
};

export class Lists {
  #desk;
  #scope = "mine";
  #found = null; // what a search or a scope without live updates gave; null: the live list
  #failed = false;
  #open = null;
  #drawn = null;
  #skills;
  #now;
  #onOpen;
  #asked = 0;
  #timer;

  /** `now` gives the server's time in ms; `onOpen(id)` is called for a line that was chosen. */
  constructor({ desk, skills, now, onOpen }) {
    this.#desk = desk;
    this.#skills = skills;
    this.#now = now;
    this.#onOpen = onOpen;
    this.root = document.getElementById("choose");
    this.list = document.getElementById("lines");
    this.find = document.getElementById("find");
    this.tabs = Array.from(this.root.querySelectorAll("[data-scope]"));
    this.tabs.forEach((tab) => tab.addEventListener("click", () => this.show(tab.dataset.scope)));
    this.find.addEventListener("input", () => this.#searchSoon());
    this.find.form.addEventListener("submit", (event) => (event.preventDefault(), this.#search()));
    this.list.addEventListener("keydown", (event) => this.#move(event));
    setInterval(() => this.#draw(), TICK_MS);
    this.show(desk.mine.length || !desk.waiting.length ? "mine" : "waiting");
  }

  show(scope) {
    this.#scope = scope;
    this.#found = null;
    this.tabs.forEach((tab) => tab.setAttribute("aria-pressed", String(tab.dataset.scope === scope)));
    this.#search();
  }

  /** A new state from the stream. */
  update(desk) {
    this.#desk = desk;
    if (this.#needsServer) this.#searchSoon();
    this.#draw();
  }

  /** The conversation that is open is marked. */
  mark(id) {
    this.#open = id;
    this.#draw();
  }

  get #needsServer() {
    return this.#scope === "all" || this.#scope === "closed" || this.find.value.trim() !== "";
  }

  #searchSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#search(), SEARCH_AFTER_MS);
  }

  async #search() {
    const asked = ++this.#asked;
    if (!this.#needsServer) {
      this.#found = null;
      this.#failed = false;
      return this.#draw();
    }
    if (this.#found === null) this.#draw({ loading: true });
    const query = new URLSearchParams({ scope: this.#scope, q: this.find.value.trim() });
    try {
      const found = await api("GET", `desk?${query}`);
      if (asked !== this.#asked) return;
      this.#found = found;
      this.#failed = false;
    } catch {
      if (asked !== this.#asked) return;
      this.#failed = true;
    }
    this.#draw();
  }

  #draw({ loading = false } = {}) {
    const open = this.#desk.mine.some((line) => line.unread || line.unanswered);
    this.#count("waiting", this.#desk.waiting.length, this.#desk.waiting.length > 0);
    this.#count("mine", this.#desk.mine.length, open);
    const lines = this.#found ?? this.#desk[this.#scope];
    if (loading) return this.#say("正在查找…");
    if (this.#failed) return this.#say("暂时读不到列表，请检查网络。", el("button", { type: "button", click: () => this.#search() }, "重试"));
    if (!lines?.length) return this.#say(this.find.value.trim() ? "没有找到，换个词试试。" : EMPTY[this.#scope]);
    const drawn = lines.map((line) => this.#line(line));
    const looks = drawn.map((line) => line.outerHTML).join("");
    if (looks === this.#drawn) return; // a click that has begun must not lose its target
    const focused = document.activeElement?.closest?.("#lines a")?.dataset.id;
    this.list.replaceChildren(...drawn);
    this.#drawn = looks;
    if (focused) this.list.querySelector(`a[data-id="${CSS.escape(focused)}"]`)?.focus();
  }

  #count(name, number, urgent) {
    const node = this.root.querySelector(`[data-count="${name}"]`);
    setText(node, number ? String(number) : "");
    node.classList.toggle("urgent", urgent);
  }

  #say(words, ...more) {
    this.#drawn = null;
    this.list.replaceChildren(el("li", { class: "empty" }, el("p", {}, words), ...more));
  }

  #line(line) {
    const since = line.state === "queued" ? line.waiting_since : line.updated_at;
    const age = span(this.#now() - new Date(since ?? line.updated_at).getTime());
    const link = el(
      "a",
      { href: `/console/conversations/${line.id}`, "data-id": line.id, "aria-current": line.id === this.#open ? "true" : null },
      el("span", { class: "line-head" }, el("b", {}, line.title), el("time", {}, line.state === "queued" && age !== "刚刚" ? `等了 ${age}` : age)),
      el("span", { class: "line-text" }, this.#preview(line)),
      el("span", { class: "line-foot" }, ...this.#badges(line)),
    );
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.#onOpen(line.id);
    });
    return el("li", {}, link);
  }

  #preview({ preview, preview_author: author }) {
    return preview ? (author === "staff" ? "顾问：" : "") + preview : "（图片或文件）";
  }

  #badges(line) {
    const badge = (words, kind = "") => el("span", { class: `badge ${kind}` }, words);
    const urgent = ["rescue", "complaint", "low_score"].includes(line.reason);
    const waits = line.state === "queued" || line.state === "adviser";
    return [
      line.unread ? el("span", { class: "badge unread", "aria-label": `${line.unread} 条未读` }, String(line.unread)) : null,
      line.unanswered ? badge("待回复", "warn") : null,
      waits && line.reason ? badge(REASONS[line.reason] ?? line.reason, urgent ? "danger" : "accent") : null,
      waits && line.skill ? badge(this.#skills[line.skill] ?? line.skill) : null,
      this.#scope === "waiting" || this.#scope === "mine" ? null : badge(line.state === "adviser" ? line.adviser_name ?? "人工" : STATES[line.state]),
      line.channel === "web" ? null : badge(CHANNELS[line.channel] ?? "其他渠道"),
    ].filter(Boolean);
  }

  #move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const links = Array.from(this.list.querySelectorAll("a"));
    const next = links[links.indexOf(document.activeElement) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
}
