/** The list of tasks: who does one, and how it ended. */

import { el } from "/web/static/dom.js";
import { api } from "./api.js";
import { ask, choice, field } from "./dialogs.js";
import { reveal } from "./reveal.js";
import { attempt, toast } from "./toast.js";

const list = document.getElementById("tasks");

list.addEventListener("change", (event) => {
  if (event.target.matches("[data-assign]")) assign(event.target, event.target.value);
});

list.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (button?.matches("[data-reveal]")) return void reveal(button);
  if (button?.matches("[data-mine]") && await assign(button, button.dataset.mine)) {
    button.closest("[data-id]").querySelector("[data-assign]").value = button.dataset.mine;
    button.remove();
  }
  if (button?.matches("[data-end]")) await end(button.closest("[data-id]"));
});

function assign(node, assignee) {
  const id = node.closest("[data-id]").dataset.id;
  return attempt(node, () => api("POST", `tasks/${id}/assign`, { assignee: assignee || null }), "已保存");
}

async function end(line) {
  const outcome = choice("outcome", [["", "请选择"], ...JSON.parse(line.dataset.outcomes)], "", { required: true });
  const note = el("textarea", { name: "note", maxlength: 500 });
  const ended = await ask("完成任务", [field("结果", outcome), field("说明（可不填）", note)],
    () => api("POST", `tasks/${line.dataset.id}/end`, { outcome: outcome.value, note: note.value || null }),
    { submit: "完成" });
  if (!ended) return;
  toast("已完成");
  line.remove();
  if (!list.children.length) location.reload();
}
