/** One appointment: its line in a list, and the dialog with all that can be done about it. */

import { el } from "/web/static/dom.js";
import { Dates } from "/web/static/dates.js";
import { api } from "./api.js";
import { ask } from "./dialogs.js";
import { attempt } from "./toast.js";
import { cancelVisit, moveVisit, recordVisit } from "./visits.js";

const dates = new Dates();
const BADGES = { confirmed: "accent", checked_in: "good", no_show: "warn" };

export function visitLine(visit, names, open, withDay = true) {
  return el("li", { class: `line visit-line ${visit.status}` },
    el("button", { type: "button", class: "visit-open", "data-visit": visit.id, click: () => open(visit) },
      el("span", { class: "when" }, withDay ? dates.full(visit.start) : dates.clock(visit.start)),
      el("strong", {}, visit.name), badge(visit, names), ...flags(visit),
      el("span", { class: "small muted about" }, about(visit, names))));
}

/** Shows it as it is now; gives true when something was changed. */
export async function openVisit(id, names) {
  const visit = await attempt(null, () => api("GET", `appointments/${id}`));
  if (!visit) return false;
  let done = false;
  const finish = (button) => {
    done = true;
    button.closest("dialog").close();
  };
  const record = (what, words, primary = false) => el("button", {
    type: "button", class: primary ? "primary" : "", "data-record": what,
    click: async ({ currentTarget: button }) => {
      const problem = button.closest("form").querySelector(".problem");
      problem.hidden = true;
      button.disabled = true;
      try {
        await recordVisit(id, what);
        finish(button);
      } catch (error) {
        problem.textContent = error instanceof TypeError ? "网络断开了，请稍后再试。" : error.message;
        problem.hidden = false;
      } finally {
        button.disabled = false;
      }
    },
  }, words);
  const change = (work, words, kind = "") => el("button", {
    type: "button", class: kind,
    click: async ({ currentTarget: button }) => {
      if (await attempt(button, () => work(id))) finish(button);
    },
  }, words);
  const coming = visit.status === "confirmed";
  const actions = [
    visit.needs_approval && coming ? record("approve", "确认预约", true) : null,
    coming || visit.status === "no_show" ? record("check-in", "到店", !visit.needs_approval) : null,
    coming || ["checked_in", "no_show"].includes(visit.status) ? record("complete", "完成", visit.status === "checked_in") : null,
    coming ? record("no-show", "未到店") : null,
    coming ? change(moveVisit, "改期") : null,
    coming ? change(cancelVisit, "取消预约", "danger") : null,
  ];
  const phone = el("span", { "data-phone-shown": true }, visit.phone);
  const fields = [
    el("p", {}, badge(visit, names), ...flags(visit)),
    visit.needs_new_time ? el("p", { class: "problem" }, "原来的资源停用了，请联系客户改一个时间。") : null,
    visit.needs_approval ? el("p", { class: "problem" }, "这位客户多次没有到店，请打电话确认后再点“确认预约”。") : null,
    el("dl", { class: "facts" },
      ...fact("时间", `${dates.full(visit.start)}–${dates.clock(visit.end)}`), ...fact("内容", about(visit, names)),
      ...fact("门店", names.name(visit.store)), ...fact("安排", visit.resource_names.join("、")),
      ...fact("车牌", visit.plate), ...fact("里程", visit.mileage != null && `${visit.mileage} 公里`),
      ...fact("预约码", visit.code), ...fact("客户", visit.promised_at && `${dates.full(visit.promised_at)} 说会来`)),
    el("p", { class: "row" }, "电话 ", phone, el("button", { type: "button", class: "quiet", click: (event) => show(event.currentTarget) }, "显示号码")),
    visit.reached || !coming ? null : el("p", { class: "small muted" }, "客户没有对话也没有邮箱，消息发不到，有变化要打电话。"),
    visit.conversation_id ? el("p", {}, el("a", { class: "target", href: `/console/conversations/${visit.conversation_id}` }, "看对话")) : null,
    el("div", { class: "row actions" }, ...actions),
  ].filter(Boolean);
  await ask(visit.name, fields, () => undefined, { submitless: true });
  return done;

  async function show(button) {
    const answer = await attempt(button, () => api("POST", `appointments/${id}/reveal`, {}));
    if (!answer) return;
    phone.replaceWith(el("a", { href: `tel:${answer.phone}`, class: "target" }, answer.phone));
    button.remove();
  }
}

export function about(visit, names) {
  const items = visit.items.map((item) => names.name(item)).join("、");
  return [names.words.kinds[visit.kind], names.name(visit.model), items].filter(Boolean).join(" · ");
}

function badge(visit, names) {
  return el("span", { class: `badge ${BADGES[visit.status] ?? ""}` }, names.words.statuses[visit.status]);
}

function flags(visit) {
  return [
    visit.needs_new_time ? el("span", { class: "badge danger" }, "需要改时间") : null,
    visit.needs_approval ? el("span", { class: "badge warn" }, "待确认") : null,
  ];
}

function fact(label, value) {
  return value ? [el("div", {}, el("dt", {}, label), el("dd", {}, value))] : [];
}
