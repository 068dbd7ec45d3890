/** Where the customer writes: Enter sends, Shift+Enter breaks the line, an input method's Enter does neither. */
import { Refused } from "./connection.js";
import { el, icon, setText } from "./dom.js";
import { fileButton, isTooLarge, TOO_LARGE } from "./file-button.js";
import { lengthOf } from "./text.js";
import { WORDS } from "./words.js";

export const MAX_LENGTH = 1000;
const WARN_BELOW = 100;
const SAFARI_COMPOSING = 229; // Safari ends the composition before it reports the Enter that ended it

export class Composer {
  #onSend;
  #drafts;
  #onWriting;
  #onFile;

  /**
   * `drafts` keeps what is not sent yet over a reload; `onWriting` hears of each change whether there is a text;
   * `onFile(file)` sends one and throws what went wrong.
   */
  constructor(onSend, drafts, onWriting = () => {}, onFile = null) {
    this.#onSend = onSend;
    this.#drafts = drafts;
    this.#onWriting = onWriting;
    this.#onFile = onFile;
    this.input = el("textarea", {
      rows: "1",
      placeholder: WORDS.input,
      "aria-label": WORDS.input,
      "aria-describedby": "counter",
      enterkeyhint: "send",
      autocomplete: "off",
      input: () => (this.#changed(), this.#onWriting(this.input.value.trim() !== "")),
      keydown: (event) => this.#pressed(event),
    });
    this.button = el("button", { type: "submit", class: "send", "aria-label": WORDS.send }, icon("send"));
    const naming = { class: "attach", "aria-label": WORDS.attach, title: WORDS.attach };
    this.attach = onFile && fileButton((file) => this.#sendFile(file), naming, icon("clip"));
    this.counter = el("div", { id: "counter", class: "counter", role: "status" });
    const submit = (event) => this.#submitted(event);
    this.root = el("form", { class: "composer", submit }, this.counter, this.attach, this.input, this.button);
    this.input.value = drafts.read("draft", "");
    this.#changed();
  }

  /** To be called when the composer becomes visible: a hidden text area has no height to measure. */
  fit() {
    this.input.style.height = "auto";
    if (this.input.scrollHeight) this.input.style.height = `${this.input.scrollHeight + 2}px`;
  }

  focus() {
    this.input.focus({ preventScroll: true });
  }

  #changed() {
    const left = MAX_LENGTH - lengthOf(this.input.value.trim());
    setText(this.counter, left < 0 ? WORDS.tooLong(-left) : left < WARN_BELOW ? WORDS.remaining(left) : "");
    this.root.classList.toggle("too-long", left < 0);
    this.button.disabled = left < 0 || left === MAX_LENGTH;
    this.#drafts.write("draft", this.input.value);
    this.fit();
  }

  #pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === SAFARI_COMPOSING) return;
    event.preventDefault();
    this.#send();
  }

  #submitted(event) {
    event.preventDefault();
    this.#send();
    this.focus();
  }

  async #sendFile(file) {
    this.attach.disabled = true;
    setText(this.counter, isTooLarge(file) ? TOO_LARGE : WORDS.sendingFile(file.name));
    try {
      if (!isTooLarge(file)) await this.#onFile(file).then(() => setText(this.counter, ""));
    } catch (problem) {
      setText(this.counter, (problem instanceof Refused && problem.message) || WORDS.fileNotSent);
    }
    this.attach.disabled = false;
    this.focus();
  }

  #send() {
    if (this.button.disabled) return;
    const text = this.input.value.trim();
    this.input.value = "";
    this.#changed();
    this.#onSend(text);
  }
}
