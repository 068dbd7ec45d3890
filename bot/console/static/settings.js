/** The forms of the settings: what is written becomes a version of the entry; earlier ones can come back. */

import { api } from "./api.js";
import { submitted } from "./faults.js";
import { attempt, toast } from "./toast.js";
import { el } from "/web/static/dom.js";

const READ = {
  number: (input) => (input.value === "" ? null : input.valueAsNumber),
  decimal: (input) => (input.value === "" ? null : input.valueAsNumber),
  switch: (input) => input.checked,
  date: (input) => input.value || null,
  words: (input) => several(input.value),
  numbers: (input) => several(input.value).map((word) => (/^\d+$/.test(word) ? Number(word) : word)),
};
const PEOPLE = JSON.parse(document.getElementById("page-data").textContent).people;
const EMPTY_IS_NONE = new Set(["lunar"]);

function several(text) {
  return text.split(/[、，,\s]+/u).filter(Boolean);
}

function written(form) {
  const data = {};
  for (const field of form.querySelectorAll("[data-field]")) {
    const { field: path, kind } = field.dataset;
    const names = path.split(".");
    const last = names.pop();
    const place = names.reduce((above, name) => (above[name] ??= {}), data);
    place[last] = valueOf(field, path, kind);
  }
  return data;
}

function valueOf(field, path, kind) {
  if (kind === "weekdays") return [...field.querySelectorAll("input:checked")].map((box) => Number(box.value));
  const input = field.querySelector("input, select, textarea");
  const value = READ[kind]?.(input) ?? (kind in READ ? null : input.value.trim());
  return value === "" && EMPTY_IS_NONE.has(path) ? null : value;
}

const address = (id) => `dealership/${encodeURIComponent(id)}`;

for (const form of document.querySelectorAll("form[data-entry]")) {
  form.addEventListener("input", () => (form.dataset.changed = "yes"));
  form.addEventListener("submit", (event) => save(event, form));
  form.querySelector("[data-remove]")?.addEventListener("click", (event) => remove(event.target, form));
}

async function save(event, form) {
  event.preventDefault();
  const body = { data: written(form), version: Number(form.dataset.version) };
  const answer = await submitted(form, () => put(form.dataset.entry, body), inLabels(form));
  if (!answer) return;
  const isNew = answer.version !== Number(form.dataset.version);
  showSaved(form, answer);
  toast(isNew ? "已保存，马上生效" : "没有变化");
}

/** Saves it; who was faster is named where that is known. */
async function put(id, body) {
  try {
    return await api("PUT", address(id), body);
  } catch (error) {
    if (error.status === 409) error.message = body.version ? await whoWasFaster(id) : "这个名称已经有了，请换一个。";
    throw error;
  }
}

async function whoWasFaster(id) {
  const [newest] = await api("GET", `${address(id)}/history`).catch(() => []);
  const who = newest ? `${authorOf(newest)} 在 ${when(newest.created_at)} 改过` : "这里刚刚有人改过";
  return `没有保存：${who}。您填的还在；刷新页面可以看到最新的，再改一次。`;
}

function authorOf({ author }) {
  return author === "file" ? "内容文件" : PEOPLE[author] ?? author;
}

/** Words that name fields as the files do, with the labels of the form instead. */
function inLabels(form) {
  const labels = new Map();
  for (const { dataset } of form.querySelectorAll("[data-field]")) {
    labels.set(dataset.field, dataset.label);
    labels.set(dataset.field.split(".").pop(), dataset.label);
  }
  return (words) => words.replace(/[a-z_]+(\.[a-z_]+)*/g, (name) => labels.get(name) ?? name);
}

function showSaved(form, answer) {
  form.dataset.version = answer.version;
  delete form.dataset.changed;
  form.querySelector("[data-state]").textContent = `刚刚保存（第 ${answer.version} 版）`;
  const out = form.querySelector("[data-out]");
  out.hidden = answer.out_of_rules.length === 0;
  if (!out.hidden) {
    const lines = answer.out_of_rules.map((each) => el("li", {}, `预约码 ${each.code}，${when(each.start)}：${each.reason}`));
    const link = el("a", { href: "/console/appointments" }, "去看预约");
    const words = `有 ${lines.length} 个已约好的预约不符合新的设置。它们保持不变，需要的话请联系客户。`;
    out.replaceChildren(el("p", {}, words), el("ul", {}, ...lines), link);
  }
  const history = form.parentElement.querySelector("[data-history]");
  if (history.open) showHistory(history);
}

async function remove(button, form) {
  if (!confirm(`删除“${button.dataset.remove}”？马上生效。`)) return;
  if (await attempt(button, () => api("DELETE", address(form.dataset.entry)))) location.reload();
}

for (const form of document.querySelectorAll("form[data-id-field]")) {
  form.addEventListener("input", () => (form.dataset.changed = "yes"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = form.elements[form.dataset.idField].value.trim();
    const id = `${form.dataset.kind}:${name}`;
    const answer = await submitted(form, () => put(id, { data: written(form), version: 0 }), inLabels(form));
    if (!answer) return;
    delete form.dataset.changed;
    location.reload();
  });
}

for (const history of document.querySelectorAll("[data-history]")) {
  history.addEventListener("toggle", () => history.open && showHistory(history));
}

async function showHistory(history) {
  const place = history.querySelector("[data-versions]");
  place.replaceChildren(el("p", { class: "muted" }, "正在读取……"));
  try {
    const versions = await api("GET", `${address(history.dataset.history)}/history`);
    const form = history.parentElement.querySelector("form");
    place.replaceChildren(el("ul", { class: "versions" }, ...versions.map((each, at) => line(form, history, each, versions[at + 1]))));
  } catch (error) {
    const words = error instanceof TypeError ? "网络断开了，没有读到。" : error.message;
    place.replaceChildren(el("p", { class: "problem" }, words));
  }
}

function line(form, history, version, before) {
  const heading = `第 ${version.version} 版，${authorOf(version)}，${when(version.created_at)}${version.note ? `，${version.note}` : ""}`;
  const isNow = version.version === Number(form.dataset.version);
  const back = (event) => restore(event.target, form, version.version);
  const canReturn = !isNow && version.status === "approved";
  return el(
    "li",
    {},
    el("div", { class: "changes" }, el("div", {}, heading), ...changes(form, version.data, before?.data)),
    isNow ? el("span", { class: "badge good" }, "现在使用") : canReturn && el("button", { type: "button", click: back }, "恢复这一版"),
  );
}

function changes(form, data, before) {
  if (!before) return [];
  const old = flat(before);
  const fields = new Map([...form.querySelectorAll("[data-field]")].map((field) => [field.dataset.field, field]));
  const changed = Object.entries(flat(data)).filter(([path, value]) => value !== old[path]);
  const known = changed.filter(([path]) => fields.has(path));
  const lines = known.map(([path, value]) => {
    const field = fields.get(path);
    return el("div", { class: "small" }, `${field.dataset.label}：${inWords(field, old[path])} → ${inWords(field, value)}`);
  });
  return known.length < changed.length ? [...lines, el("div", { class: "small" }, "其他内容也有改动")] : lines;
}

/** A value as the form shows it: names of choices, days of the week, yes and no. */
function inWords(field, text) {
  if (field.dataset.kind === "switch") return text === "true" ? "是" : "否";
  if (!text) return "空";
  if (field.dataset.kind === "choice") return [...field.querySelectorAll("option")].find(({ value }) => value === text)?.textContent ?? text;
  if (field.dataset.kind !== "weekdays") return text;
  const names = new Map([...field.querySelectorAll("input")].map((box) => [box.value, box.closest("label").textContent]));
  return text.split("、").map((day) => names.get(day) ?? day).join("、");
}

function flat(data, above = "") {
  return Object.entries(data ?? {}).reduce((found, [name, value]) => {
    if (value && typeof value === "object" && !Array.isArray(value)) return { ...found, ...flat(value, `${above}${name}.`) };
    const text = Array.isArray(value) ? value.map((each) => (typeof each === "object" ? JSON.stringify(each) : each)).join("、") : String(value ?? "");
    return { ...found, [above + name]: text.replace(/^(\d\d:\d\d):00$/, "$1") };
  }, {});
}

async function restore(button, form, version) {
  const body = { version, seen: Number(form.dataset.version) };
  const answer = await attempt(button, () => api("POST", `${address(form.dataset.entry)}/rollback`, body));
  if (!answer) return;
  delete form.dataset.changed;
  location.reload();
}

function when(text) {
  const moment = new Date(text);
  const part = new Intl.DateTimeFormat("zh-CN", { weekday: "short", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "Asia/Shanghai" });
  const found = Object.fromEntries(part.formatToParts(moment).map(({ type, value }) => [type, value]));
  return `${found.weekday} ${found.month}月${found.day}日 ${found.hour}:${found.minute}`;
}

addEventListener("beforeunload", (event) => {
  if (document.querySelector("form[data-changed]")) event.preventDefault();
});
