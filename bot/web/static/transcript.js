/** The conversation on the screen. Elements are kept by key, so that nothing jumps and nothing is announced twice. */
import { attachmentOf } from "./attachment.js";
import { FAILED, SENDING } from "./conversation.js";
import { el, icon, setText } from "./dom.js";
import { fillText } from "./text.js";
import { WORDS } from "./words.js";

const SAME_TIME_MS = 5 * 60_000; // within this a time is not repeated
const NEAR_END_PX = 96;

/** `on` is called for what the reader does: choose({title, payload}), retry(id), discard(id), reachedEnd(). */
export class Transcript {
  #nodes = new Map();
  #list = el("div", { class: "messages" });
  #on;
  #lastTop = 0;
  following = true; // the reader is at the end and wants to stay there
  dates;
  assistant = "";
  site = null; // the address of our server, for links to its files

  constructor(dates, on) {
    this.dates = dates;
    this.#on = on;
    this.log = el("div", { class: "log", role: "log", "aria-live": "off", tabindex: "0" });
    this.log.append(this.#list);
    this.log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.following && this.scrollToEnd()).observe(this.log);
  }

  /** New messages are announced from now on; the history that was there before is not. */
  announce() {
    this.log.setAttribute("aria-live", "polite");
  }

  clear() {
    this.#nodes.clear();
    this.#list.replaceChildren();
  }

  scrollToEnd({ smooth = false } = {}) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.following = true;
    this.log.scrollTo({ top: this.log.scrollHeight, behavior: smooth && !still ? "smooth" : "instant" });
  }

  /** Shows `items`; what the reader looks at stays where it is when older messages come in above. */
  show(items) {
    const fromEnd = this.log.scrollHeight - this.log.scrollTop;
    const first = this.#list.firstChild;
    this.#place(this.#wanted(items));
    const grewAbove = first !== null && first !== this.#list.firstChild && this.#list.contains(first);
    if (grewAbove) this.log.scrollTop = this.log.scrollHeight - fromEnd;
  }

  /** Only a way upwards is the reader's own: a smooth way down passes places that are not the end. */
  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.log;
    const nearEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (nearEnd) this.#on.reachedEnd();
    if (nearEnd || scrollTop < this.#lastTop - 1) this.following = nearEnd;
    this.#lastTop = scrollTop;
  }

  #wanted(items) {
    const nodes = [];
    const before = { day: null, author: null, name: null, speaker: null, shown: -Infinity };
    for (const item of items) {
      const day = item.time ? this.dates.day(item.time) : before.day;
      if (day !== before.day) nodes.push(this.#node(`day:${day}`, () => el("div", { class: "day" }, el("span", {}, day))));
      const view = this.#node(item.key, () => new MessageView(item, this.#on, this.site));
      view.update(item, headingOf(item, before, this.assistant), this);
      nodes.push(view.root);
      before.day = day;
    }
    return nodes;
  }

  #node(key, make) {
    if (!this.#nodes.has(key)) this.#nodes.set(key, make());
    return this.#nodes.get(key);
  }

  #place(wanted) {
    const keep = new Set(wanted);
    for (const node of Array.from(this.#list.children)) if (!keep.has(node)) node.remove();
    let position = this.#list.firstChild;
    for (const node of wanted) {
      if (node === position) position = position.nextSibling;
      else this.#list.insertBefore(node, position);
    }
  }
}

class MessageView {
  #on;
  #buttons;

  constructor(item, on, site) {
    this.#on = on;
    this.name = el("span", { class: "name" });
    this.time = el("time");
    this.speaker = el("span", { class: "visually-hidden" });
    this.text = el("p", { class: "text", dir: "auto" });
    this.attachment = attachmentOf(item.custom, site ?? document.baseURI);
    this.bubble = el("div", { class: "bubble" }, this.speaker, this.text, this.attachment);
    this.status = el("div", { class: "status" });
    this.#buttons = (item.buttons ?? []).map((button) => this.#choice(button));
    this.avatar = el("span", { class: "avatar", "aria-hidden": "true" });
    this.root = el(
      "div",
      { class: `message ${item.author}` },
      el("div", { class: "meta" }, this.name, this.time),
      this.avatar,
      this.bubble,
      this.#buttons.length ? el("div", { class: "choices", role: "group", "aria-label": WORDS.choices }, ...this.#buttons) : null,
      this.status,
    );
    this.text.hidden = !item.text && this.attachment !== null;
    this.root.hidden = !item.text && !this.#buttons.length && !this.attachment;
    this.root.classList.toggle("textless", !item.text && !this.attachment);
    const trusted = item.author !== "customer";
    fillText(this.text, item.text ?? "", { phones: trusted, site: trusted ? site : null });
  }

  update(item, { starts, named, timed }, { dates, assistant }) {
    const name = nameOf(item, assistant);
    this.root.dataset.seq = item.seq ?? "";
    this.root.classList.toggle("starts", starts);
    this.root.classList.toggle("named", named);
    this.root.classList.toggle("timed", timed);
    this.root.classList.toggle("sending", item.state === SENDING);
    this.root.classList.toggle("failed", item.state === FAILED);
    setText(this.speaker, WORDS.says(name));
    setText(this.name, item.author === "customer" ? "" : name);
    setText(this.avatar, item.author === "staff" ? initialOf(staffName(item)) : Array.from(assistant).pop() ?? "");
    this.#showTime(item, dates);
    this.#showStatus(item);
    for (const button of this.#buttons) setActive(button, item);
  }

  #showTime(item, dates) {
    if (!item.time) return;
    setText(this.time, dates.clock(item.time));
    this.time.dateTime = item.time;
    this.bubble.title = dates.full(item.time);
  }

  #showStatus({ state, problem, client_id: clientId }) {
    if (state !== FAILED) return this.status.replaceChildren();
    const button = (name, click, ...inside) => el("button", { type: "button", class: name, click }, ...inside);
    this.status.replaceChildren(
      ...(problem ? [el("p", {}, problem)] : []),
      button("retry", () => this.#on.retry(clientId), icon("alert"), WORDS.retry),
      button("discard", () => this.#on.discard(clientId), WORDS.discard),
    );
  }

  #choice(button) {
    const choose = () => this.#on.choose(button);
    const node = el("button", { type: "button", click: choose }, String(button.title));
    node.addEventListener("keydown", moveAmongChoices);
    return node;
  }
}

/** The same element in both states: a log announces added elements, and nothing is added here. */
function setActive(button, { active, answer }) {
  const chosen = !active && answer === button.textContent;
  button.className = active ? "choice" : chosen ? "option chosen" : "option";
  button.disabled = !active;
}

function moveAmongChoices(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const all = Array.from(event.currentTarget.parentElement.children);
  const next = all[all.indexOf(event.currentTarget) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** What is said above a message: who speaks, when that changes, and the time, when some has passed. Updates `before`. */
function headingOf(item, before, assistant) {
  const speaker = nameOf(item, assistant);
  const time = item.time ? new Date(item.time).getTime() : before.shown;
  const timed = time - before.shown > SAME_TIME_MS;
  const starts = timed || item.author !== before.author || speaker !== before.name;
  const named = starts && item.author !== "customer" && (timed || speaker !== before.speaker);
  Object.assign(before, { author: item.author, name: speaker });
  if (timed) before.shown = time;
  if (item.author !== "customer") before.speaker = speaker;
  return { starts, named, timed };
}

function nameOf(item, assistant = "") {
  if (item.author === "customer") return WORDS.you;
  if (item.author === "staff") return `${WORDS.staff} ${staffName(item)}`.trim();
  return item.author === "bot" ? assistant : "";
}

function staffName(item) {
  return item.name ?? item.custom?.name ?? "";
}

/** The sign in the circle of an adviser: the family name. */
export function initialOf(name) {
  return Array.from(name)[0] ?? Array.from(WORDS.staff)[0];
}
