/** Where staff write: replies and internal notes, with standard replies on "/". The draft of each conversation is kept. */
import { el, setText } from "/web/static/dom.js";
import { fileButton, isTooLarge, TOO_LARGE } from "/web/static/file-button.js";
import { newId, Storage } from "/web/static/storage.js";
import { upload } from "./api.js";
import { ReplyPicker } from "./reply-picker.js";
import { quotaWords } from "./wechat-quota.js";

const SAFARI_COMPOSING = 229; // Safari ends the composition before it reports the Enter that ended it
const WRITING_EVERY_MS = 3_000;
const drafts = new Storage("zhanting:draft");

export class TalkComposer {
  #conversation;
  #send;
  #onWriting;
  #dates;
  #note = false;
  #mayReply = false;
  #sending = false;
  #written = { on: false, at: 0 };
  #entry = null; // what was sent and not confirmed: the same again has the same id
  #open = new Set(); // labels of 【…】 that a standard reply left to be written

  /** `send({text, client_id, note, attachment})` throws what went wrong; `onWriting(on)`: a reply is being written. */
  constructor({ conversation, send, onWriting, dates }) {
    this.#conversation = conversation;
    this.#send = send;
    this.#onWriting = onWriting;
    this.#dates = dates;
    const mode = (note, words) =>
      el("button", { type: "button", class: "mode", "aria-pressed": String(!note), click: () => this.#setNote(note) }, words);
    this.replyMode = mode(false, "回复客户");
    this.noteMode = mode(true, "内部备注");
    this.standard = el("button", { type: "button", class: "quiet", click: () => this.#pick() }, "标准话术 /");
    this.file = fileButton((file) => this.#sendFile(file), { class: "quiet" }, "图片或 PDF");
    this.input = el("textarea", {
      rows: "2",
      "aria-label": "输入回复",
      maxlength: "2000",
      input: () => this.#changed(),
      keydown: (event) => this.#pressed(event),
      blur: () => this.#writes(false),
    });
    this.button = el("button", { type: "submit", class: "primary" }, "发送");
    this.quota = el("p", { class: "quota small", role: "status", hidden: true });
    this.problem = el("p", { class: "problem", role: "alert", hidden: true });
    this.picker = new ReplyPicker({ conversation, onPick: (reply) => this.#insert(reply), onClose: () => this.input.focus() });
    const bar = el("div", { class: "modes", role: "group", "aria-label": "写给谁" }, this.replyMode, this.noteMode, this.standard, this.file);
    const submit = (event) => (event.preventDefault(), this.#submit());
    this.root = el("form", { class: "composer", submit }, this.picker.root, bar, this.quota, this.problem, el("div", { class: "write" }, this.input, this.button));
    this.#restore();
  }

  /** What is possible now; a reply that may no longer be sent stays where it was written. */
  allow({ reply, note }) {
    this.#mayReply = reply;
    this.replyMode.disabled = !reply;
    this.standard.disabled = !reply;
    this.file.disabled = !reply;
    this.noteMode.disabled = !note;
    if (reply && this.#autoNote) this.#setNote(false);
    if (!reply && !this.#note && !this.input.value.trim()) this.#setNote(true, { automatic: true });
    this.#draw();
  }

  /** What may still be sent to a WeChat customer; null on other channels. */
  tellQuota(wechat) {
    this.quota.hidden = !wechat;
    this.quota.classList.toggle("used-up", wechat?.left === 0);
    setText(this.quota, wechat ? quotaWords(wechat, this.#dates) : "");
  }

  focus() {
    this.input.focus({ preventScroll: true });
  }

  tellProblem(words) {
    this.problem.hidden = !words;
    setText(this.problem, words);
  }

  #autoNote = false;

  #setNote(note, { automatic = false } = {}) {
    this.#note = note;
    this.#autoNote = note && automatic;
    if (note) this.#writes(false);
    this.#draw();
    if (!automatic) this.focus();
  }

  #draw() {
    const note = this.#note;
    this.root.classList.toggle("noting", note);
    this.replyMode.setAttribute("aria-pressed", String(!note));
    this.noteMode.setAttribute("aria-pressed", String(note));
    this.input.placeholder = note
      ? "写给同事的备注，客户看不到"
      : this.#mayReply
        ? matchMedia("(pointer: coarse)").matches || innerWidth < 720
          ? "输入回复"
          : "输入回复，Enter 发送，Shift+Enter 换行，/ 选标准话术"
        : "接手后才能回复客户";
    this.input.setAttribute("aria-label", note ? "输入内部备注" : "输入回复");
    setText(this.button, this.#sending ? "发送中…" : note ? "记下" : "发送");
    this.button.disabled = this.#sending || !this.input.value.trim() || (!note && !this.#mayReply);
    this.input.readOnly = this.#sending;
  }

  #restore() {
    const draft = drafts.read(this.#conversation, null);
    if (draft?.text) {
      this.input.value = draft.text;
      this.#open = new Set(draft.open ?? []);
    }
    this.#fit();
    this.#draw();
  }

  #keep() {
    const text = this.input.value;
    drafts.write(this.#conversation, text ? { text, open: Array.from(this.#open) } : null);
  }

  #changed() {
    if (this.input.value === "/" && !this.#note && this.#mayReply) {
      this.input.value = "";
      this.#pick();
    }
    this.tellProblem("");
    this.#keep();
    this.#fit();
    this.#draw();
    this.#writes(!this.#note && this.input.value.trim() !== "");
  }

  #fit() {
    this.input.style.height = "auto";
    if (this.input.scrollHeight) this.input.style.height = `${Math.min(this.input.scrollHeight + 2, 220)}px`;
  }

  #writes(on) {
    const now = Date.now();
    if (on === this.#written.on && (!on || now - this.#written.at < WRITING_EVERY_MS)) return;
    if (!this.#mayReply && on) return;
    this.#written = { on, at: now };
    this.#onWriting(on);
  }

  #pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === SAFARI_COMPOSING) return;
    event.preventDefault();
    this.#submit();
  }

  #pick() {
    this.picker.open();
  }

  #insert(reply) {
    const { input } = this;
    const start = input.selectionStart ?? input.value.length;
    input.setRangeText(reply.text, start, input.selectionEnd ?? start, "end");
    reply.open.forEach((label) => this.#open.add(label));
    this.#changed();
    this.focus();
    this.#selectOpen();
  }

  /** The first place that is still to be written; false when there is none. */
  #selectOpen() {
    const places = Array.from(this.#open, (label) => [placeOf(this.input.value, label), label]);
    const [at, label] = places.filter(([index]) => index >= 0).sort((a, b) => a[0] - b[0])[0] ?? [];
    if (label === undefined) return null;
    this.input.setSelectionRange(at, at + label.length + 2);
    return label;
  }

  /** A file goes out as a reply of its own; what is being written stays. */
  async #sendFile(file) {
    if (isTooLarge(file)) return this.tellProblem(TOO_LARGE);
    if (this.#sending || !this.#mayReply) return;
    this.#sending = true;
    this.tellProblem("");
    this.#draw();
    try {
      const { token } = await upload(file);
      await this.#send({ text: "", client_id: newId(), note: false, attachment: token });
    } catch (error) {
      this.tellProblem(error instanceof TypeError ? "网络断开了，请再选一次文件。" : `没有发出：${error.message}`);
    }
    this.#sending = false;
    this.#draw();
    this.focus();
  }

  async #submit() {
    const text = this.input.value.trim();
    const note = this.#note;
    if (!text || this.#sending || (!note && !this.#mayReply)) return;
    const left = note ? null : this.#selectOpen();
    if (left) return this.tellProblem(`请先填写【${left}】`);
    if (this.#entry?.text !== text || this.#entry.note !== note) this.#entry = { text, note, client_id: newId() };
    this.#sending = true;
    this.tellProblem("");
    this.#draw();
    try {
      await this.#send(this.#entry);
      this.#entry = null;
      this.#open.clear();
      this.input.value = "";
      this.#written.on = false;
    } catch (error) {
      const offline = error instanceof TypeError;
      this.tellProblem(offline ? "网络断开了，内容还在，恢复后请再发一次。" : `没有发出：${error.message}`);
    }
    this.#sending = false;
    this.#keep();
    this.#fit();
    this.#draw();
    this.focus();
  }
}

function placeOf(text, label) {
  return text.indexOf(`【${label}】`);
}
