/** The staff: who there is, adding, changing, switching off, new passwords. */

import { api } from "./api.js";
import { clearFaults, submitted } from "./faults.js";
import { attempt, toast } from "./toast.js";
import { el } from "/web/static/dom.js";

const PRESENCE = { online: "在线", away: "离开", offline: "离线" };
const place = document.getElementById("people");
const dialog = document.getElementById("person");
const form = dialog.querySelector("form");
const told = document.getElementById("told");
const sure = document.getElementById("sure");
let editing = null;

async function load() {
  try {
    show(await api("GET", "users"));
  } catch (error) {
    const words = error instanceof TypeError ? "网络断开了，没有读到人员。" : error.message;
    const again = el("button", { type: "button", click: load }, "再试一次");
    place.replaceChildren(el("div", { class: "empty", role: "alert" }, el("p", {}, words), again));
  }
}

function show(users) {
  place.replaceChildren(el("ul", { class: "people" }, ...users.map(row)));
  if (users.length > 1) return;
  const words = "还只有您一个人。点“添加人员”，让顾问们能接待客户。";
  place.append(el("p", { class: "empty" }, words));
}

function row(user) {
  const isMe = user.username === place.dataset.me;
  const name = el("strong", {}, user.name);
  const skills = user.skills.map((id) => el("span", { class: "badge accent" }, wordOf("skills", id)));
  const stores = user.stores.map((id) => wordOf("stores", id)).join("、");
  const talks = place.dataset.talking.split(" ").includes(user.role);
  const presence = talks ? el("span", {}, el("span", { class: `dot ${user.presence}` }), PRESENCE[user.presence]) : null;
  const state = user.active ? presence : el("span", { class: "badge warn" }, "已停用");
  return el(
    "li",
    { class: user.active ? "person" : "person off", "data-username": user.username },
    el("div", { class: "who-is" }, name, el("div", { class: "small muted" }, user.username + (isMe ? "（您）" : ""))),
    el("div", { class: "does" }, wordOf("role", user.role), " ", ...skills, stores && el("div", { class: "small muted" }, stores)),
    el("div", {}, state, talks ? el("div", { class: "small muted" }, burden(user)) : null),
    el("div", { class: "actions" }, ...actions(user, isMe)),
  );
}

function burden(user) {
  const limit = user.conversation_limit ?? place.dataset.usualLimit;
  return user.active ? `对话 ${user.conversations} / ${limit}` : "";
}

function actions(user, isMe) {
  const name = `：${user.name}`;
  const edit = el("button", { type: "button", "aria-label": `修改${name}`, click: () => open(user) }, "修改");
  if (isMe) return [edit, el("a", { class: "button", href: "/console/me" }, "我的账号")];
  const password = el("button", { type: "button", "aria-label": `重置密码${name}`, click: (event) => resetPassword(event.target, user) }, "重置密码");
  const word = user.active ? "停用" : "启用";
  const turn = el("button", { type: "button", class: user.active ? "danger" : "", "aria-label": word + name, click: (event) => turnOver(event.target, user) }, word);
  return [edit, password, turn];
}

function wordOf(name, id) {
  const choice = form.querySelector(`[name="${name}"] option[value="${CSS.escape(id)}"], input[name="${name}"][value="${CSS.escape(id)}"]`);
  return choice?.dataset.word ?? id;
}

function open(user) {
  editing = user;
  form.reset();
  clearFaults(form);
  dialog.querySelector("h2").textContent = user ? `修改：${user.name}` : "添加人员";
  const fields = form.elements;
  fields.username.disabled = Boolean(user);
  if (user) {
    for (const name of ["username", "name", "role", "email", "resource", "conversation_limit"]) fields[name].value = user[name] ?? "";
    for (const name of ["skills", "stores"]) {
      for (const box of form.querySelectorAll(`[name="${name}"]`)) box.checked = user[name].includes(box.value);
    }
  }
  fields.role.disabled = user?.username === place.dataset.me;
  dialog.showModal();
  (user ? fields.name : fields.username).focus();
}

function written() {
  const fields = form.elements;
  const chosen = (name) => [...form.querySelectorAll(`[name="${name}"]:checked`)].map((box) => box.value);
  const limit = fields.conversation_limit;
  const skills = chosen("skills");
  return {
    ...(editing ? {} : { username: fields.username.value.trim() }),
    name: fields.name.value,
    ...(fields.role.disabled ? {} : { role: fields.role.value }),
    email: fields.email.value.trim() || null,
    ...(editing || skills.length ? { skills } : {}),
    stores: chosen("stores"),
    resource: fields.resource.value || null,
    conversation_limit: limit.value === "" && !limit.validity.badInput ? null : limit.valueAsNumber,
  };
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const path = editing ? `users/${encodeURIComponent(editing.username)}` : "users";
  const answer = await submitted(form, () => api(editing ? "PATCH" : "POST", path, written()));
  if (!answer) return;
  dialog.close();
  await load();
  if (answer.password) tell(answer.user, answer.password);
  else toast("已保存");
});

async function resetPassword(button, user) {
  const words = "现在的密码马上失效，这个人在所有设备上都要重新登录。";
  if (!(await asked(`重置 ${user.name} 的密码？`, words, "重置密码"))) return;
  const answer = await attempt(button, () => api("POST", `users/${encodeURIComponent(user.username)}/password`, {}));
  if (answer) tell(user, answer.password);
}

async function turnOver(button, user) {
  const words = `${user.name} 马上退出登录，不能再登录；手上的对话会回到队列。记录都会保留，之后可以再启用。`;
  if (user.active && !(await asked(`停用 ${user.name}？`, words, "停用"))) return;
  const path = `users/${encodeURIComponent(user.username)}`;
  const done = user.active ? "已停用" : "已启用";
  if (await attempt(button, () => api("PATCH", path, { active: !user.active }), done)) await load();
}

function asked(title, words, yes) {
  sure.querySelector("h2").textContent = title;
  sure.querySelector("[data-words]").textContent = words;
  sure.querySelector("[data-yes]").textContent = yes;
  sure.returnValue = "";
  sure.showModal();
  return new Promise((resolve) => {
    sure.addEventListener("close", () => resolve(sure.returnValue === "yes"), { once: true });
  });
}

function tell(user, password) {
  told.querySelector("[data-who]").textContent = `${user.name}（${user.username}）`;
  told.querySelector("[data-password]").textContent = password;
  told.showModal();
}

told.addEventListener("close", () => {
  told.querySelector("[data-password]").textContent = "";
});
told.querySelector("[data-copy]").addEventListener("click", async () => {
  const done = await navigator.clipboard?.writeText(told.querySelector("[data-password]").textContent).then(() => true, () => false);
  toast(done ? "已复制" : "不能自动复制，请选中后复制。", { problem: !done });
});
dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
document.getElementById("add").addEventListener("click", () => open(null));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !document.querySelector("dialog[open]")) load();
});
load();
