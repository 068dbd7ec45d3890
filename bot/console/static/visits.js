/** Booking, moving, cancelling and recording visits, in dialogs; used by the card and by the board. */

import { el } from "/web/static/dom.js";
import { Dates } from "/web/static/dates.js";
import { api } from "./api.js";
import { ask, choice, field } from "./dialogs.js";
import { catalogue } from "./catalogue.js";
import { SlotPicker } from "./slots.js";
import { toast } from "./toast.js";

const dates = new Dates();
const RECORDED = { "check-in": "已登记到店", complete: "已登记完成", "no-show": "已登记未到店", approve: "已确认预约" };

/** A new visit. `who`: {customer, conversation, name, phone (masked), kind, store, day}. Gives the appointment. */
export async function bookVisit(who = {}) {
  const names = await catalogue();
  const models = names.models.map((model) => [model.id, model.name]);
  const kind = choice("kind", Object.entries(names.words.kinds), who.kind ?? "test_drive");
  const store = choice("store", names.stores.map((each) => [each.id, each.name]), who.store);
  const model = choice("model", [["", "请选择"], ...models], who.model ?? "");
  const adviser = choice("adviser", [["", "不指定"]]);
  const jobs = el("fieldset", { class: "jobs" }, el("legend", {}, "项目"),
    ...names.jobs.map((job) => el("label", { class: "check" },
      el("input", { type: "checkbox", name: "items", value: job.id }), `${job.name}（${job.minutes} 分钟）`)));
  const plate = field("车牌（可不填）", el("input", { name: "plate", maxlength: 20, value: who.plate ?? "", autocomplete: "off" }));
  const known = Boolean(who.customer);
  const phone = el("input", {
    name: "phone", type: "tel", inputmode: "numeric", maxlength: 20, autocomplete: "off", required: !known,
    placeholder: known ? `${who.phone}（用登记的号码）` : "11 位手机号",
  });
  const items = () => [...jobs.querySelectorAll("input:checked")].map((box) => box.value);
  const wish = () => {
    const wanted = { kind: kind.value, store: store.value, ...(model.value && { model: model.value }) };
    if (adviser.value) wanted.adviser = adviser.value;
    if (kind.value === "test_drive") return model.value ? wanted : null;
    return items().length ? { ...wanted, items: items().join(",") } : null;
  };
  const picker = new SlotPicker(wish, who.day ?? names.today, names.today);
  const refresh = () => {
    const service = kind.value === "service";
    jobs.hidden = !service;
    plate.hidden = !service;
    model.required = !service;
    picker.load();
  };
  const staffChoices = () => {
    const role = kind.value === "service" ? "technician" : "sales_adviser";
    const people = names.resources.filter((each) => each.kind === role && each.store === store.value);
    adviser.replaceChildren(...[["", "不指定"], ...people.map((each) => [each.id, each.name])]
      .map(([value, text]) => el("option", { value }, text)));
  };
  for (const input of [kind, store]) input.addEventListener("change", staffChoices);
  for (const input of [kind, store, model, adviser, jobs]) input.addEventListener("change", refresh);
  staffChoices();
  refresh();
  const request = crypto.randomUUID();
  const fields = [
    el("div", { class: "pair" }, field("业务", kind), field("门店", store)),
    el("div", { class: "pair" }, field("车型", model), field("指定顾问或技师", adviser)),
    jobs, picker.node,
    el("div", { class: "pair" },
      field("姓名", el("input", { name: "name", required: true, maxlength: 80, value: who.name ?? "", autocomplete: "off" })),
      field("手机号", phone)),
    plate,
  ];
  const booked = await ask("新预约", fields, async (form, say) => {
    if (!picker.slot) return void say("请选一个空闲时间。");
    const wanted = wish();
    const given = phone.value.trim();
    return attemptBooking(picker, say, () => api("POST", "appointments", {
      ...wanted, items: items(), store: picker.slot.store, start: picker.slot.start, name: form.elements.name.value,
      request_id: request + picker.slot.start, ...(given ? { phone: given } : { customer_id: who.customer }),
      ...(who.conversation && { conversation_id: who.conversation }),
      ...(kind.value === "service" && form.elements.plate.value.trim() && { plate: form.elements.plate.value.trim() }),
    }));
  }, { submit: "预约" });
  if (booked) toast(`已预约 ${dates.full(booked.start)}，预约码 ${booked.code}`);
  return booked;
}

/** Another time, or another store, for a visit. */
export async function moveVisit(id) {
  const [names, visit] = await Promise.all([catalogue(), api("GET", `appointments/${id}`)]);
  const store = choice("store", names.stores.map((each) => [each.id, each.name]), visit.store);
  const wish = () => ({
    kind: visit.kind, store: store.value, ...(visit.model && { model: visit.model }),
    ...(visit.items.length && { items: visit.items.join(",") }),
  });
  const day = visit.start.slice(0, 10) < names.today ? names.today : visit.start.slice(0, 10);
  const picker = new SlotPicker(wish, day, names.today);
  store.addEventListener("change", () => picker.load());
  picker.load();
  const fields = [
    el("p", {}, `${visit.name} · 现在是 ${dates.full(visit.start)}，${names.name(visit.store)}`),
    field("门店", store), picker.node,
  ];
  const moved = await ask("改期", fields, async (_, say) => {
    if (!picker.slot) return void say("请选一个空闲时间。");
    return attemptBooking(picker, say, () => api("POST", `appointments/${id}/move`, { start: picker.slot.start, store: picker.slot.store }));
  }, { submit: "改到这个时间" });
  if (moved) toast(`已改到 ${dates.full(moved.start)}`);
  return moved;
}

export async function cancelVisit(id) {
  const [names, visit] = await Promise.all([catalogue(), api("GET", `appointments/${id}`)]);
  const words = `${visit.name}，${dates.full(visit.start)}，${names.words.kinds[visit.kind]}。${told(visit)}时间会让给别人。`;
  const cancelled = await ask("取消这个预约？", [el("p", {}, words)], () => api("POST", `appointments/${id}/cancel`, {}),
    { submit: "取消预约", danger: true });
  if (cancelled) toast(visit.reached ? "已取消" : `已取消，请打电话告知${visit.name}`);
  return cancelled;
}

function told({ reached }) {
  return reached ? "取消后客户会收到通知，" : "客户没有对话也没有邮箱，收不到通知，取消后请打电话告知。";
}

/** `what`: check-in, complete, no-show or approve. */
export async function recordVisit(id, what) {
  const recorded = await api("POST", `appointments/${id}/${what}`, {});
  toast(RECORDED[what]);
  return recorded;
}

/** A refused time is told in the words of the trade, with what is possible instead to choose from. */
async function attemptBooking(picker, say, work) {
  try {
    return await work();
  } catch (error) {
    const { reason, alternatives } = error.body ?? {};
    if (!reason) throw error;
    const names = await catalogue();
    picker.slot = null;
    say(`约不了：${names.words.refusals[reason] ?? error.message}。`);
    if (alternatives?.length) picker.show(alternatives, "可以换成：");
    return undefined;
  }
}
