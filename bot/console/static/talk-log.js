/** The transcript as staff read it: everybody's messages, internal notes, what the bot understood, how far it came. */
import { attachmentOf } from "/web/static/attachment.js";
import { el, setText } from "/web/static/dom.js";
import { fillText } from "/web/static/text.js";
import { DECISIONS, intentWords, topicWords, understoodLine } from "./desk-words.js";

const NEAR_END_PX = 80;
const SAME_TIME_MS = 5 * 60_000;

export class TalkLog {
  #views = new Map();
  #dates;
  #me;
  #following = true;
  #lastTop = 0;
  #onEarlier;
  #onSeen;
  #onReveal;
  #reach = { delivered_seq: 0, read_seq: 0, channel: "" };

  /** `me` is the own username; `onEarlier(seq)` is asked for what comes before; `onSeen()` when the end is in view;
   * `onReveal(seq, button)` gives a text with its numbers; none for who may not see them. */
  constructor({ dates, me, onEarlier, onSeen, onReveal = null }) {
    this.#dates = dates;
    this.#me = me;
    this.#onEarlier = onEarlier;
    this.#onSeen = onSeen;
    this.#onReveal = onReveal;
    this.earlier = el("button", { type: "button", class: "quiet earlier", hidden: true, click: () => this.#askEarlier() }, "查看更早的消息");
    this.list = el("ol", { class: "messages" });
    this.typing = el("p", { class: "writing", role: "status" });
    this.log = el(
      "div",
      { class: "log", role: "log", "aria-label": "对话记录", "aria-live": "off", tabindex: "0" },
      this.earlier,
      this.list,
      this.typing,
    );
    this.jump = el("button", { type: "button", class: "jump", hidden: true, click: () => this.toEnd() }, "↓ 有新消息");
    this.root = el("div", { class: "log-box" }, this.log, this.jump);
    this.log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.#following && this.toEnd()).observe(this.log);
  }

  get lastSeq() {
    return Math.max(0, ...this.#views.keys());
  }

  get isAtEnd() {
    return this.#following;
  }

  has(seq) {
    return this.#views.has(seq);
  }

  /** New messages are read out from now on. */
  announce() {
    this.log.setAttribute("aria-live", "polite");
  }

  /** Shows more messages; what the reader looks at stays where it is. Gives how many were new. */
  add(messages) {
    const fresh = messages.filter((message) => !this.#views.has(message.seq));
    if (!fresh.length) return 0;
    const older = this.#views.size > 0 && fresh[0].seq < this.#first;
    const fromEnd = this.log.scrollHeight - this.log.scrollTop;
    for (const message of fresh) this.#views.set(message.seq, new View(message, this.#me, this.#dates, this.#onReveal));
    this.#place();
    if (older) this.log.scrollTop = this.log.scrollHeight - fromEnd;
    else if (this.#following || fresh.at(-1).username === this.#me) this.toEnd();
    else this.jump.hidden = false;
    return fresh.length;
  }

  toEnd() {
    this.#following = true;
    this.jump.hidden = true;
    this.log.scrollTop = this.log.scrollHeight;
    this.#onSeen();
  }

  /** How far the customer's side has received and seen it. */
  reach(conversation) {
    this.#reach = conversation;
    for (const view of this.#views.values()) view.showReach(conversation);
  }

  showTyping(words) {
    setText(this.typing, words);
  }

  get #first() {
    return Math.min(...this.#views.keys());
  }

  /** Nothing but what is new is touched: a screen reader announces what was added. */
  #place() {
    const views = Array.from(this.#views.values()).sort((a, b) => a.message.seq - b.message.seq);
    let before = null;
    let position = this.list.firstChild;
    for (const view of views) {
      view.follow(before, this.#dates);
      view.showReach(this.#reach);
      if (view.root === position) position = position.nextSibling;
      else this.list.insertBefore(view.root, position);
      before = view.message;
    }
    this.earlier.hidden = this.#first <= 1;
  }

  async #askEarlier() {
    this.earlier.disabled = true;
    const more = await this.#onEarlier(this.#first);
    this.earlier.disabled = false;
    if (more && !more.length) this.earlier.hidden = true;
    else if (more) this.add(more);
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.log;
    const nearEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (nearEnd || scrollTop < this.#lastTop - 1) this.#following = nearEnd;
    if (nearEnd && !this.jump.hidden) this.toEnd();
    this.#lastTop = scrollTop;
  }
}

class View {
  constructor(message, me, dates, onReveal) {
    this.message = message;
    const kind = message.internal ? `internal ${message.author === "system" ? "system" : ""}` : message.author;
    this.day = el("span", { class: "day" });
    this.meta = el("span", { class: "meta" }, el("b", {}, nameOf(message, me)), " ", timeOf(message, dates));
    this.text = el("p", { class: "text", dir: "auto" });
    this.reach = el("span", { class: "reach" });
    const file = attachmentOf(message.custom, document.baseURI);
    const buttons = message.buttons.map((button) => el("span", { class: "offered" }, button.title));
    this.root = el(
      "li",
      { class: `message ${kind}${message.username === me ? " own" : ""}`, "data-seq": message.seq },
      this.day,
      this.meta,
      el("div", { class: "bubble" }, this.text, message.masked && onReveal ? this.#revealButton(onReveal) : null, file),
      buttons.length ? el("div", { class: "offers", "aria-label": "给客户的选项" }, ...buttons) : null,
      message.understanding ? understood(message.understanding) : null,
      this.reach,
    );
    fillText(this.text, message.text ?? "");
    this.text.hidden = !message.text && file !== null;
  }

  #revealButton(onReveal) {
    const show = async ({ currentTarget: button }) => {
      const text = await onReveal(this.message.seq, button);
      if (text === undefined) return;
      fillText(this.text, text);
      button.remove();
    };
    return el("button", { type: "button", class: "quiet reveal-text", "aria-label": "显示号码", click: show }, "显示");
  }

  /** Day and name are said when they change. */
  follow(before, dates) {
    const { message } = this;
    const day = dates.day(message.time);
    const sameDay = before && dates.day(before.time) === day;
    const pause = before && new Date(message.time) - new Date(before.time) > SAME_TIME_MS;
    const sameVoice = before && before.author === message.author && before.username === message.username && before.internal === message.internal;
    setText(this.day, sameDay ? "" : day);
    this.root.classList.toggle("starts", !(sameDay && sameVoice) || pause);
  }

  showReach({ delivered_seq: delivered, read_seq: read, channel }) {
    const { author, internal, seq } = this.message;
    if (author !== "staff" || internal) return;
    setText(this.reach, reachOf(channel, seq <= delivered, seq <= read));
  }
}

/** WeChat does not tell what was read, and what it has not got yet waits for the customer. */
function reachOf(channel, delivered, read) {
  if (channel === "wechat") return delivered ? "已送达" : "等待送出";
  if (channel !== "web") return "已发送";
  return read ? "已读" : delivered ? "已送达" : "已发送";
}

function nameOf({ author, internal, name, username }, me) {
  if (author === "customer") return "客户";
  if (author === "bot") return "机器人";
  if (author === "system") return internal ? "系统（内部）" : "系统";
  const who = username === me ? "我" : name ?? username ?? "顾问";
  return internal ? `${who} · 内部，客户看不到` : who;
}

function timeOf({ time }, dates) {
  return el("time", { datetime: time, title: dates.full(time) }, dates.clock(time));
}

function understood(understanding) {
  const { intent, confidence, decision, faq } = understanding;
  const topic = topicWords(understanding);
  const rows = [
    ["意图", intentWords(intent)],
    ["把握", Number.isFinite(confidence) ? `${Math.round(confidence * 100)}%` : null],
    ["主题", topic ? `${topic}，相似 ${Math.round(Number(faq.score ?? 0) * 100)}%` : null],
    ["处理", DECISIONS[decision] ?? decision],
  ].filter(([, value]) => value);
  const list = rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))]);
  return el("details", { class: "understood" }, el("summary", {}, understoodLine(understanding)), el("dl", {}, ...list));
}
