/** The list of leads: states, who looks after them, notes, and new ones. */

import { el } from "/web/static/dom.js";
import { api } from "./api.js";
import { catalogue } from "./catalogue.js";
import { ask, choice, field } from "./dialogs.js";
import { reveal } from "./reveal.js";
import { attempt } from "./toast.js";

const list = document.getElementById("leads");

list.addEventListener("change", (event) => {
  const { field: name } = event.target.dataset;
  if (!name) return;
  const before = [...event.target.options].find((option) => option.defaultSelected)?.value ?? "";
  attempt(event.target, () => change(event.target, { [name]: event.target.value }), "已保存").then((saved) => {
    if (!saved) return void (event.target.value = before);
    for (const option of event.target.options) option.defaultSelected = option.selected;
  });
});

list.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (button?.matches("[data-reveal]")) return void reveal(button);
  if (!button?.matches("[data-note]")) return;
  const text = el("textarea", { name: "note", maxlength: 500 });
  text.value = button.dataset.note;
  const saved = await ask("备注", [field("备注", text)], () => change(button, { note: text.value }));
  if (saved) location.reload();
});

document.getElementById("new-lead").addEventListener("click", async () => {
  const names = await attempt(null, catalogue);
  if (!names) return;
  const note = el("textarea", { name: "note", maxlength: 500 });
  const fields = [
    field("手机号", el("input", { name: "phone", type: "tel", inputmode: "numeric", required: true, maxlength: 20, autocomplete: "off" })),
    field("姓名", el("input", { name: "name", maxlength: 80, autocomplete: "off" })),
    field("感兴趣的车型", choice("model", [["", "还不确定"], ...names.models.map((model) => [model.id, model.name])], "")),
    field("备注", note),
  ];
  const saved = await ask("登记线索", fields, ({ elements }) => api("POST", "leads", {
    phone: elements.phone.value, name: elements.name.value, model: elements.model.value, note: note.value,
  }));
  if (saved) location.assign("/console/leads");
});

function change(node, what) {
  return api("PATCH", `leads/${node.closest("[data-id]").dataset.id}`, what);
}
