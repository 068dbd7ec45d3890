/** The customer's card: shows and refreshes it, reveals the number, and changes and books right there. */

import { el } from "/web/static/dom.js";
import { api } from "./api.js";
import { ask, choice, field } from "./dialogs.js";
import { attempt, toast } from "./toast.js";
import { bookVisit, cancelVisit, moveVisit } from "./visits.js";

const STYLES = "/console/static/card.css";

/** Shows the card of a conversation in `node`; called again it shows another one, or the same one anew. */
export function showCard(node, conversationId) {
  return load(node, `/console/conversations/${encodeURIComponent(conversationId)}/card`);
}

/** The same card anew, where something changed; without a word while that does not work. */
export function refreshCard(node) {
  return node.dataset.src && node.querySelector(".customer-card") ? load(node, node.dataset.src, { quiet: true }) : null;
}

/** Makes the card that the page was served with work. */
export function keepCard(node) {
  style();
  listen(node);
}

const drawn = new WeakMap(); // what the server sent last, by node
const turns = new WeakMap();

async function load(node, source, { quiet = false } = {}) {
  const turn = (turns.get(node) ?? 0) + 1;
  turns.set(node, turn);
  style();
  listen(node);
  const open = [...node.querySelectorAll("details[open] > summary")].map((each) => each.textContent);
  if (node.dataset.src !== source || !node.querySelector(".customer-card")) node.replaceChildren(el("p", { class: "muted", role: "status" }, "正在加载客户资料…"));
  node.dataset.src = source;
  node.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(source, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (response.redirected) return void location.assign(`/console/login?next=${encodeURIComponent(location.pathname)}`);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const card = page.querySelector(".customer-card");
    if (node.dataset.src !== source) return;
    if (!response.ok || !card) throw new Error("没有这位客户的资料");
    if (quiet && (turns.get(node) !== turn || drawn.get(node) === card.outerHTML)) return;
    drawn.set(node, card.outerHTML);
    const old = node.querySelector(".customer-card");
    const focused = node.contains(document.activeElement) && document.activeElement.textContent;
    node.replaceChildren(document.adoptNode(card));
    keepShown(old, card);
    for (const each of node.querySelectorAll("details > summary")) each.parentElement.open = open.includes(each.textContent);
    if (focused) [...node.querySelectorAll("a, button, summary")].find((each) => each.textContent === focused)?.focus();
  } catch (error) {
    if (node.dataset.src !== source || quiet) return;
    const words = error instanceof TypeError ? "网络断开了，客户资料没有加载出来。" : "客户资料没有加载出来。";
    node.replaceChildren(el("p", { class: "problem" }, words), el("button", { type: "button", click: () => load(node, source) }, "再试一次"));
  } finally {
    node.removeAttribute("aria-busy");
  }
}

/** A number that was revealed stays readable. */
function keepShown(old, card) {
  const shown = old?.querySelector("a[data-phone-shown]");
  if (!shown || old.dataset.phone !== card.dataset.phone || old.dataset.customer !== card.dataset.customer) return;
  card.querySelector("[data-phone-shown]")?.replaceWith(shown);
  card.querySelector("[data-reveal]")?.remove();
}

function style() {
  if (document.querySelector(`link[href="${STYLES}"]`)) return;
  document.head.append(el("link", { rel: "stylesheet", href: STYLES }));
}

function listen(node) {
  if (node.dataset.listens) return;
  node.dataset.listens = "yes";
  node.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    const card = node.querySelector(".customer-card");
    if (!button || !card) return;
    const action = ACTIONS.find(([selector]) => button.matches(selector));
    if (!action) return;
    const done = await attempt(button, () => action[1](card, button));
    if (done && done !== KEPT) await load(node, node.dataset.src);
  });
}

const KEPT = Symbol("the card stays as it is");
const ACTIONS = [
  ["[data-reveal]", reveal],
  ["[data-book]", book],
  ["[data-move]", (_, button) => moveVisit(button.dataset.move)],
  ["[data-cancel]", (_, button) => cancelVisit(button.dataset.cancel)],
  ["[data-edit]", edit],
  ["[data-adopt]", adopt],
  ["[data-link]", link],
  ["[data-vehicle]", vehicle],
  ["[data-wechat-code]", wechatCode],
  ["[data-erase]", erase],
];

async function reveal(card, button) {
  const { customer, conversation } = card.dataset;
  const { phone } = await api("POST", customer ? `customers/${customer}/reveal` : `conversations/${conversation}/reveal`, {});
  card.querySelector("[data-phone-shown]").replaceWith(el("a", { href: `tel:${phone}`, class: "target", "data-phone-shown": true }, phone));
  button.remove();
  return KEPT;
}

/** Everything about the customer goes; the last four digits are typed so that it is no slip. */
async function erase(card) {
  const digits = el("input", { name: "digits", inputmode: "numeric", pattern: "\\d{4}", maxlength: 4, required: true, autocomplete: "off" });
  const force = el("input", { name: "force", type: "checkbox" });
  const fields = [
    el("p", {}, "客户的对话、文件、车辆和联系方式都会删除，预约和工单只留下不含姓名的记录。删除后无法恢复。"),
    field("输入手机号后四位", digits),
    el("label", { class: "row" }, force, "未到店的预约和未办结的工单一并删除"),
  ];
  const gone = await ask("删除全部资料", fields,
    () => api("POST", `customers/${card.dataset.customer}/erase`, { last_digits: digits.value, force: force.checked }),
    { submit: "删除", danger: true });
  if (gone) location.href = "/console/customers";
  return KEPT;
}

function adopt(card, button) {
  const { conversation, name } = card.dataset;
  const { adopt: message } = button.dataset;
  return api("PUT", `conversations/${conversation}/customer`, { ...(name && { name }), ...(message && { message: Number(message) }) });
}

function book(card) {
  const { customer, conversation, name, phone } = card.dataset;
  const car = card.querySelector("[data-vehicle][data-model]");
  return bookVisit({ customer, conversation, name, phone, plate: car?.dataset.vehicle, model: car?.dataset.model });
}

function edit(card) {
  const { customer, name, email, adviser } = card.dataset;
  const select = choice("adviser", optionsOf(card, "advisers"), adviser);
  const fields = [
    field("姓名", el("input", { name: "name", value: name, maxlength: 80, autocomplete: "off" })),
    field("邮箱", el("input", { name: "email", type: "email", value: email, maxlength: 254, autocomplete: "off" })),
    field("专属顾问", select),
  ];
  return ask("修改资料", fields, (form) => api("PATCH", `customers/${customer}`, {
    name: form.elements.name.value, email: form.elements.email.value, adviser: select.value,
  }));
}

async function link(card) {
  const fields = [
    field("手机号", el("input", { name: "phone", type: "tel", inputmode: "numeric", required: true, maxlength: 20, autocomplete: "off" })),
    field("姓名（可不填）", el("input", { name: "name", maxlength: 80, autocomplete: "off" })),
  ];
  const linked = await ask("这段对话是哪位客户的？", fields, (form) => api("PUT", `conversations/${card.dataset.conversation}/customer`, {
    phone: form.elements.phone.value, name: form.elements.name.value,
  }));
  if (linked) toast("已关联客户");
  return linked;
}

/** A one-time code to tell the customer, who sends it in WeChat; it is shown this once. */
async function wechatCode(card) {
  const { code, expires_at: until } = await api("POST", `customers/${card.dataset.customer}/wechat-code`, {});
  const words = [
    el("p", {}, "请核对身份后，当面或在电话里告诉客户，让客户在公众号里发送："),
    el("p", { class: "link-code" }, `绑定 ${code}`),
    el("p", { class: "small muted" }, `${until.slice(11, 16)} 之前有效，只能用一次；重新生成后旧码作废。`),
  ];
  await ask("微信绑定码", words, () => undefined, { submitless: true });
  return KEPT;
}

function vehicle(card, button) {
  const known = button.dataset;
  const day = (name, value, required) => el("input", { name, type: "date", value: value ?? "", required });
  const km = (name, value) => el("input", { name, type: "number", inputmode: "numeric", min: 0, max: 3000000, value: value ?? "" });
  const fields = [
    field("车牌", el("input", { name: "plate", required: true, maxlength: 20, value: known.vehicle, readonly: Boolean(known.vehicle), autocomplete: "off" })),
    field("车型", choice("model", optionsOf(card, "models"), known.model)),
    field("交车日期", day("delivered", known.delivered, true)),
    field("现在的里程（公里）", km("mileage", known.mileage)),
    el("div", { class: "pair" }, field("上次保养日期", day("last_service_on", known.lastOn)), field("上次保养里程", km("last_service_km", known.lastKm))),
  ];
  const path = (plate) => `customers/${card.dataset.customer}/vehicles/${encodeURIComponent(plate)}`;
  let removed;
  if (known.vehicle) {
    fields.push(el("button", { type: "button", class: "danger", click: async (event) => {
      removed = await attempt(event.currentTarget, () => api("DELETE", path(known.vehicle)), "已移除车辆");
      if (removed) event.target.closest("dialog").close();
    } }, "这辆车不再是他的"));
  }
  const number = (text) => (text === "" ? null : Number(text));
  return ask(known.vehicle ? "修改车辆" : "添加车辆", fields, ({ elements }) => api("PUT", path(elements.plate.value.trim()), {
    model: elements.model.value, delivered: elements.delivered.value, mileage: number(elements.mileage.value),
    last_service_on: elements.last_service_on.value || null, last_service_km: number(elements.last_service_km.value),
  })).then((saved) => saved ?? removed);
}

function optionsOf(card, name) {
  return [...card.querySelector(`template[data-${name}]`).content.querySelectorAll("option")].map((each) => [each.value, each.textContent]);
}
