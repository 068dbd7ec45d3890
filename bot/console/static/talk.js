/** The middle column: one conversation with its head, transcript and composer. */
import { el, setText } from "/web/static/dom.js";
import { api } from "./api.js";
import { CHANNELS, pageWords, REASONS, STATES } from "./desk-words.js";
import { TalkActions } from "./talk-actions.js";
import { TalkComposer } from "./talk-composer.js";
import { TalkLog } from "./talk-log.js";
import { attempt } from "./toast.js";

const SEEN_AFTER_MS = 400;
const TOLD_MS = 5_000;

export class Talk {
  #id;
  #me;
  #conversation;
  #seen = 0;
  #told = "";
  #toldState = "";
  #timers = {};

  /** `page` has dates, me (username) and names; `onBack` and `onKnow` change the column on a phone. */
  constructor(id, page, { onBack, onKnow }) {
    this.#id = id;
    this.#me = page.me.username;
    this.log = new TalkLog({
      dates: page.dates,
      me: this.#me,
      onEarlier: (seq) => api("GET", `conversations/${id}/transcript?before=${seq}`).catch(() => null),
      onSeen: () => this.#tellSeen(),
      onReveal: page.me.cards ? (seq, button) => this.#reveal(seq, button) : null,
    });
    this.actions = new TalkActions({ id, state: () => this.#conversation, names: page.names, me: this.#me });
    this.composer = new TalkComposer({
      conversation: id,
      send: (entry) => this.#send(entry),
      onWriting: (on) => api("POST", `conversations/${id}/typing`, { on }).catch(() => {}),
      dates: page.dates,
    });
    this.title = el("h1", {}, "…");
    this.state = el("p", { class: "muted small" });
    this.banner = el("p", { class: "banner", role: "status", hidden: true });
    const back = el("button", { type: "button", class: "quiet back", "aria-label": "返回列表", click: onBack }, "‹");
    const know = el("button", { type: "button", class: "quiet to-card", click: onKnow }, "客户资料");
    const head = el("header", {}, back, el("div", { class: "whom" }, this.title, this.state), know, this.actions.root);
    this.root = el("div", { class: "talk-box" }, head, this.banner, this.log.root, this.composer.root);
    document.addEventListener("visibilitychange", this.#onVisible);
  }

  close() {
    document.removeEventListener("visibilitychange", this.#onVisible);
    this.root.remove();
  }

  #onVisible = () => this.#tellSeen();

  /** The conversation as it stands now. */
  update(conversation) {
    const before = this.#conversation;
    this.#conversation = conversation;
    setText(this.title, conversation.title);
    setText(this.state, this.#stateLine(conversation));
    this.actions.allow(conversation.actions);
    this.composer.allow({ reply: conversation.actions.includes("reply"), note: conversation.actions.includes("note") });
    this.composer.tellQuota(conversation.wechat);
    this.log.reach(conversation);
    const lost = before?.adviser === this.#me && before.state === "adviser" && !conversation.actions.includes("reply");
    if (lost) this.#tellState(conversation);
    else if (this.#toldState && (before.state !== conversation.state || before.adviser !== conversation.adviser)) this.#tellState(conversation);
    this.#tellSeen();
  }

  add(messages) {
    return this.log.add(messages);
  }

  showTyping({ customer, staff, bot }) {
    const other = staff && this.#conversation?.adviser !== this.#me ? "顾问" : "";
    const who = customer ? "客户" : bot ? "机器人" : other;
    this.log.showTyping(who ? `${who}正在输入…` : "");
  }

  /** The line to the server: "lost" until it is "online" again. */
  showLine(state) {
    clearTimeout(this.#timers.banner);
    if (state === "lost") this.#say("已断开，正在重连…");
    else if (state === "online" && this.#timers.lost) this.#say("");
    this.#timers.lost = state === "lost" || (this.#timers.lost && state !== "online");
  }

  /** Words for some seconds, after those that are being told. */
  tell(words) {
    const state = this.#toldState;
    this.#say(this.#told ? `${this.#told} ${words}` : words);
    this.#told = this.banner.textContent;
    this.#toldState = state;
    clearTimeout(this.#timers.banner);
    this.#timers.banner = setTimeout(() => this.#say(""), TOLD_MS);
  }

  /** Whose it is now, instead of whose it was a moment ago; nothing once it is one's own again. */
  #tellState({ state, adviser, adviser_name: name }) {
    const own = state === "adviser" && adviser === this.#me;
    const words = own ? "" : state === "adviser" ? `这个对话已由${name ?? "同事"}接手。` : `这个对话现在：${STATES[state]}。`;
    const rest = this.#told.replace(this.#toldState, "").trim();
    this.#say(rest);
    this.#told = rest;
    if (words) this.tell(words);
    this.#toldState = words;
  }

  async #reveal(seq, button) {
    const answer = await attempt(button, () => api("POST", `conversations/${this.#id}/messages/${seq}/reveal`, {}));
    return answer?.text;
  }

  #say(words) {
    this.#told = this.#toldState = "";
    this.banner.hidden = !words;
    setText(this.banner, words);
  }

  #stateLine({ state, adviser_name: name, reason, channel, page }) {
    const who = state === "adviser" ? `${name ?? "同事"}接待中` : STATES[state];
    const why = reason && state !== "bot" ? REASONS[reason] ?? reason : null;
    return [who, why, CHANNELS[channel] ?? "其他渠道", page && pageWords(page)].filter(Boolean).join(" · ");
  }

  async #send({ text, client_id, note, attachment }) {
    if (note) return api("POST", `conversations/${this.#id}/note`, { text, client_id });
    api("POST", `conversations/${this.#id}/typing`, { on: false }).catch(() => {});
    return api("POST", `conversations/${this.#id}/reply`, { text, client_id, attachment, epoch: this.#conversation.epoch });
  }

  /** Only what was on the screen of whoever owns it counts as read. */
  #tellSeen() {
    clearTimeout(this.#timers.seen);
    this.#timers.seen = setTimeout(() => {
      const seq = this.log.lastSeq;
      const own = this.#conversation?.actions.includes("reply");
      if (document.hidden || !own || !this.log.isAtEnd || seq <= this.#seen || !this.root.offsetParent) return;
      this.#seen = seq;
      api("POST", `conversations/${this.#id}/seen`, { seq }).catch(() => (this.#seen = 0));
    }, SEEN_AFTER_MS);
  }
}
