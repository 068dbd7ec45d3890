/** The unanswered list: a click makes a sentence a question of a topic, a new answer, or nothing. */

import { api } from "./api.js";
import { dates, topicWords } from "./content_words.js";
import { data } from "./page_data.js";
import { attempt, toast } from "./toast.js";
import { el } from "/web/static/dom.js";

const KINDS = { fallback: "没听懂", clarification: "列了选项，客户没有选" };
const FAR = 0.05; // a candidate below is no candidate: one key would teach nonsense
const MASK = /〔[^〕]*〕/g;
const results = document.getElementById("results");
const count = document.getElementById("count");
const empty = document.getElementById("state");
const tabs = [...document.querySelectorAll("[data-state]")];
let state = "open";
let newest = 0;

async function load() {
  const number = ++newest;
  count.textContent = "正在加载…";
  try {
    const found = await api("GET", `unanswered?state=${state}`);
    if (number === newest) show(found);
  } catch (error) {
    if (number !== newest) return;
    count.textContent = "";
    results.replaceChildren();
    const words = error instanceof TypeError ? "网络断开了，连上后再试。" : error.message;
    tell(el("p", { class: "problem" }, words), el("button", { type: "button", click: load }, "重试"));
  }
}

function show(found) {
  results.replaceChildren(...found.map(line));
  recount();
}

function recount() {
  const left = results.children.length;
  count.textContent = `共 ${left} 句`;
  empty.hidden = left > 0;
  if (left) return;
  const words = { open: "没有待处理的问题。客户问的都听懂了。", resolved: "还没有解决过的问题。", ignored: "没有忽略的问题。" };
  tell(el("p", {}, words[state]));
}

function tell(...nodes) {
  empty.hidden = false;
  empty.replaceChildren(...nodes);
}

function line(found) {
  const item = el(
    "li",
    { class: "card sentence", tabindex: "-1" },
    el(
      "div",
      { class: "row" },
      el("strong", { class: "said" }, found.text),
      found.count > 1 ? el("span", { class: "badge accent" }, `${found.count} 次`) : null,
    ),
    el(
      "p",
      { class: "muted small" },
      `${KINDS[found.kind] ?? ""} · ${dates.full(found.created_at)}`,
      data.may_converse ? " · " : null,
      data.may_converse ? el("a", { href: `/console/conversations/${encodeURIComponent(found.conversation_id)}` }, "看对话") : null,
    ),
  );
  item.append(found.state === "open" ? openTools(found, item) : closedWords(found));
  return item;
}

function closedWords(found) {
  const by = found.resolved_by ? `${data.people[found.resolved_by] ?? found.resolved_by} 处理` : "";
  const topic = /^faq (\S+)$/.exec(found.resolution ?? "")?.[1];
  const where = topic ? el("a", { href: `/console/faq/${encodeURIComponent(topic)}` }, data.topics[topic] ?? "已停用的主题") : found.resolution ?? "";
  return el("p", { class: "small" }, [by, where ? "：" : ""].join(""), where);
}

function openTools(found, item) {
  const question = questionField(found);
  const teach = (topic, button) => close(item, button, found, { topic, ...question.body }, `已加到“${data.topics[topic] ?? topic}”。`);
  const candidates = found.candidates.filter(({ id, score }) => id in data.topics && !(score < FAR));
  const buttons = candidates.map(({ id, score }) => {
    const button = el("button", { type: "button", class: "candidate", click: () => teach(id, button) }, `加到“${data.topics[id]}”`);
    if (typeof score === "number") button.append(el("span", { class: "muted small" }, `${Math.round(score * 100)}%`));
    return button;
  });
  const ignore = el("button", { type: "button", class: "quiet ignore", click: () => close(item, ignore, found, { state: "ignored" }, "已忽略，以后再问也不列出。") }, "忽略");
  return el(
    "div",
    { class: "tools-block" },
    question.node,
    buttons.length ? el("div", { class: "row" }, ...buttons) : null,
    el(
      "div",
      { class: "row" },
      otherTopic(teach),
      el("a", { class: "button", href: `/console/faq/new?unanswered=${found.id}` }, "新建问答"),
      ignore,
    ),
  );
}

/** A sentence with masked data cannot be learned as it is: somebody has to write it without. */
function questionField(found) {
  if (!found.text.match(MASK)) return { node: null, body: {} };
  const input = el("input", { maxlength: "200", "aria-label": "学成这一句" });
  input.value = found.text.replace(MASK, "").trim();
  const node = el("label", { class: "small" }, "里面有客户信息，学成这一句：", input);
  return {
    node,
    get body() {
      return { question: input.value };
    },
  };
}

function otherTopic(teach) {
  const ids = new Map(Object.keys(data.topics).flatMap((id) => [[id, id], [topicWords(id), id]]));
  const input = el("input", { list: "topics", placeholder: "加到别的主题…", "aria-label": "加到别的主题", autocomplete: "off" });
  const button = el("button", { type: "submit" }, "加");
  const form = el("form", { class: "row nowrap other" }, input, button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const said = input.value.trim();
    const topic = ids.get(said) ?? ids.get(/（([^（）]+)）$/.exec(said)?.[1]);
    if (topic) teach(topic, button);
    else toast("请从列表里选一个主题。", { problem: true });
  });
  return form;
}

async function close(item, button, found, body, words) {
  const answer = await attempt(button, () => api("POST", `unanswered/${found.id}/resolve`, body));
  if (!answer) return;
  const waits = answer.state === "open";
  toast(waits ? "已存为草稿，等有权限的同事批准。" : words);
  if (waits) {
    item.querySelector(".tools-block").replaceWith(el("p", { class: "small" }, "已存为草稿，等待批准。"));
    return;
  }
  const next = item.nextElementSibling ?? item.previousElementSibling;
  item.remove();
  next?.focus();
  recount();
}

function onKey(event) {
  if (event.target.closest("input, textarea, select, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
  const items = [...results.children];
  const here = items.indexOf(document.activeElement.closest(".sentence"));
  const step = { j: 1, k: -1 }[event.key];
  if (step) {
    const next = items[Math.max(0, Math.min(items.length - 1, here < 0 ? 0 : here + step))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
    event.preventDefault();
  } else if (here >= 0 && event.key === "Enter" && event.target === items[here]) {
    items[here].querySelector(".candidate")?.click();
  } else if (here >= 0 && event.key === "x") {
    items[here].querySelector(".ignore")?.click();
  }
}

document.getElementById("topics").replaceChildren(...Object.keys(data.topics).map((id) => el("option", { value: topicWords(id) })));
for (const tab of tabs) {
  tab.addEventListener("click", () => {
    state = tab.dataset.state;
    for (const each of tabs) each.setAttribute("aria-pressed", String(each === tab));
    load();
  });
}
document.addEventListener("keydown", onKey);
load();
