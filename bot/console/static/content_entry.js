/** The page of one answer, template or standard reply: edit with a live preview, publish or propose, approve, roll back, retire. */

import { api } from "./api.js";
import { ask } from "./ask.js";
import { ContentForm } from "./content_form.js";
import { compared, draftWords, historyLines, notice } from "./content_history.js";
import { authorOf, badges, dates } from "./content_words.js";
import { Preview } from "./content_preview.js";
import { LivePreview } from "./live_preview.js";
import { data } from "./page_data.js";
import { attempt, toast } from "./toast.js";
import { showTry } from "./try.js";
import { el } from "/web/static/dom.js";

const at = (id) => document.getElementById(id);
const address = (id) => `${data.path}/${encodeURIComponent(id)}`;
const standard = data.path === "standard-replies";
const LIVE = standard ? "同事马上可以用。" : "客户马上会看到。";
const SAID = "content:said"; // words for the page that comes next
const RETIRED = {
  faq: "助手不再回答它，也不再列为选项。随时可以恢复。",
  templates: "对话说到这里时，客户会听到“没能处理好”之类的话，并转给人工。",
  "standard-replies": "顾问不再找得到它。随时可以恢复。",
};
const form = new ContentForm(at("form"), changed);
const preview = new LivePreview(form);
let entry = null;
let versions = [];
let seen = 0; // the version that the words in the form come from
let saving = false;

async function load({ keepForm = false } = {}) {
  try {
    [entry, versions] = await Promise.all([api("GET", address(data.id)), api("GET", `${address(data.id)}/history`)]);
  } catch (error) {
    const words = error instanceof TypeError ? "网络断开了，连上后再试。" : error.message;
    at("state").hidden = false;
    at("state").replaceChildren(el("p", { class: "problem" }, words), el("button", { type: "button", click: () => load() }, "重试"));
    return;
  }
  at("state").hidden = true;
  at("editor").hidden = at("history-card").hidden = false;
  describe();
  if (!keepForm || !form.isDirty) edit(ownDraft() ?? entry);
}

function head() {
  return Math.max(entry.status === "draft" ? 0 : entry.version, 0, ...versions.filter(({ status }) => status === "approved").map(({ version }) => version));
}

function drafts() {
  return versions.filter(({ status }) => status === "draft");
}

function ownDraft() {
  return drafts().find(({ author, version }) => author === data.username && version > head() && !data.may_approve);
}

/** Puts the words of a version into the form. */
function edit(version) {
  seen = version.status === "draft" ? version.version : head();
  form.fill(version);
  changed();
}

function changed() {
  const dirty = form.isDirty;
  at("dirty").textContent = dirty ? "有未保存的修改" : "";
  at("undo").hidden = !dirty || !data.id;
  at("form-problem").hidden = true;
  preview.update();
}

function describe() {
  at("heading").textContent = entry.title || "助手话术";
  at("badges").replaceChildren(
    ...badges(entry).filter(Boolean),
    el("span", { class: "muted small" }, `${entry.id} · 第 ${entry.version} 版 · ${authorOf(entry.author)} · ${dates.full(entry.updated_at)}`),
  );
  const retired = entry.status === "retired";
  at("publish").disabled = retired && data.may_approve;
  at("entry-actions").replaceChildren(data.may_approve && entry.status !== "draft" ? (retired ? restoreButton() : retireButton()) : "");
  at("notices").replaceChildren(...notices());
  at("history").replaceChildren(...historyLines(versions, entry, rollBack, data.may_approve));
}

function notices() {
  const found = [];
  if (entry.status === "retired") found.push(notice("warn", `这一条已停用，${standard ? "同事找不到" : "客户看不到"}。要改，先恢复使用，或者存为草稿。`, null));
  found.push(...drafts().map(draftNotice));
  for (const version of entry.planned) {
    found.push(notice("", `第 ${version.version} 版定好了时间：${dates.full(version.valid_from)} 生效。`, difference(version, false), withdrawButton(version, "撤下")));
  }
  const planned = entry.planned.some(({ version }) => version === entry.version);
  if (entry.valid_until && entry.status === "approved" && !planned) {
    found.push(notice("", `现在用的是临时内容，${dates.full(entry.valid_until)} 后回到原来的。`, null, withdrawButton(entry, "提前结束")));
  }
  return found;
}

function draftNotice(draft) {
  const mine = draft.author === data.username;
  const load = el("button", { type: "button", click: () => loadDraft(draft) }, "放进表单修改");
  const approve = el("button", { type: "button", class: "primary", click: (event) => approveDraft(draft, event.currentTarget) }, "批准发布");
  const actions = data.may_approve ? [approve, load, withdrawButton(draft, "退回")] : mine ? [load] : [];
  const inside = el("div", {}, data.may_approve ? shownAs(draft) : null, entry.status === "draft" ? null : difference(draft));
  return notice("accent", draftWords(draft), inside, ...actions);
}

/** What a customer would see of a draft, for whoever decides about it. */
function shownAs(draft) {
  const place = el("div", { class: "preview", "data-draft": draft.version });
  const names = ["title", "category", "shortcut", "answer", "text", "questions", "channels", "buttons"];
  const body = Object.fromEntries(names.filter((name) => name in draft).map((name) => [name, draft[name]]));
  api("POST", `${address(data.id)}/preview`, body)
    .then(({ text, buttons }) => new Preview(place).show(text, buttons, standard ? data.declared.adviser.example : null))
    .catch(() => place.replaceChildren(el("p", { class: "muted small" }, "预览暂时打不开。")));
  return el("details", { open: true }, el("summary", {}, "客户看到的样子"), place);
}

function difference(version, open = true) {
  return el("details", { open }, el("summary", {}, "和现在的不同"), compared(entry, version));
}

async function loadDraft(draft) {
  if (form.isDirty && !(await ask("放弃表单里没有保存的修改？", "放弃修改", { danger: true }))) return;
  edit(draft);
  at("form").scrollIntoView({ block: "start" });
}

async function approveDraft(draft, button) {
  const body = { version: draft.version, seen: head() };
  await attempt(button, async () => {
    try {
      await api("POST", `${address(data.id)}/approve`, body);
    } catch (error) {
      if (error.status !== 409) throw error;
      await load({ keepForm: true });
      const still = drafts().some(({ version }) => version === draft.version);
      const more = "这份草稿写好以后，又发布过新的内容。批准后，新内容会被草稿代替；请先看一下不同。";
      if (!still) throw error;
      if (!(await ask("仍然批准这份草稿？", "仍然批准", { danger: true, more }))) return;
      await api("POST", `${address(data.id)}/approve`, { version: draft.version, seen: head(), force: true });
    }
    toast(`已批准，${LIVE}`);
    await load({ keepForm: true });
  });
}

function actionButton(words, path, body, { question = "", more = "", done, danger = false }) {
  const work = async (event) => {
    const button = event.currentTarget;
    if (question && !(await ask(question, words, { danger, more }))) return;
    await attempt(button, async () => {
      const answer = await api("POST", `${address(data.id)}/${path}`, body());
      toast(done);
      for (const words of answer.warnings ?? []) toast(words, { problem: true });
      await load({ keepForm: true });
    });
  };
  return el("button", { type: "button", class: danger ? "danger" : "", click: work }, words);
}

function retireButton() {
  return actionButton("停用", "retire", () => ({ seen: head() }), { question: "停用这一条？", more: RETIRED[data.path], done: "已停用。", danger: true });
}

function restoreButton() {
  return actionButton("恢复使用", "restore", () => ({ seen: entry.version }), { done: `已恢复，${LIVE}` });
}

function withdrawButton(version, words) {
  if (!data.may_approve) return null;
  return actionButton(words, "retire", () => ({ version: version.version, seen: head() }), { done: `第 ${version.version} 版已撤下。` });
}

async function rollBack(version, button) {
  const more = data.may_approve ? "恢复后马上生效，历史里会多一版。" : "会存成草稿，等有权限的同事批准。";
  if (!(await ask(`恢复第 ${version.version} 版的内容？`, "恢复", { more }))) return;
  await attempt(button, async () => {
    await api("POST", `${address(data.id)}/rollback`, { version: version.version, seen: head() });
    toast(data.may_approve ? `已恢复，${LIVE}` : "已提交，等待审核。");
    await load({ keepForm: true });
  });
}

async function save(draft, button) {
  if (saving) return;
  if (data.id && !form.isDirty && !draft && seen === head()) return toast("内容没有变化，不用保存。");
  saving = button.disabled = true;
  try {
    const note = form.note;
    const body = { ...form.body, version: data.id ? seen : 0, draft, ...(note ? { note } : {}) };
    await saved(await api("PUT", address(form.id), body), draft);
  } catch (error) {
    await refused(error);
  } finally {
    saving = false;
    button.disabled = entry?.status === "retired" && data.may_approve && !draft;
  }
}

async function saved(answer, draft) {
  const waits = draft || !data.may_approve;
  const words = waits ? "草稿已保存，等待审核。" : `已发布，${LIVE}`;
  form.settle();
  if (!data.id) {
    if (data.unanswered && !waits) {
      await api("POST", `unanswered/${data.unanswered}/resolve`, { state: "resolved", note: `faq ${answer.id}` }).catch(() => {});
    }
    sessionStorage.setItem(SAID, JSON.stringify([words, ...answer.warnings]));
    location.assign(`/console/${address(answer.id)}`);
    return;
  }
  toast(words);
  for (const warning of answer.warnings ?? []) toast(warning, { problem: true });
  await load();
}

/** The words stay in the form, whatever the reason. */
async function refused(error) {
  if (error instanceof TypeError) return problem("网络断开了，还没有保存。文字都在，连上后再试一次。");
  if (error.body?.field) {
    const rest = form.showFaults([{ field: error.body.field, message: error.message }]);
    if (rest.length) problem(error.message);
    return form.focusFault();
  }
  if (error.status === 409 && !data.id) return problem("这个编号已经有了，请换一个。");
  if (error.status === 409) return conflict();
  problem(error.message);
}

function problem(words) {
  at("form-problem").textContent = words;
  at("form-problem").hidden = false;
  at("form-problem").scrollIntoView({ block: "nearest" });
}

/** Somebody else was faster: what they wrote beside what stands in the form. */
async function conflict() {
  await load({ keepForm: true });
  if (entry.status === "retired") return problem("这一条刚刚被停用了。文字还在；可以存为草稿，或先恢复使用。");
  const mine = form.body;
  const overwrite = el("button", { type: "button", class: "primary" }, "用我的文字覆盖");
  const leave = el("button", { type: "button" }, "放弃我的，改看最新的");
  const words = `${authorOf(entry.author)} 在您修改时发布了第 ${entry.version} 版。您的文字还在表单里，没有保存。`;
  const inside = el("div", {}, el("p", { class: "small muted" }, "从最新的到您的："), compared(entry, { ...entry, ...mine }));
  const shown = notice("danger", words, inside, overwrite, leave);
  shown.setAttribute("role", "alert");
  overwrite.addEventListener("click", () => {
    seen = head();
    shown.remove();
    save(false, at("publish"));
  });
  leave.addEventListener("click", () => {
    shown.remove();
    edit(entry);
  });
  at("notices").prepend(shown);
  shown.tabIndex = -1;
  shown.focus({ preventScroll: true });
  shown.scrollIntoView({ block: "center" });
}

at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  save(false, at("publish"));
});
at("save-draft")?.addEventListener("click", (event) => save(true, event.currentTarget));
at("undo").addEventListener("click", async () => {
  if (await ask("放弃没有保存的修改？", "放弃修改", { danger: true })) edit(ownDraft() ?? entry);
});
addEventListener("beforeunload", (event) => {
  if (form.isDirty) event.preventDefault();
});
if (at("try")) showTry(at("try"));
if (data.id) {
  const said = JSON.parse(sessionStorage.getItem(SAID) ?? "[]");
  sessionStorage.removeItem(SAID);
  said.forEach((words, index) => toast(words, { problem: index > 0 }));
  load();
} else {
  at("state").hidden = true;
  at("editor").hidden = false;
  form.fill({ category: standard ? "" : Object.keys(data.categories)[0], questions: data.question ? [data.question] : [] });
  changed();
}
