/** Entries and versions in the words of the staff. */

import { Dates } from "/web/static/dates.js";
import { el } from "/web/static/dom.js";
import { data } from "./page_data.js";

export const dates = new Dates();
const STATUS = {
  approved: ["使用中", "good"],
  draft: ["从未发布", "warn"],
  retired: ["已停用", "danger"],
};

/** Badges of an entry of the API: what counts, what waits. */
export function badges(entry) {
  const [words, tone] = STATUS[entry.status] ?? [entry.status, ""];
  const isPlannedOnly = entry.status === "approved" && entry.planned.some(({ version }) => version === entry.version);
  return [
    isPlannedOnly ? badge("还没生效", "warn") : badge(words, tone),
    entry.draft && entry.status !== "draft" ? badge("有草稿待审核", "accent") : null,
    entry.planned.length && !isPlannedOnly ? badge("有定时内容", "accent") : null,
    entry.valid_until && entry.status === "approved" ? badge(`${dates.full(entry.valid_until)} 到期`, "warn") : null,
  ];
}

export function badge(words, tone = "") {
  return el("span", { class: `badge ${tone}` }, words);
}

/** Words with what stands for each variable now: of those that the conversation fills in, what they are called. */
export function filled(text, declared = {}) {
  return text.replace(/\{([a-z0-9_]+)\}/g, (raw, name) => {
    const own = name in declared ? null : data.variables?.[name];
    return own ?? (data.labels?.[name] ? `【${data.labels[name]}】` : raw);
  });
}

/** The topic's title; with its category where another one has the same. */
export function topicWords(id) {
  const title = data.topics[id] ?? "已停用的主题";
  const isAlone = Object.values(data.topics).filter((other) => other === title).length < 2;
  return isAlone ? title : `${title}（${id}）`;
}

export function authorOf(name) {
  return name === "file" ? "初始内容" : data.people?.[name] ?? name;
}

/** The fields of a version as [name, text], which people can compare. */
export function readable(version) {
  const fields = [];
  if ("title" in version) fields.push(["标题", version.title], ["分类", data.categories?.[version.category] ?? version.category]);
  if ("shortcut" in version) fields.push(["快捷码", version.shortcut]);
  fields.push(["answer" in version ? "答案" : "文字", (version.answer ?? version.text ?? "").trim()]);
  for (const [channel, text] of Object.entries(version.channels ?? {})) {
    fields.push([`${data.channels?.[channel] ?? channel}的文字`, text.trim()]);
  }
  fields.push(["按钮", (version.buttons ?? []).map(buttonWords).join("\n")]);
  if ("questions" in version) fields.push(["问法", version.questions.join("\n")]);
  fields.push(["期限", validityWords(version)]);
  return fields;
}

export function validityWords({ valid_from: from, valid_until: until }) {
  if (!from && !until) return "";
  return `${from ? dates.full(from) : "现在"} 起，${until ? `${dates.full(until)} 止` : "一直有效"}`;
}

export function targetWords(button) {
  const topic = button.topic && topicWords(button.topic);
  return topic ? `主题：${topic}` : data.actions?.[button.intent] ?? button.intent ?? button.payload ?? "";
}

function buttonWords(button) {
  return `${button.title} → ${targetWords(button)}`;
}
