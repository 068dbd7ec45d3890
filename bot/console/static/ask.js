/** A question before something that others notice; the keyboard's Escape is a no. */

import { el } from "/web/static/dom.js";

/** `await ask("停用这一条？", "停用", {danger: true})` gives true or false. */
export function ask(words, yes, { danger = false, more = "" } = {}) {
  return new Promise((resolve) => {
    const dialog = el("dialog", { "aria-label": words });
    const close = (answer) => {
      dialog.close(answer ? "yes" : "");
    };
    dialog.append(
      el("h2", {}, words),
      more ? el("p", {}, more) : "",
      el(
        "div",
        { class: "row dialog-actions" },
        el("button", { type: "button", class: danger ? "danger" : "primary", click: () => close(true) }, yes),
        el("button", { type: "button", click: () => close(false) }, "取消"),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
