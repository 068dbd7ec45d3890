/** The editor of an answer's buttons: a title and where it leads. */

import { el } from "/web/static/dom.js";
import { topicWords } from "./content_words.js";
import { data } from "./page_data.js";

export class Buttons {
  #list;
  #changed;

  constructor(list, adder, changed) {
    this.#list = list;
    this.#changed = changed;
    adder.addEventListener("click", () => {
      this.#add({ title: "" });
      this.#list.lastElementChild.querySelector("input").focus();
      changed();
    });
  }

  get value() {
    return Array.from(this.#list.children, (row) => {
      const [kind, target] = parted(row.querySelector("select").value);
      return { title: row.querySelector("input").value.trim(), ...(target ? { [kind]: target } : {}) };
    });
  }

  set value(buttons) {
    this.#list.replaceChildren();
    for (const button of buttons) this.#add(button);
  }

  #add(button) {
    const title = el("input", { "aria-label": "按钮文字", placeholder: "按钮文字", maxlength: String(data.longest.button), autocomplete: "off" });
    title.value = button.title;
    const tool = (words, label, work) =>
      el("button", { type: "button", class: "quiet tool", "aria-label": label, title: label, click: work }, words);
    const row = el(
      "li",
      {},
      title,
      targets(button),
      el(
        "span",
        { class: "tools" },
        tool("↑", "上移", () => this.#move(row, row.previousElementSibling, "before")),
        tool("↓", "下移", () => this.#move(row, row.nextElementSibling, "after")),
        tool("✕", "删除这个按钮", () => this.#remove(row)),
      ),
    );
    this.#list.append(row);
  }

  #move(row, other, side) {
    if (!other) return;
    other[side](row);
    row.querySelector(`[aria-label="${side === "before" ? "上移" : "下移"}"]`).focus();
    this.#changed();
  }

  #remove(row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    (next?.querySelector("input") ?? document.getElementById("add-button")).focus();
    this.#changed();
  }
}

function targets(button) {
  const chosen = ["topic", "intent", "payload"].find((kind) => button[kind]);
  const value = chosen ? `${chosen}:${button[chosen]}` : "";
  const select = el("select", { "aria-label": "按钮做什么" }, el("option", { value: "" }, "请选择去处"));
  select.append(
    group("动作", Object.entries(data.actions).map(([id, words]) => option(`intent:${id}`, words))),
    group("主题", Object.keys(data.topics).map((id) => option(`topic:${id}`, topicWords(id)))),
  );
  if (value && ![...select.options].some((each) => each.value === value)) {
    select.append(option(value, chosen === "topic" ? `${button.topic}（已停用）` : data.intents?.[button[chosen]] ?? button[chosen]));
  }
  select.value = value;
  return select;
}

function group(label, options) {
  return el("optgroup", { label }, ...options);
}

function option(value, words) {
  return el("option", { value }, words);
}

function parted(value) {
  const colon = value.indexOf(":");
  return colon < 0 ? ["", ""] : [value.slice(0, colon), value.slice(colon + 1)];
}
