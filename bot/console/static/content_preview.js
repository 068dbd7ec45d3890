/** An answer exactly as the widget shows it: the widget's own transcript in a shadow root with the widget's styles. */

import { Dates } from "/web/static/dates.js";
import { el } from "/web/static/dom.js";
import { accentProperties } from "/web/static/theme.js";
import { Transcript } from "/web/static/transcript.js";
import { data } from "./page_data.js";

const STYLES = ["/web/static/chat.css", "/web/static/transcript.css", "/console/static/content_preview.css"];
const dark = matchMedia("(prefers-color-scheme: dark)");

export class Preview {
  #root = el("div", { class: "root" });
  #transcript = new Transcript(new Dates(), { choose() {}, retry() {}, discard() {}, reachedEnd() {} });
  #shown = 0;

  constructor(host) {
    this.#transcript.assistant = data.assistant;
    this.#transcript.site = `${location.origin}/`;
    this.#root.append(this.#transcript.log);
    host.attachShadow({ mode: "open" }).append(...STYLES.map((href) => el("link", { rel: "stylesheet", href })), this.#root);
    dark.addEventListener("change", () => this.#paint());
    this.#paint();
  }

  /** `buttons`: {title, payload}. `adviser`: the name of who says it; without one it is the assistant. */
  show(text, buttons = [], adviser = null) {
    this.#shown += 1;
    this.#transcript.clear();
    this.#transcript.show([
      { key: `preview:${this.#shown}`, author: adviser ? "staff" : "bot", name: adviser, text, buttons, active: true, time: new Date().toISOString() },
    ]);
  }

  #paint() {
    this.#root.classList.toggle("dark", dark.matches);
    for (const [name, value] of Object.entries(accentProperties(data.accent, dark.matches) ?? {})) {
      this.#root.style.setProperty(name, value);
    }
  }
}
