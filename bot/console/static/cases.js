/** The list of cases: who looks after one, and how it ended. */

import { el } from "/web/static/dom.js";
import { api } from "./api.js";
import { ask, choice, field } from "./dialogs.js";
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
  if (button?.matches("[data-progress]")) await progress(button.closest("[data-id]"));
  if (button?.matches("[data-close]")) await close(button.closest("[data-id]"));
});

function assign(node, adviser) {
  const id = node.closest("[data-id]").dataset.id;
  return attempt(node, () => api("POST", `cases/${id}/assign`, { adviser: adviser || null }), "已保存");
}

async function close(line) {
  const outcome = choice("outcome", [["", "请选择"], ...JSON.parse(line.dataset.outcomes)], "", { required: true });
  const note = el("textarea", { name: "note", maxlength: 500, required: true });
  const closed = await ask("办结工单", [field("结果", outcome), field("说明", note)],
    () => api("POST", `cases/${line.dataset.id}/close`, { outcome: outcome.value, note: note.value }),
    { submit: "办结" });
  if (!closed) return;
  toast("已办结");
  line.remove();
  if (!list.children.length) location.reload();
}

async function progress(line) {
  const steps = [["dispatched", "已派车"], ["arrived", "已到现场"], ["towing", "拖车回店"]];
  const step = choice("step", steps, "dispatched");
  const minutes = el("input", { name: "minutes", type: "number", min: 1, max: 1440, inputmode: "numeric" });
  const told = await ask("告诉客户救援进展", [field("进展", step), field("几分钟后到（可不填）", minutes)],
    () => api("POST", `cases/${line.dataset.id}/progress`,
      { step: step.value, minutes: step.value === "dispatched" && minutes.value ? Number(minutes.value) : null }),
    { submit: "告诉客户" });
  if (told) location.reload();
}
