/** A resource drops out, or comes back: who is affected, and who has to be called. */

import { el } from "/web/static/dom.js";
import { Dates } from "/web/static/dates.js";
import { api } from "./api.js";
import { visitLine } from "./board_visit.js";
import { ask, choice, field } from "./dialogs.js";
import { catalogue } from "./catalogue.js";
import { toast } from "./toast.js";
import { moveVisit } from "./visits.js";

const dates = new Dates();

/** Gives true when a resource was taken out of use. */
export async function beginOutage(store, day) {
  const names = await catalogue();
  const select = choice("resource", names.resources.filter((each) => each.store === store)
    .map((each) => [each.id, `${names.words.resource_kinds[each.kind]} · ${each.name}`]));
  const { opens, closes } = names.stores.find((each) => each.id === store).service;
  const moment = (name, clock) => el("input", { type: "datetime-local", name, required: true, step: 900, value: `${day}T${clock}` });
  const fields = [
    field("停用什么", select),
    el("div", { class: "pair" }, field("从", moment("start", opens)), field("到", moment("end", closes))),
    field("原因", el("input", { name: "reason", maxlength: 200, placeholder: "例如：送修、请假", autocomplete: "off" })),
    el("p", { class: "small muted" }, "受影响的预约会尽量换到别的资源，换不了的会请客户改时间。"),
  ];
  const done = await ask("登记停用", fields, ({ elements }) => api("POST", "outages", {
    resource: select.value, start: elements.start.value, end: elements.end.value, reason: elements.reason.value,
  }), { submit: "停用" });
  if (!done) return false;
  await tell(done, names);
  return true;
}

/** Gives true when it came back. */
export async function endOutage(outage) {
  const done = await ask("提前恢复？", [el("p", {}, `${outage.resource_name} 从现在起可以再用。`)],
    () => api("DELETE", `outages/${outage.id}`), { submit: "恢复" });
  if (done) toast(done.restored.length ? `已恢复，${done.restored.length} 个预约回到原来的时间` : "已恢复");
  return Boolean(done);
}

function tell(done, names) {
  const list = (title, visits, words) => (visits.length ? [el("h3", {}, `${title}（${visits.length}）`), el("p", { class: "small muted" }, words),
    el("ul", { class: "lines" }, ...visits.map((visit) => el("li", { class: "affected" },
      visitLine(visit, names, () => moveVisit(visit.id)),
      done.to_call.includes(visit.id) ? el("p", { class: "small problem" }, "消息发不到，请打电话") : null,
      done.new_times[visit.id]?.length ? el("p", { class: "small" }, `${done.to_call.includes(visit.id) ? "可以改到" : "给了客户"}：${done.new_times[visit.id].map((slot) => dates.full(slot.start)).join("、")}`) : null)))] : []);
  const parts = [
    ...list("需要改时间", done.to_rebook, "原来的时间没有别的资源可以用。点一个可以帮客户改期。"),
    ...list("客户已经在店", done.on_site, "请当面安排。"),
    ...list("已换资源", done.moved, "时间不变，不用通知客户。"),
  ];
  const nobody = [el("p", {}, done.already_out ? "这段时间本来就停用了。" : "没有预约受影响。")];
  return ask(`${done.outage.resource_name} 已停用`, parts.length ? parts : nobody, () => undefined, { submitless: true });
}
