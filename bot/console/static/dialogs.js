/** Questions in a window of their own: they stay open, and say why, until what was asked for is done. */

import { el } from "/web/static/dom.js";

/**
 * Opens a dialog with a form. `work(form, say)` does what was asked for; what it throws is told inside. Gives what it
 * returned, or undefined when it was closed. `say(text)` shows a problem without closing.
 */
let opened = 0;

export function ask(title, fields, work, { submit = "保存", danger = false, submitless = false } = {}) {
  return new Promise((settle) => {
    let answer;
    const problem = el("p", { class: "problem", role: "alert", hidden: true });
    const button = el("button", { type: "submit", class: danger ? "danger" : "primary" }, submit);
    const close = el("button", { type: "button", class: "quiet", click: () => dialog.close() }, submitless ? "关闭" : "不了");
    const id = `dialog-title-${++opened}`;
    const heading = el("h2", { id }, title);
    const form = el("form", { method: "dialog" }, heading, ...fields, problem,
      el("div", { class: "row" }, submitless ? null : button, close));
    const dialog = el("dialog", { "aria-labelledby": id }, form);
    const say = (text) => {
      problem.textContent = text;
      problem.hidden = !text;
    };
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      say("");
      button.disabled = true;
      try {
        answer = await work(form, say);
        if (answer !== undefined) dialog.close();
      } catch (error) {
        say(wordsOf(error));
      } finally {
        button.disabled = false;
      }
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      settle(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

export function wordsOf(error) {
  return error instanceof TypeError ? "网络断开了，请稍后再试。" : error.message;
}

export function field(label, input) {
  return el("label", {}, label, input);
}

export function choice(name, options, chosen, attributes = {}) {
  const select = el("select", { name, ...attributes });
  for (const [value, text] of options) select.append(el("option", { value, selected: value === chosen }, text));
  return select;
}
