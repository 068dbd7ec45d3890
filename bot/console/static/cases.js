/** The list of cases: who looks after one, and how it ended. */

import { el } from "/web/static/dom.js";
import { api } from "./api.js";
import { ask, field } from "./dialogs.js";
import { reveal } from "./reveal.js";
import { attempt, toast } from "./toast.js";

const list = document.getElementById("cases");

list.addEventListener("change", (event) => {
  if (event.target.matches("[data-assign]")) assign(event.target, event.target.value);
});

list.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (button?.matches("[data-reveal]")) return void reveal(button);
  if (button?.matches("[data-mine]")) {
    const line = button.closest("[data-id]");
    if (await assign(button, button.dataset.mine)) {
      line.querySelector("[data-assign]").value = button.dataset.mine;
      button.remove();
    }
  }
  if (button?.matches("[data-close]")) await close(button.closest("[data-id]"));
});

function assign(node, adviser) {
  const id = node.closest("[data-id]").dataset.id;
  return attempt(node, () => api("POST", `cases/${id}/assign`, { adviser: adviser || null }), "已保存");
}

async function close(line) {
  const note = el("textarea", { name: "note", maxlength: 500, required: true });
  const closed = await ask("办结工单", [field("处理结果", note)],
    () => api("POST", `cases/${line.dataset.id}/close`, { note: note.value }), { submit: "办结" });
  if (!closed) return;
  toast("已办结");
  line.remove();
  if (!list.children.length) location.reload();
}
