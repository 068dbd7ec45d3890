/** Standard replies: found while typing, chosen with the arrow keys and Enter. */
import { el } from "/web/static/dom.js";
import { api } from "./api.js";

const SEARCH_AFTER_MS = 120;

export class ReplyPicker {
  #conversation;
  #onPick;
  #onClose;
  #found = [];
  #at = 0;
  #asked = 0;
  #timer;

  constructor({ conversation, onPick, onClose }) {
    this.#conversation = conversation;
    this.#onPick = onPick;
    this.#onClose = onClose;
    this.input = el("input", {
      type: "search",
      placeholder: "搜索标准话术：标题、内容、拼音或快捷码",
      "aria-label": "搜索标准话术",
      role: "combobox",
      "aria-expanded": "true",
      "aria-controls": "standard-replies",
      "aria-autocomplete": "list",
      autocomplete: "off",
      maxlength: "60",
      input: () => this.#searchSoon(),
      keydown: (event) => this.#pressed(event),
    });
    this.list = el("ul", { id: "standard-replies", role: "listbox", "aria-label": "标准话术" });
    const close = el("button", { type: "button", class: "quiet", click: () => this.close() }, "关闭");
    this.root = el("div", { class: "picker", hidden: true }, el("div", { class: "picker-head" }, this.input, close), this.list);
    this.root.addEventListener("focusout", (event) => this.#left(event));
  }

  open() {
    this.root.hidden = false;
    this.input.value = "";
    this.input.focus();
    this.#search();
  }

  close() {
    if (this.root.hidden) return;
    this.root.hidden = true;
    this.#onClose();
  }

  #left(event) {
    if (event.relatedTarget && !this.root.contains(event.relatedTarget)) this.root.hidden = true;
  }

  #searchSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#search(), SEARCH_AFTER_MS);
  }

  async #search() {
    const asked = ++this.#asked;
    const query = new URLSearchParams({ q: this.input.value.trim(), conversation: this.#conversation });
    try {
      const found = await api("GET", `standard-replies?${query}`);
      if (asked === this.#asked) this.#show(found);
    } catch (error) {
      if (asked === this.#asked) this.#say(error instanceof TypeError ? "网络断开了，暂时读不到话术。" : error.message);
    }
  }

  #show(found) {
    this.#found = found;
    this.#at = 0;
    if (!found.length) return this.#say("没有找到合适的话术，换个词试试。");
    this.list.replaceChildren(...found.map((reply, index) => this.#option(reply, index)));
    this.#mark();
  }

  #say(words) {
    this.#found = [];
    this.list.replaceChildren(el("li", { class: "empty" }, words));
  }

  #option(reply, index) {
    const choose = (event) => (event.preventDefault(), this.#pick(index));
    return el(
      "li",
      { role: "option", id: `standard-${index}`, mousedown: choose },
      el("span", { class: "reply-head" }, el("b", {}, reply.title), el("small", {}, `${reply.category} · /${reply.shortcut}`)),
      el("span", { class: "reply-text" }, reply.text),
    );
  }

  #mark() {
    Array.from(this.list.children).forEach((node, index) => node.setAttribute("aria-selected", String(index === this.#at)));
    this.list.children[this.#at]?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", `standard-${this.#at}`);
  }

  #pressed(event) {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#found.length) {
      event.preventDefault();
      this.#at = (this.#at + step + this.#found.length) % this.#found.length;
      this.#mark();
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.#pick(this.#at);
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.close();
    }
  }

  #pick(index) {
    const reply = this.#found[index];
    if (!reply) return;
    this.root.hidden = true;
    this.#onPick(reply);
  }
}
