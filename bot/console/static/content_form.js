/** The form of an answer, template or standard reply: its values as the API wants them, faults beside their fields, unsaved changes. */

import { Buttons } from "./content_buttons.js";
import { data } from "./page_data.js";
import { el } from "/web/static/dom.js";

const TEXTS = ["title", "category", "shortcut", "answer", "text"];
const VALIDITY = ["valid_from", "valid_until"];

export class ContentForm {
  #form;
  #buttons;
  #saved = "";
  #touched = new Set();
  #lastText;

  /** `changed` is called after every change by hand. */
  constructor(form, changed) {
    this.#form = form;
    const heard = (event) => {
      const field = event?.target?.closest?.("[data-field]")?.dataset.field ?? (event ? null : "buttons");
      if (field) this.#touched.add(field.split(".")[0]);
      if (event?.target?.id !== "variable-search") changed();
    };
    if (this.#at("buttons")) this.#buttons = new Buttons(this.#at("buttons"), this.#at("add-button"), () => heard());
    form.addEventListener("input", heard);
    form.addEventListener("focusin", ({ target }) => {
      if (target.matches("#answer, #text, [data-channel]")) this.#lastText = target;
    });
    form.addEventListener("click", ({ target }) => {
      const name = target.closest("[data-insert]")?.dataset.insert;
      if (name) this.#insert(`{${name}}`);
    });
    this.#at("variable-search")?.addEventListener("input", ({ target }) => searchVariables(target.value));
  }

  /** Shows the words of a version of the API. */
  fill(version) {
    for (const name of TEXTS) if (this.#at(name)) this.#at(name).value = version[name] ?? "";
    if (this.#at("questions")) this.#at("questions").value = (version.questions ?? []).join("\n");
    for (const area of this.#channels()) area.value = version.channels?.[area.dataset.channel] ?? "";
    for (const name of VALIDITY) this.#at(name).value = (version[name] ?? "").slice(0, 16);
    if (this.#buttons) this.#buttons.value = version.buttons ?? [];
    this.#at("note").value = "";
    this.#at("validity").open = VALIDITY.some((name) => version[name]);
    if (this.#at("channels")) this.#at("channels").open = this.#channels().some(({ value }) => value);
    this.#touched.clear();
    this.showFaults([]);
    this.settle();
  }

  /** What is in the form now counts as saved. */
  settle() {
    this.#saved = JSON.stringify(this.body);
  }

  get isDirty() {
    return JSON.stringify(this.body) !== this.#saved;
  }

  /** Everything but the version that was seen. */
  get body() {
    const body = {};
    for (const name of TEXTS) if (this.#at(name)) body[name] = this.#at(name).value;
    if (this.#at("questions")) body.questions = linesOf(this.#at("questions").value);
    if (data.path === "templates") {
      body.channels = Object.fromEntries(
        this.#channels().filter(({ value }) => value.trim()).map((area) => [area.dataset.channel, area.value]),
      );
    }
    if (this.#buttons) body.buttons = this.#buttons.value;
    for (const name of VALIDITY) body[name] = this.#at(name).value || null;
    return body;
  }

  get note() {
    return this.#at("note").value.trim() || null;
  }

  get id() {
    return this.#at("id")?.value.trim() ?? data.id;
  }

  /** Faults {field, message}: of all fields, or with `touchedOnly` of those that somebody has changed already. */
  showFaults(faults, { touchedOnly = false } = {}) {
    for (const old of this.#form.querySelectorAll(".field > .fault")) old.remove();
    for (const field of this.#form.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
    const shown = faults.filter(({ field }) => !touchedOnly || this.#touched.has(field.split(".")[0]));
    return shown.filter((fault) => !this.#showFault(fault));
  }

  focusFault() {
    this.#form.querySelector(".fault")?.closest(".field").querySelector("input, textarea, select, button")?.focus();
  }

  #showFault({ field, message }) {
    const place =
      this.#form.querySelector(`[data-field="${CSS.escape(field)}"]`) ??
      this.#form.querySelector(`[data-field="${CSS.escape(field.split(".")[0])}"]`);
    if (!place) return false;
    const id = `fault-${place.dataset.field.replace(".", "-")}`;
    if (document.getElementById(id)) return true;
    place.append(el("p", { class: "problem fault", id }, message));
    const input = place.querySelector("input, textarea, select");
    input?.setAttribute("aria-invalid", "true");
    input?.setAttribute("aria-describedby", id);
    const folded = place.closest("details");
    if (folded) folded.open = true;
    return true;
  }

  #insert(words) {
    const area = this.#lastText ?? this.#at("answer") ?? this.#at("text");
    area.setRangeText(words, area.selectionStart, area.selectionEnd, "end");
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #channels() {
    return [...this.#form.querySelectorAll("[data-channel]")];
  }

  #at(id) {
    return this.#form.querySelector(`#${id}`);
  }
}

function linesOf(text) {
  return text.split("\n").map((line) => line.trim()).filter(Boolean);
}

function searchVariables(words) {
  for (const item of document.querySelectorAll("#variables li")) item.hidden = !item.textContent.includes(words.trim());
}
