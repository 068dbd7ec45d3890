/** The preview beside the form: a moment after each change the server fills it in and tells what is wrong. */

import { api } from "./api.js";
import { Preview } from "./content_preview.js";
import { data } from "./page_data.js";
import { el } from "/web/static/dom.js";

const PAUSE_MS = 300; // somebody types
const NOTES = {
  templates: "变量用例子填写，实际内容由对话给出。",
  "standard-replies": "变量用例子填写，实际内容来自客户卡。【】里的由顾问填好再发。",
};
const at = (id) => document.getElementById(id);

export class LivePreview {
  #form;
  #bubble = new Preview(at("preview"));
  #timer;
  #newest = 0;
  #ownId = false; // the id was written by hand
  #shown = null;

  constructor(form) {
    this.#form = form;
    at("id")?.addEventListener("input", () => (this.#ownId = Boolean(at("id").value.trim())));
    at("preview-channel")?.addEventListener("change", () => this.#draw());
  }

  update() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), this.#newest ? PAUSE_MS : 0);
  }

  async #ask() {
    const number = ++this.#newest;
    const id = data.id ?? ((this.#ownId && this.#form.id) || "new");
    try {
      const shown = await api("POST", `${data.path}/${encodeURIComponent(id)}/preview`, this.#form.body);
      if (number === this.#newest) this.#show(shown);
    } catch (error) {
      if (number !== this.#newest) return;
      if (error.body?.field) this.#form.showFaults([{ field: error.body.field, message: error.message }], { touchedOnly: true });
      at("preview-note").textContent = error instanceof TypeError ? "网络断开了，预览暂时不更新。" : error.message;
    }
  }

  #show(shown) {
    this.#shown = shown;
    this.#form.showFaults(shown.faults, { touchedOnly: true });
    if (!data.id && !this.#ownId && shown.suggested_id && this.#form.body.title.trim()) {
      at("id").value = shown.suggested_id;
    }
    at("preview-note").textContent = NOTES[data.path] ?? "";
    at("warnings").replaceChildren(...shown.warnings.map((words) => el("li", {}, words)));
    this.#offerChannels(Object.keys(shown.channels));
    this.#draw();
  }

  #offerChannels(channels) {
    const select = at("preview-channel");
    if (!select) return;
    const chosen = select.value;
    select.replaceChildren(
      el("option", { value: "" }, "默认"),
      ...channels.map((channel) => el("option", { value: channel }, data.channels[channel] ?? channel)),
    );
    select.value = channels.includes(chosen) ? chosen : channels.includes("web") ? "web" : "";
    select.hidden = !channels.length;
  }

  #draw() {
    const { text, channels, buttons } = this.#shown ?? {};
    if (text === undefined) return;
    this.#bubble.show(channels[at("preview-channel")?.value] ?? text, buttons, data.path === "standard-replies" ? data.declared.adviser.example : null);
  }
}
