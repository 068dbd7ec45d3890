/** The window of the chat: header, transcript, composer and the states in which there is nothing to show yet. */
import { Composer } from "./composer.js";
import { el, icon, setText } from "./dom.js";
import { initialOf, Transcript } from "./transcript.js";
import { WORDS } from "./words.js";

const PHONE = "(max-width: 640px)";

export class Panel {
  #phone = matchMedia(PHONE);
  #welcome = { assistant: "", brand: "", phone: "", suggestions: [] };
  #adviser = null;
  #on;

  constructor(dates, drafts, on) {
    this.#on = on;
    this.transcript = new Transcript(dates, { ...on, reachedEnd: () => (this.jump.hidden = true) });
    this.composer = new Composer((text) => on.send(text), drafts, on.writing, on.file);
    this.title = el("h2", { id: "title" });
    this.role = el("p", { class: "role" });
    this.avatar = el("span", { class: "avatar", "aria-hidden": "true" });
    this.banner = el("div", { class: "banner", role: "status", hidden: true }, spinner(), WORDS.reconnecting);
    this.earlier = button({ class: "earlier", hidden: true, click: on.earlier }, WORDS.earlier);
    this.notice = el("div", { class: "notice" });
    this.writer = el("span");
    this.typing = el("div", { class: "typing", "aria-hidden": "true" }, dots(), this.writer);
    this.jump = button({ class: "jump", hidden: true, click: () => this.#jump() }, icon("down"), WORDS.newMessages);
    this.root = this.#build();
    this.#phone.addEventListener("change", () => this.#remake());
  }

  get isOpen() {
    return this.root.open;
  }

  /** On a phone the chat is a modal sheet: nothing behind it can be reached. Elsewhere the page stays usable. */
  open({ focus = true } = {}) {
    if (!this.root.open) this.#phone.matches ? this.root.showModal() : this.root.show();
    document.documentElement.style.overflow = this.#phone.matches ? "hidden" : "";
    this.composer.fit();
    this.transcript.scrollToEnd();
    if (focus) this.focus();
  }

  close() {
    this.root.close();
    document.documentElement.style.overflow = "";
  }

  /** A touch screen would cover half of the chat with its keyboard before anything was read. */
  focus() {
    if (matchMedia("(pointer: coarse)").matches) this.root.focus();
    else this.composer.focus();
  }

  describe(welcome) {
    this.#welcome = { ...this.#welcome, ...welcome };
    const { assistant, brand } = this.#welcome;
    this.transcript.assistant = assistant;
    this.root.setAttribute("aria-label", WORDS.panel(assistant));
    setText(this.title, assistant);
    this.showAdviser(this.#adviser);
  }

  /** Who answers now: the adviser with this name, or the assistant. */
  showAdviser(name) {
    const { assistant, brand } = this.#welcome;
    this.#adviser = name;
    setText(this.role, name ? WORDS.attended(name) : WORDS.role(brand));
    setText(this.avatar, name ? initialOf(name) : Array.from(assistant).pop() ?? "");
  }

  /** Somebody writes: the adviser of this name, or the assistant. */
  showTyping(on, name = "") {
    if (on) setText(this.writer, WORDS.typing(name ? `${WORDS.staff} ${name} ` : this.#welcome.assistant));
    this.typing.classList.toggle("on", on);
  }

  showReconnecting(on) {
    this.banner.hidden = !on;
  }

  /** `follow`: the reader's own message, or the end was in view anyway. */
  show(items, { follow, fresh }) {
    this.transcript.show(items);
    if (follow || this.transcript.following) this.transcript.scrollToEnd({ smooth: this.isOpen && fresh });
    else if (fresh) this.jump.hidden = false;
  }

  /** state: "loading", "error", "empty" or "none". */
  showNotice(state) {
    if (this.notice.dataset.state === state) return;
    this.notice.dataset.state = state;
    this.notice.replaceChildren(...this.#noticeOf(state));
  }

  #noticeOf(state) {
    if (state === "loading") return [spinner(), el("p", {}, WORDS.loading)];
    if (state === "error") return this.#errorNotice();
    return state === "empty" ? this.#emptyNotice() : [];
  }

  #errorNotice() {
    const { phone } = this.#welcome;
    const call = phone && el("p", {}, WORDS.call, " ", el("a", { href: `tel:${phone.replaceAll("-", "")}` }, phone));
    const again = button({ class: "again", click: this.#on.again }, WORDS.tryAgain);
    return [el("h3", {}, WORDS.unreachable), el("p", {}, WORDS.unreachableHelp), ...(call ? [call] : []), again];
  }

  #emptyNotice() {
    const { assistant, suggestions } = this.#welcome;
    const choose = (title) => () => this.#on.choose({ title });
    const buttons = suggestions.map((text) => button({ class: "suggestion", click: choose(text) }, text));
    return [
      el("span", { class: "avatar large", "aria-hidden": "true" }, Array.from(assistant).pop() ?? ""),
      el("h3", {}, WORDS.welcome(assistant)),
      el("p", {}, WORDS.welcomeHelp),
      el("div", { class: "suggestions" }, ...buttons),
    ];
  }

  #build() {
    const naming = { "aria-label": WORDS.close, title: WORDS.close };
    const close = button({ class: "close", ...naming, click: this.#on.close }, icon("close"));
    const header = el("header", {}, this.avatar, el("div", { class: "who" }, this.title, this.role), close);
    const { log } = this.transcript;
    log.setAttribute("aria-labelledby", "title");
    log.prepend(this.earlier, this.notice);
    log.append(this.typing);
    const body = el("div", { class: "body" }, this.banner, log, this.jump);
    const panel = el("dialog", { class: "panel", tabindex: "-1" }, header, body, this.composer.root);
    panel.addEventListener("cancel", (event) => (event.preventDefault(), this.#on.close()));
    panel.addEventListener("keydown", (event) => this.#escaped(event));
    return panel;
  }

  #escaped(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    this.#on.close();
  }

  #jump() {
    this.transcript.scrollToEnd({ smooth: true });
    this.composer.focus();
  }

  /** The window was turned or resized over the limit between sheet and card. */
  #remake() {
    if (!this.root.open) return;
    this.root.close();
    this.open();
  }
}

function button(attributes, ...children) {
  return el("button", { type: "button", ...attributes }, ...children);
}

function spinner() {
  return el("span", { class: "spinner" });
}

function dots() {
  return el("span", { class: "dots" }, el("i"), el("i"), el("i"));
}
